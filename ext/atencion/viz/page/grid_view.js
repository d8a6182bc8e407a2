// La rejilla: todas las matrices en miniatura, en un solo lienzo. Fijar una miniatura es abrir su mapa.

import { sizeCanvas, svgNode } from "./dom.js";
import { mapLegend } from "./legend.js";
import { extremes, favourite, hasMasked, isDistribution, meanEntropy } from "./matrix.js";
import { drawFrame, fitted, hatchPattern, placeImage, widest } from "./paint.js";
import { cellAt, moveCursor, planThumbnails } from "./plan.js";
import { buildStage } from "./plot.js";
import { listen } from "./pointer.js";
import { nameIndex, nameThumbnail, readCell, readSummary } from "./reading.js";
import { resample } from "./regions.js";
import { exportSvg } from "./svg_export.js";
import { shade } from "./theme.js";

const HINT = "Señala una miniatura para saber cómo reparte su atención; púlsala para abrir su mapa.";
const FONT = 12;

/** Construye la vista de la rejilla (véase views.js). */
export function gridView(figure) {
  const { stack, ui } = figure;
  const { positions, leading } = stack;
  const help = "Flechas, Inicio y Fin: mover. Intro: abrir el mapa.";
  const label = `${ui.title}: ${positions.length} mapas en miniatura. ${help}`;
  const { rows, canvas, columns, marks, overlay, stage, resize, reveal, node } = buildStage("rejilla de mapas", label);
  const images = new WeakMap(); // la imagen de cada matriz, por tema y tamaño
  let plan;
  let headings = { row: [], column: [] };
  let cursor = null; // la miniatura señalada, { row, column }

  const numberOf = ({ row, column }) => row * plan.columns + column;
  const slotOf = (number) => ({ row: Math.floor(number / plan.columns), column: number % plan.columns });
  const current = () => slotOf(figure.model.get("index").reduce((total, i, axis) => total * leading[axis] + i, 0));
  const within = (slot) => slot && (numberOf(slot) < plan.count ? slot : slotOf(plan.count - 1));

  function thumbnail(map, width, height) {
    const look = `${figure.palette.surface} ${width} ${height}`;
    if (!images.has(map)) images.set(map, new Map());
    const known = images.get(map);
    if (!known.has(look)) known.set(look, shade(resample(map, width, height), width, height, map, figure.palette));
    return known.get(look);
  }

  function paint() {
    const { palette } = figure;
    const { pen, dpr } = sizeCanvas(canvas, plan.columns * plan.cellWidth, plan.rows * plan.cellHeight);
    canvas.style.top = `${plan.top}px`;
    pen.fillStyle = hatchPattern(pen, palette, dpr);
    const [width, height] = [plan.thumbWidth, plan.thumbHeight].map((side) => Math.round(side * dpr));
    positions.forEach((index, number) => {
      const slot = slotOf(number);
      const x = Math.round(slot.column * plan.cellWidth * dpr);
      const y = Math.round(slot.row * plan.cellHeight * dpr);
      const map = figure.mapAt(index);
      if (hasMasked(map)) pen.fillRect(x, y, width, height);
      placeImage(pen, thumbnail(map, width, height), x, y, width, height);
    });
  }

  const text = (content, place) => svgNode("text", { class: "am-label", "font-size": FONT, ...place }, content);
  const heading = (content, place) => svgNode("text", { class: "am-axis", ...place }, content);
  const names = (axis) => Array.from({ length: leading[axis] }, (_, i) => nameThumbnail(stack, axis, i));

  /** Los nombres de capas y cabezas en los márgenes. */
  function writeHeadings() {
    const [down, across] = stack.axes;
    const right = { x: plan.left - 10, "text-anchor": "end" };
    headings.row = names(0).map((name, i) => {
      const y = plan.top + i * plan.cellHeight + plan.thumbHeight / 2;
      return text(fitted(name, plan.left - 10, FONT), { ...right, y, "dominant-baseline": "central" });
    });
    headings.column = names(1).map((name, j) => {
      const x = j * plan.cellWidth + plan.thumbWidth / 2;
      return text(fitted(name, plan.thumbWidth, FONT), { x, y: plan.top - 8, "text-anchor": "middle" });
    });
    rows.setAttribute("width", plan.left);
    rows.setAttribute("height", plan.top + plan.rows * plan.cellHeight);
    const title = heading(`${fitted(down, plan.left - 24, FONT)} ↓`, { ...right, y: plan.top - 8 });
    rows.replaceChildren(title, ...headings.row);
    columns.replaceChildren(heading(`${across} →`, { x: 0, y: 13 }), ...headings.column);
  }

  /** El nombre de cada matriz, bajo su miniatura. */
  function writeCaptions() {
    headings = { row: [], column: [] };
    columns.replaceChildren(
      ...positions.map(([i], number) => {
        const { row, column } = slotOf(number);
        const x = column * plan.cellWidth + plan.thumbWidth / 2;
        const y = plan.top + row * plan.cellHeight + plan.thumbHeight + 14;
        return text(fitted(nameIndex(stack, [i]), plan.thumbWidth, FONT), { x, y, "text-anchor": "middle" });
      }),
    );
  }

  function layOut(width) {
    const aspect = figure.map.rows / figure.map.columns;
    const rowLabel = widest([...names(0), `${stack.axes[0]} ↓`], FONT);
    plan = planThumbnails({ width, leading, aspect, rowLabel });
    resize(plan.columns * plan.cellWidth, plan.top + plan.rows * plan.cellHeight);
    rows.toggleAttribute("hidden", !plan.crossed);
    (plan.crossed ? writeHeadings : writeCaptions)();
    paint();
  }

  function mark() {
    const on = cursor ?? current();
    headings.row.forEach((node, i) => node.classList.toggle("am-on", i === on.row));
    headings.column.forEach((node, j) => node.classList.toggle("am-on", j === on.column));
    marks.replaceChildren();
    drawFrame(marks, plan, current(), "am-current");
    if (cursor) drawFrame(marks, plan, cursor, "am-ring");
  }

  const selection = {
    pinned: false,
    get cell() {
      return cursor;
    },
    choose(slot, opened = false) {
      cursor = slot;
      if (opened) figure.goTo(positions[numberOf(slot)], "map");
      else figure.mark();
    },
  };

  listen(stage, {
    at: (x, y) => {
      const slot = cellAt(plan, plan.rows, plan.columns, x, y - plan.top);
      return slot && numberOf(slot) < plan.count ? slot : null;
    },
    move: (slot, key, jump) => within(moveCursor(slot, key, jump, plan.rows - 1, plan.columns - 1)),
    first: current,
    back() {
      if (!figure.pinned) return false;
      figure.choose(null);
      return true;
    },
    reveal: ({ column }) => reveal(column * plan.cellWidth, plan.cellWidth),
    figure: selection,
  });

  return {
    node,
    layOut,
    paint,
    mark,
    /** Lo que hay en la miniatura señalada y, si hay una celda fijada, cuánto vale en ella. */
    sentence() {
      if (!cursor) return figure.printing ? [] : [HINT];
      const index = positions[numberOf(cursor)];
      const map = figure.mapAt(index);
      const mean = isDistribution(map) && meanEntropy(map, map.rows - 1);
      const summary = readSummary(stack, index, map, { mean, best: mean && favourite(map), range: extremes(map) });
      return figure.pinned ? [...summary, " ", ...readCell(map, figure.cell.row, figure.cell.column)] : summary;
    },
    spread: () => [],
    /** Las miniaturas como imagen, con sus nombres. */
    svg() {
      const labels = exportSvg(overlay);
      const [width, height] = [plan.columns * plan.cellWidth, plan.rows * plan.cellHeight];
      const image = svgNode("image", { href: canvas.toDataURL(), y: plan.top, width, height });
      const left = plan.crossed ? plan.left : 0;
      const body = svgNode("g", { transform: `translate(${left} 0)` }, image, labels.node);
      const node = plan.crossed ? svgNode("g", {}, exportSvg(rows).node, body) : body;
      return { node, width: left + labels.width, height: labels.height };
    },
    /** Una escala por clase de valores; la trama, si hay celdas enmascaradas en alguna matriz. */
    legend() {
      const maps = positions.map(figure.mapAt);
      const kinds = new Map(maps.map((map) => [map.kind, map]));
      const masked = maps.some(hasMasked);
      return [...kinds.values()].flatMap((map, i) => mapLegend(map, figure.palette, masked && i === kinds.size - 1));
    },
  };
}
