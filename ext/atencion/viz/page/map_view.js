// La vista principal: el mapa de calor, con las consultas en filas y las claves en columnas.

import { element, makeInteractive, svgNode } from "./dom.js";
import { legendItem, mapLegend } from "./legend.js";
import { hasMasked, strongest, summarise } from "./matrix.js";
import { drawColumnLabels, drawFrame, drawRowLabels, paintCells, widest } from "./paint.js";
import { cellAt, moveCursor, planLayout } from "./plan.js";
import { listen } from "./pointer.js";
import { readBlock } from "./reading.js";

/** Etiquetas de filas a la izquierda y, en una caja que se desplaza sola, columnas y celdas. */
function buildPlot(figure) {
  const rows = svgNode("svg", { class: "am-rows", "aria-hidden": "true" });
  const canvas = element("canvas", "am-cells");
  const columns = svgNode("g");
  const marks = svgNode("g");
  const overlay = svgNode("svg", { class: "am-overlay", "aria-hidden": "true" }, columns, marks);
  const stage = element("div", "am-stage", canvas, overlay);
  const scroller = element("div", "am-scroller", stage);
  const { map, ui } = figure;
  const size = `consultas en filas (${map.rows}), claves en columnas (${map.columns})`;
  const help = "Flechas, Inicio y Fin: mover. Intro: fijar la celda. Escape: soltarla.";
  makeInteractive(stage, "mapa de calor", `${ui.title}: ${size}. ${help}`);
  return { rows, canvas, columns, marks, overlay, stage, scroller, node: element("div", "am-plot", rows, scroller) };
}

/** Construye la vista del mapa (véase views.js). */
export function mapView(figure) {
  const plot = buildPlot(figure);
  let grid, plan, rowLabels, columnLabels;

  // Una matriz grande se dibuja por bloques; la figura habla siempre de celdas.
  const blockOf = ({ row, column }) => ({
    row: Math.floor(row / grid.rowSpan),
    column: Math.floor(column / grid.columnSpan),
  });
  const cellOf = (block) => block && { row: block.row * grid.rowSpan, column: block.column * grid.columnSpan };
  const lastBlockRow = () => Math.floor(figure.lastRow / grid.rowSpan);

  function layOut(width) {
    const { map, palette, printing } = figure;
    grid = summarise(map);
    plan = planLayout({
      width,
      rows: grid.rows,
      columns: grid.columns,
      rowLabel: grid.large ? 0 : widest(map.queries, 13),
      columnLabel: grid.large ? 30 : widest(map.keys, 13),
      coarse: matchMedia("(pointer: coarse)").matches,
      signed: figure.stack.signed,
      dense: printing || grid.large,
    });
    const stageWidth = grid.columns * plan.cellWidth + plan.right;
    const stageHeight = plan.top + grid.rows * plan.cellHeight;
    plot.stage.style.width = `${stageWidth}px`;
    plot.stage.style.height = `${stageHeight}px`;
    plot.overlay.setAttribute("width", stageWidth);
    plot.overlay.setAttribute("height", stageHeight);
    rowLabels = drawRowLabels(plot.rows, map, grid, plan);
    columnLabels = drawColumnLabels(plot.columns, map, grid, plan);
    paintCells(plot.canvas, grid, map, plan, palette, lastBlockRow());
  }

  function paint() {
    grid = summarise(figure.map);
    paintCells(plot.canvas, grid, figure.map, plan, figure.palette, lastBlockRow());
  }

  /** La clave más fuerte del paso, en bloques, o -1. */
  function stepColumn() {
    const best = figure.stepping ? strongest(figure.map, figure.lastRow) : -1;
    return best < 0 ? -1 : Math.floor(best / grid.columnSpan);
  }

  function mark() {
    const cell = figure.cell && blockOf(figure.cell);
    const last = lastBlockRow();
    const onRow = cell ? cell.row : figure.stepping ? last : -1;
    const onColumn = cell ? cell.column : stepColumn();
    rowLabels.forEach((node, i) => {
      node.classList.toggle("am-on", i === onRow);
      node.classList.toggle("am-later", i > last);
    });
    columnLabels.forEach((node, j) => node.classList.toggle("am-on", j === onColumn));
    plot.marks.replaceChildren();
    const line = { column: 0, columns: grid.columns };
    if (last < grid.rows - 1) {
      drawFrame(plot.marks, plan, { ...line, row: last + 1, rows: grid.rows - 1 - last }, "am-later");
    }
    if (figure.stepping) drawFrame(plot.marks, plan, { ...line, row: last }, "am-current");
    if (cell) drawFrame(plot.marks, plan, cell, figure.pinned ? "am-ring am-pinned" : "am-ring");
  }

  /** Desplaza el mapa lo justo para que se vea una columna. */
  function reveal({ column }) {
    const { scrollLeft, clientWidth } = plot.scroller;
    const x = Math.floor(column / grid.columnSpan) * plan.cellWidth;
    const end = x + plan.cellWidth - clientWidth;
    if (x < scrollLeft) plot.scroller.scrollLeft = x;
    else if (end > scrollLeft) plot.scroller.scrollLeft = end;
  }

  listen(plot.stage, {
    at: (x, y) => cellOf(cellAt(plan, lastBlockRow() + 1, grid.columns, x, y - plan.top)),
    move: (cell, key, jump) => cellOf(moveCursor(blockOf(cell), key, jump, lastBlockRow(), grid.columns - 1)),
    first: () => ({ row: figure.stepping ? figure.lastRow : 0, column: 0 }),
    reveal,
    figure,
  });

  plot.columns.addEventListener("click", ({ target }) => {
    const column = columnLabels.indexOf(target.closest(".am-label"));
    if (column < 0) return;
    const first = column * grid.columnSpan;
    const count = Math.min(grid.columnSpan, figure.map.columns - first);
    figure.explorer.toggleKeys(Array.from({ length: count }, (_, i) => first + i));
  });

  return {
    node: plot.node,
    layOut,
    paint,
    mark,
    /** Lleva a la vista la clave más fuerte del paso. */
    follow() {
      const column = stepColumn();
      if (column >= 0) reveal({ column: column * grid.columnSpan });
    },
    sentence: () => (grid.large && figure.cell ? readBlock(figure.map, grid, blockOf(figure.cell)) : null),
    legend() {
      const items = mapLegend(figure.map, figure.palette, hasMasked(figure.map));
      return grid.large ? [...items, legendItem("cada bloque vale lo que su celda más fuerte")] : items;
    },
  };
}
