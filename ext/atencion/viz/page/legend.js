// La leyenda: la escala de color con sus extremos y, si las hay, la trama de las enmascaradas.

import { element } from "./dom.js";
import { formatNumber } from "./reading.js";

/** Una muestra con su explicación. */
export function legendItem(...children) {
  return element("span", "am-scale", ...children);
}

/** La barra de color de una clase de valores, con sus dos extremos. */
export function colourBar(noun, domain, colours) {
  const bar = element("span", "am-bar");
  bar.style.backgroundImage = `linear-gradient(to right, ${colours.join(", ")})`;
  const end = (value) => element("span", "", formatNumber(value, Number.isInteger(value) ? 0 : 2));
  return legendItem(element("span", "", noun), end(domain[0]), bar, end(domain[1]));
}

/** Cuántas celdas resume cada bloque, si el dibujo va por bloques. */
export function blockLegend(map, grid) {
  const rows = grid.rowSpan * map.block.rows;
  const columns = grid.columnSpan * map.block.columns;
  if (rows * columns === 1) return [];
  return [legendItem(`cada bloque resume ${rows} × ${columns} celdas: vale lo que la más fuerte`)];
}

/** La trama de las celdas enmascaradas. */
export function maskedItem() {
  return legendItem(element("span", "am-swatch"), "enmascarada");
}

/** Lo que toda vista de un mapa explica: su escala y la trama de las celdas enmascaradas. */
export function mapLegend(map, palette, masked) {
  const noun = map.kind === "weights" ? "peso" : "puntuación";
  const items = [colourBar(noun, map.domain, palette.colours[map.kind])];
  return masked ? [...items, maskedItem()] : items;
}
