// El dibujo: celdas en un lienzo a resolución de pantalla; etiquetas y marcas en SVG.

import { sizeCanvas, svgNode } from "./dom.js";
import { hasMasked } from "./matrix.js";
import { decimalsFor, formatNumber, visible } from "./reading.js";
import { inkOn, makeScale, shade } from "./theme.js";

export const FAMILY = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", sans-serif';
const BLOCK_STEP = 8; // de los bloques se numera uno de cada ocho
const ruler = typeof document === "undefined" ? null : document.createElement("canvas").getContext("2d");

/** El ancho de un texto; en negrita, la que marca la celda elegida, para reservarle sitio. */
export function textWidth(text, size, weight = 600) {
  ruler.font = `${weight} ${size}px ${FAMILY}`;
  return ruler.measureText(text).width;
}

/** Ancho de la etiqueta más larga; de las desmesuradas basta el principio. */
export function widest(tokens, size) {
  return tokens.reduce((most, token) => Math.max(most, textWidth(visible(token.slice(0, 60)), size)), 0);
}

/** La etiqueta de un token en SVG: recortada a `limit` píxeles, y entera en su título emergente. */
export function tokenLabel(token, limit, size, attributes) {
  return label(fitted(token, limit, size), token, { "font-size": size, ...attributes });
}

/** Recorta una etiqueta con puntos suspensivos hasta que quepa en `limit` píxeles. */
export function fitted(token, limit, size) {
  const letters = Array.from(visible(token.slice(0, 60)));
  const whole = token.length <= 60;
  if (whole && textWidth(letters.join(""), size) <= limit) return letters.join("");
  while (letters.length > 1 && textWidth(`${letters.join("")}…`, size) > limit) letters.pop();
  return `${letters.join("")}…`;
}

const scratch = typeof document === "undefined" ? null : document.createElement("canvas");

/** Pone una imagen de `shade` en un rectángulo del lienzo, en píxeles de pantalla, sin difuminarla. */
export function placeImage(pen, image, x, y, width, height) {
  scratch.width = image.width;
  scratch.height = image.height;
  scratch.getContext("2d").putImageData(image, 0, 0);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(scratch, x, y, width, height);
}

/** La trama de las celdas enmascaradas, para rellenar con ella antes de poner encima las demás. */
export function hatchPattern(pen, palette, dpr) {
  return pen.createPattern(hatchTile(palette, dpr), "repeat");
}

/** Pinta todas las celdas hasta la fila `lastRow`: color, trama de las enmascaradas y, si caben, números. */
export function paintCells(canvas, grid, map, plan, palette, lastRow) {
  const { pen, dpr } = sizeCanvas(canvas, grid.columns * plan.cellWidth, grid.rows * plan.cellHeight);
  canvas.style.top = `${plan.top}px`;
  const rows = lastRow + 1;
  if (rows <= 0) return;
  const [width, height] = [canvas.width, Math.round(rows * plan.cellHeight * dpr)];
  pen.fillStyle = hatchPattern(pen, palette, dpr);
  if (hasMasked(map)) pen.fillRect(0, 0, width, height);
  placeImage(pen, shade(grid.values, grid.columns, rows, map, palette), 0, 0, width, height);
  if (plan.gap > 0) clearGaps(pen, rows, grid.columns, plan, dpr);
  if (plan.withValues) writeValues(pen, grid, map, plan, palette, rows, dpr);
}

function clearGaps(pen, rows, columns, plan, dpr) {
  const gap = (i, size) => {
    const from = Math.round((i * size - plan.gap) * dpr);
    return [from, Math.round(i * size * dpr) - from];
  };
  const { width, height } = pen.canvas;
  for (let i = 1; i <= rows; i++) {
    const [y, thick] = gap(i, plan.cellHeight);
    pen.clearRect(0, y, width, thick);
  }
  for (let j = 1; j <= columns; j++) {
    const [x, thick] = gap(j, plan.cellWidth);
    pen.clearRect(x, 0, thick, height);
  }
}

