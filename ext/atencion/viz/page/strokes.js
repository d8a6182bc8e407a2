// Líneas cuyo grosor y color dicen el peso: las comparten las vistas de líneas y de grafo.

import { element, svgNode } from "./dom.js";
import { legendItem } from "./legend.js";
import { peakOf } from "./matrix.js";
import { formatNumber } from "./reading.js";
import { strokeColour } from "./theme.js";

const FAINTEST = 0.05; // parte del peso máximo por debajo de la cual una línea solo ensuciaría

/** El peso más pequeño que se dibuja. */
export function leastDrawn(map) {
  return FAINTEST * peakOf(map.values);
}

/** Los trazos de un peso, que ocupa la parte `share` de la escala. */
export function strokeFor(share, colours) {
  const width = 1 + 5 * Math.min(share, 1);
  return { stroke: strokeColour(colours, "weights", share), "stroke-width": width.toFixed(2), fill: "none" };
}

/** El peso como parte de la escala de color. */
export function shareOf(map, value) {
  return (value - map.domain[0]) / (map.domain[1] - map.domain[0]);
}

/** La leyenda del grosor: tres líneas, de la más fina a la más gruesa. */
export function strokeLegend(map, palette) {
  const sample = svgNode("svg", { width: 78, height: 10, viewBox: "0 0 78 10", "aria-hidden": "true" });
  [0.05, 0.5, 1].forEach((share, i) => {
    sample.append(svgNode("path", { d: `M${i * 27} 5h24`, ...strokeFor(share, palette.colours) }));
  });
  const end = (value) => element("span", "", formatNumber(value, Number.isInteger(value) ? 0 : 2));
  return legendItem(element("span", "", "peso"), end(map.domain[0]), sample, end(map.domain[1]));
}
