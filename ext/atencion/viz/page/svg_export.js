// Un dibujo SVG que se basta solo: sin clases, con los estilos de la pantalla escritos en cada nodo.

import { svgNode } from "./dom.js";

const SHAPE = ["fill", "stroke", "stroke-width", "stroke-dasharray", "opacity"];
const TEXT = ["fill", "font-size", "font-weight", "font-style", "text-anchor"];
const PROPERTIES = { text: TEXT, tspan: TEXT, rect: SHAPE, path: SHAPE, circle: SHAPE };
const DEFAULTS = {
  stroke: "none",
  "stroke-width": "1px",
  "stroke-dasharray": "none",
  opacity: "1",
  "text-anchor": "start",
  "font-style": "normal",
  "font-weight": "400",
};
const UNSAFE = /[\p{Cs}\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/gu; // \p{Cs}: medio carácter suelto

/** Cambia por «�» lo que un documento XML no puede contener: controles y mitades de un carácter. */
export function xmlSafe(text) {
  return text.replace(UNSAFE, "\ufffd");
}

function inline(source, copy) {
  if (source.tagName === "title") return;
  const style = getComputedStyle(source);
  if (style.display === "none" || style.visibility === "hidden") return void copy.remove();
  for (const name of PROPERTIES[source.tagName] ?? []) {
    const value = style.getPropertyValue(name);
    if (value !== DEFAULTS[name]) copy.setAttribute(name, value);
  }
  if (style.dominantBaseline === "central") copy.setAttribute("dy", "0.35em"); // no todos los visores la conocen
  for (const name of ["class", "style", "dominant-baseline"]) copy.removeAttribute(name);
  const children = [...copy.children];
  [...source.children].forEach((child, i) => inline(child, children[i]));
}

/** Copia un SVG de la pantalla: { node, width, height }. */
export function exportSvg(svg) {
  const copy = svg.cloneNode(true);
  inline(svg, copy);
  const node = svgNode("g", {}, ...copy.childNodes);
  return { node, width: Number(svg.getAttribute("width")), height: Number(svg.getAttribute("height")) };
}