function writeValues(pen, grid, map, plan, palette, rows, dpr) {
  const scale = makeScale(palette.colours[map.kind]);
  const [low, high] = map.domain;
  const decimals = decimalsFor(map.step);
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.font = `${(plan.cellWidth < 40 ? 11 : 12) * dpr}px ${FAMILY}`;
  for (let k = 0; k < rows * grid.columns; k++) {
    const value = grid.values[k];
    if (Number.isNaN(value)) continue;
    const x = (k % grid.columns) * plan.cellWidth + (plan.cellWidth - plan.gap) / 2;
    const y = Math.floor(k / grid.columns) * plan.cellHeight + (plan.cellHeight - plan.gap + 1) / 2;
    pen.fillStyle = inkOn(scale((value - low) / (high - low)));
    pen.fillText(formatNumber(value, decimals), x * dpr, y * dpr);
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

/**
 * Las etiquetas de un eje: una por celda o, si son bloques, el número de la primera celda de uno de cada ocho.
 * `span` es lo que abarca cada casilla y `first`, lo que hay antes. Si no caben todas, una de cada `every`.
 */
function axisTexts(tokens, count, { span, first, limit, plan }) {
  const blocks = span > 1 && count > BLOCK_STEP;
  const every = blocks ? BLOCK_STEP : plan.every;
  return Array.from({ length: count }, (_, i) => {
    if (i % every > 0) return "";
    return blocks ? String(first + i * span + 1) : fitted(tokens[i], limit, plan.font);
  });
}

function label(text, token, attributes) {
  const node = svgNode("text", { class: "am-label", ...attributes }, text);
  if (text !== visible(token)) node.append(svgNode("title", {}, visible(token)));
  return node;
}

/** Dibuja las etiquetas de las filas y el título de su eje en `svg`; devuelve sus nodos, o null donde no hay. */
export function drawRowLabels(svg, map, grid, plan) {
  const height = plan.top + grid.rows * plan.cellHeight;
  svg.setAttribute("width", plan.left);
  svg.setAttribute("height", height);
  const x = plan.left - 10;
  const english = svgNode("tspan", { class: "am-english", x, dy: 15 }, "query");
  const place = { class: "am-axis", x, y: plan.top - 23, "text-anchor": "end" };
  const title = svgNode("text", place, "consultas", english, " ↓");
  const { block, first } = map;
  const span = grid.rowSpan * block.rows;
  const texts = axisTexts(map.queries, grid.rows, { span, first: first.row * block.rows, limit: plan.left - 10, plan });
  const labels = texts.map((text, i) => {
    if (text === "") return null;
    const y = plan.top + (i + 0.5) * plan.cellHeight;
    const style = { "text-anchor": "end", "dominant-baseline": "central", "font-size": plan.font };
    return label(text, map.queries[i * grid.rowSpan], { x, y, ...style });
  });
  svg.replaceChildren(title, ...labels.filter(Boolean));
  return labels;
}

/** Dibuja las etiquetas de las columnas y el título de su eje en `group`; devuelve sus nodos, o null donde no hay. */
export function drawColumnLabels(group, map, grid, plan) {
  const english = svgNode("tspan", { class: "am-english" }, "key");
  const title = svgNode("text", { class: "am-axis", x: 0, y: 13 }, "claves ", english, " →");
  const { block, first } = map;
  const span = grid.columnSpan * block.columns;
  const place = { span, first: first.column * block.columns, limit: plan.labelWidth + 1, plan };
  const texts = axisTexts(map.keys, grid.columns, place);
  const labels = texts.map((text, j) => {
    if (text === "") return null;
    const x = (j + 0.5) * plan.cellWidth;
    const y = plan.top - 8;
    const upright = plan.angle === 0 ? { x, y, "text-anchor": "middle" } : {};
    const tilt = plan.angle === 0 ? {} : { transform: `translate(${x + 3} ${y}) rotate(${-plan.angle})` };
    return label(text, map.keys[j * grid.columnSpan], { ...upright, ...tilt, "font-size": plan.font });
  });
  group.replaceChildren(title, ...labels.filter(Boolean));
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
