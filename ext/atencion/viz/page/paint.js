// El dibujo: celdas en un lienzo a resolución de pantalla; etiquetas y marcas en SVG.

import { sizeCanvas, svgNode } from "./dom.js";
import { decimalsFor, formatNumber, visible } from "./reading.js";
import { inkOn, makeScale } from "./theme.js";

const FAMILY = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';
const ruler = typeof document === "undefined" ? null : document.createElement("canvas").getContext("2d");

function textWidth(text, size) {
  ruler.font = `600 ${size}px ${FAMILY}`; // la negrita marca la celda elegida: se reserva su ancho
  return ruler.measureText(text).width;
}

/** Ancho de la etiqueta más larga; de las desmesuradas basta el principio. */
export function widest(tokens, size) {
  return tokens.reduce((most, token) => Math.max(most, textWidth(visible(token.slice(0, 60)), size)), 0);
}

/** Recorta una etiqueta con puntos suspensivos hasta que quepa en `limit` píxeles. */
function fitted(token, limit, size) {
  const letters = Array.from(visible(token.slice(0, 60)));
  const whole = token.length <= 60;
  if (whole && textWidth(letters.join(""), size) <= limit) return letters.join("");
  while (letters.length > 1 && textWidth(`${letters.join("")}…`, size) > limit) letters.pop();
  return `${letters.join("")}…`;
}

/** Pinta todas las celdas hasta la fila `lastRow`: color, trama de las enmascaradas y, si caben, números. */
export function paintCells(canvas, grid, map, plan, palette, lastRow) {
  const width = grid.columns * plan.cellWidth;
  const { pen, dpr } = sizeCanvas(canvas, width, grid.rows * plan.cellHeight);
  canvas.style.top = `${plan.top}px`;
  const scale = makeScale(palette.colours[map.kind]);
  const hatch = pen.createPattern(hatchTile(palette, dpr), "repeat");
  const [low, high] = map.domain;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.font = `${(plan.cellWidth < 40 ? 11 : 12) * dpr}px ${FAMILY}`;
  for (let i = 0; i <= lastRow; i++) {
    const y = Math.round(i * plan.cellHeight * dpr);
    const bottom = Math.round(((i + 1) * plan.cellHeight - plan.gap) * dpr);
    for (let j = 0; j < grid.columns; j++) {
      const x = Math.round(j * plan.cellWidth * dpr);
      const right = Math.round(((j + 1) * plan.cellWidth - plan.gap) * dpr);
      const value = grid.values[i * grid.columns + j];
      const masked = Number.isNaN(value);
      const rgb = masked ? null : scale((value - low) / (high - low));
      pen.fillStyle = masked ? hatch : `rgb(${rgb.join(" ")})`;
      pen.fillRect(x, y, right - x, bottom - y);
      if (plan.withValues && !masked) {
        pen.fillStyle = inkOn(rgb);
        pen.fillText(formatNumber(value, decimalsFor(map.step)), (x + right) / 2, (y + bottom) / 2 + dpr / 2);
      }
    }
  }
}

/** Baldosa de rayas diagonales para las celdas enmascaradas. */
function hatchTile(palette, dpr) {
  const tile = document.createElement("canvas");
  const side = Math.round(6 * dpr);
  tile.width = tile.height = side;
  const pen = tile.getContext("2d");
  pen.fillStyle = palette.surface;
  pen.fillRect(0, 0, side, side);
  pen.strokeStyle = palette.hatch;
  pen.lineWidth = dpr;
  pen.beginPath();
  for (const shift of [-side, 0, side]) {
    pen.moveTo(shift - 1, side + 1);
    pen.lineTo(shift + side + 1, -1);
  }
  pen.stroke();
  return tile;
}

/** Las etiquetas de un eje: una por celda, o el número de la primera cuando son bloques. */
function axisTexts(tokens, count, span, limit, size) {
  return Array.from({ length: count }, (_, i) => {
    if (span > 1) return i % 8 === 0 ? String(i * span + 1) : "";
    return fitted(tokens[i], limit, size);
  });
}

function label(text, token, attributes) {
  const node = svgNode("text", { class: "am-label", ...attributes }, text);
  if (text !== visible(token)) node.append(svgNode("title", {}, visible(token)));
  return node;
}

/** Dibuja las etiquetas de las filas y el título de su eje en `svg`; devuelve sus nodos. */
export function drawRowLabels(svg, map, grid, plan) {
  const height = plan.top + grid.rows * plan.cellHeight;
  svg.setAttribute("width", plan.left);
  svg.setAttribute("height", height);
  const x = plan.left - 10;
  const english = svgNode("tspan", { class: "am-english", x, dy: 15 }, "query");
  const place = { class: "am-axis", x, y: plan.top - 23, "text-anchor": "end" };
  const title = svgNode("text", place, "consultas", english, " ↓");
  const texts = axisTexts(map.queries, grid.rows, grid.rowSpan, plan.left - 10, plan.font);
  const labels = texts.map((text, i) => {
    const y = plan.top + (i + 0.5) * plan.cellHeight;
    const style = { "text-anchor": "end", "dominant-baseline": "central", "font-size": plan.font };
    return label(text, map.queries[i * grid.rowSpan], { x, y, ...style });
  });
  svg.replaceChildren(title, ...labels);
  return labels;
}

/** Dibuja las etiquetas de las columnas y el título de su eje en `group`; devuelve sus nodos. */
export function drawColumnLabels(group, map, grid, plan) {
  const english = svgNode("tspan", { class: "am-english" }, "key");
  const title = svgNode("text", { class: "am-axis", x: 0, y: 13 }, "claves ", english, " →");
  const texts = axisTexts(map.keys, grid.columns, grid.columnSpan, plan.labelWidth + 1, plan.font);
  const labels = texts.map((text, j) => {
    const x = (j + 0.5) * plan.cellWidth;
    const y = plan.top - 8;
    const upright = plan.angle === 0 ? { x, y, "text-anchor": "middle" } : {};
    const tilt = plan.angle === 0 ? {} : { transform: `translate(${x + 3} ${y}) rotate(${-plan.angle})` };
    const place = { ...upright, ...tilt, "font-size": plan.font };
    return label(text, map.keys[j * grid.columnSpan], place);
  });
  group.replaceChildren(title, ...labels);
  return labels;
}

/** Un marco alrededor de unas celdas: línea sobre un halo, visible encima de cualquier color. */
export function drawFrame(group, plan, { row, column, rows = 1, columns = 1 }, name) {
  const box = {
    x: column * plan.cellWidth - 0.5,
    y: plan.top + row * plan.cellHeight - 0.5,
    width: columns * plan.cellWidth - plan.gap + 1,
    height: rows * plan.cellHeight - plan.gap + 1,
    rx: 2,
  };
  group.append(svgNode("rect", { ...box, class: "am-halo" }), svgNode("rect", { ...box, class: name }));
}
