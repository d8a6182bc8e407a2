// El dibujo que se guarda: título, vista y leyenda en un solo SVG, con los colores de la pantalla.

import { element, svgNode } from "./dom.js";
import { FAMILY, textWidth } from "./paint.js";
import { mapView } from "./map_view.js";
import { visible } from "./reading.js";
import { exportSvg, xmlSafe } from "./svg_export.js";

const MARGIN = 18;
const NARROWEST = 320;

/** Reparte palabras y muestras en líneas de `width` píxeles: { node, width }, con { x, line } en cada una. */
export function flow(pieces, width) {
  let x = 0;
  let line = 0;
  return pieces.map((piece) => {
    if (x > 0 && x + piece.width > width) [x, line] = [0, line + 1];
    const place = { ...piece, x, line };
    x += piece.width + piece.after;
    return place;
  });
}

/** Deja `after` píxeles tras la última pieza. */
function spaced(pieces, after) {
  if (pieces.length > 0) pieces.at(-1).after = after;
  return pieces;
}

/** Las palabras de un texto, listas para repartir; las que no cabrían en una línea, a trozos. */
function words(text, size, attributes) {
  return text.split(" ").flatMap((word) => {
    const pieces = (word.match(/.{1,24}/gu) ?? []).map((part) => {
      const node = svgNode("text", { "font-size": size, ...attributes, y: size }, part);
      return { node, width: textWidth(part, size, attributes["font-weight"] ?? 400), after: 0 };
    });
    return spaced(pieces, size / 3.5);
  });
}

/** Una muestra de la leyenda: su degradado, su trama o su dibujo. `id` nombra el degradado. */
function swatch(node, palette, id) {
  if (node.tagName === "svg") return exportSvg(node);
  const [width, height] = [node.offsetWidth, node.offsetHeight];
  if (node.classList.contains("am-swatch")) {
    const lines = svgNode("path", { d: "M0 14L14 0M0 7L7 0M7 14L14 7", stroke: palette.hatch, fill: "none" });
    return { node: lines, width, height };
  }
  const stops = getComputedStyle(node).backgroundImage.match(/rgb\([^)]*\)/g) ?? [];
  const ramp = svgNode("linearGradient", { id });
  stops.forEach((colour, i) => {
    ramp.append(svgNode("stop", { offset: i / (stops.length - 1), "stop-color": colour }));
  });
  return { node: svgNode("g", {}, ramp, svgNode("rect", { width, height, fill: `url(#${id})` })), width, height };
}

/** Las piezas de la leyenda de la pantalla. */
function legendPieces(legend, palette) {
  const ink = { fill: palette.muted };
  return [...legend.children].flatMap((item, i) => {
    const pieces = [...item.childNodes].flatMap((child) => {
      const isText = child.nodeType === Node.TEXT_NODE || (child.tagName === "SPAN" && child.textContent !== "");
      if (isText) return spaced(words(child.textContent, 12, ink), 6);
      const { node, width, height } = swatch(child, palette, `escala-${i}`);
      const group = svgNode("g", { transform: `translate(0 ${8 - height / 2})` }, node);
      return [{ node: group, width, after: 6 }];
    });
    return spaced(pieces, 20);
  });
}

/** Coloca las piezas repartidas y devuelve { nodes, height }. */
function place(pieces, width, top, pitch) {
  const placed = flow(pieces, width);
  const nodes = placed.map(({ node, x, line }) => {
    return svgNode("g", { transform: `translate(${(MARGIN + x).toFixed(1)} ${top + line * pitch})` }, node);
  });
  return { nodes, height: placed.length > 0 ? (placed.at(-1).line + 1) * pitch : 0 };
}

/** Lo que dibuja la vista, con las piezas de su leyenda; si no sabe guardarse, lo que dibujaría la del mapa. */
function body(figure, view) {
  const { ui, palette } = figure;
  if (view.svg) return { ...view.svg(), pieces: legendPieces(ui.legend, palette) };
  const map = mapView(figure);
  const legend = element("div", "am-legend");
  const offstage = element("div", "am-offstage", map.node, legend);
  ui.view.append(offstage); // los estilos y las medidas solo existen dentro de la página
  map.layOut(Math.max(ui.view.clientWidth, NARROWEST));
  map.mark();
  legend.append(...map.legend());
  const drawn = { ...map.svg(), pieces: legendPieces(legend, palette) };
  offstage.remove();
  return drawn;
}

/** El documento SVG de la vista que se muestra: { text, width, height }. */
export function drawFigure(figure, view) {
  const { palette, ui } = figure;
  const { node, width: inner, height: tall, pieces } = body(figure, view);
  const width = Math.ceil(Math.max(inner, NARROWEST));
  const title = words(visible(ui.title).slice(0, 300), 15, { fill: palette.ink, "font-weight": 600 });
  const heading = place(title, width, MARGIN, 21);
  const index = words((view.place?.() ?? figure.place).slice(0, 300), 12, { fill: palette.muted });
  const where = place(index, width, MARGIN + heading.height, 18);
  const top = MARGIN + heading.height + where.height + 10;
  const key = place(pieces, width, top + tall + 12, 19);
  const [fullWidth, fullHeight] = [width + 2 * MARGIN, Math.ceil(top + tall + 12 + key.height + MARGIN - 6)];
  const root = svgNode(
    "svg",
    { width: fullWidth, height: fullHeight, viewBox: `0 0 ${fullWidth} ${fullHeight}`, "font-family": FAMILY },
    svgNode("title", {}, visible(ui.title)),
    svgNode("rect", { width: fullWidth, height: fullHeight, fill: palette.surface }),
    ...heading.nodes,
    ...where.nodes,
    svgNode("g", { transform: `translate(${MARGIN} ${top})` }, node),
    ...key.nodes,
  );
  return { text: xmlSafe(new XMLSerializer().serializeToString(root)), width: fullWidth, height: fullHeight };
}
