// Un mapa dibujado: etiquetas de filas a la izquierda y, en una caja que se desplaza sola, columnas y celdas.
// Una matriz grande se dibuja por bloques; quien usa el dibujo habla siempre de celdas de la matriz entera.

import { drawCells } from "./cells_svg.js";
import { element, makeInteractive, svgNode } from "./dom.js";
import { summarise } from "./matrix.js";
import { drawColumnLabels, drawFrame, drawRowLabels, paintCells, widest } from "./paint.js";
import { cellAt, moveCursor } from "./plan.js";
import { exportSvg } from "./svg_export.js";

/** Los nodos de un dibujo que se recorre con el teclado, con sitio para etiquetas, lienzo y marcas. */
export function buildStage(roleDescription, label) {
  const rows = svgNode("svg", { class: "am-rows", "aria-hidden": "true" });
  const canvas = element("canvas", "am-cells");
  const columns = svgNode("g");
  const marks = svgNode("g");
  const overlay = svgNode("svg", { class: "am-overlay", "aria-hidden": "true" }, columns, marks);
  const stage = element("div", "am-stage", canvas, overlay);
  const scroller = element("div", "am-scroller", stage);
  makeInteractive(stage, roleDescription, label);
  const resize = (width, height) => {
    stage.style.width = `${width}px`;
    stage.style.height = `${height}px`;
    overlay.setAttribute("width", width);
    overlay.setAttribute("height", height);
  };
  /** Desplaza la caja lo justo para que se vea el tramo de `x` a `x + width`. */
  const reveal = (x, width) => {
    const { scrollLeft, clientWidth } = scroller;
    const end = x + width - clientWidth;
    if (x < scrollLeft) scroller.scrollLeft = x;
    else if (end > scrollLeft) scroller.scrollLeft = end;
  };
  return { rows, canvas, columns, marks, overlay, stage, resize, reveal, node: element("div", "am-plot", rows, scroller) };
}

/** Lo que `planLayout` necesita saber de una matriz. */
export function measure(map, { signed, printing }) {
  const grid = summarise(map);
  return {
    rows: grid.rows,
    columns: grid.columns,
    rowLabel: grid.rowSpan * map.block.rows > 1 ? 0 : widest(map.queries, 13),
    columnLabel: grid.columnSpan * map.block.columns > 1 ? 30 : widest(map.keys, 13),
    coarse: matchMedia("(pointer: coarse)").matches,
    signed,
    dense: printing || grid.large || map.block.columns > 1,
  };
}

/** Construye el dibujo de una matriz (o de un trozo: `map.first`). */
export function buildPlot(roleDescription, label) {
  const { rows, canvas, columns, marks, overlay, stage, resize, reveal, node } = buildStage(roleDescription, label);
  let map, grid, plan, rowLabels, columnLabels;
  let last = 0; // última fila dibujada, en bloques
  let colours; // los del tema con que se dibujó

  const blockOf = ({ row, column }) => ({
    row: Math.floor((row - map.first.row) / grid.rowSpan),
    column: Math.floor((column - map.first.column) / grid.columnSpan),
  });
  const cellOf = (block) => block && {
    row: map.first.row + block.row * grid.rowSpan,
    column: map.first.column + block.column * grid.columnSpan,
  };

  /** Dibuja de nuevo los datos, hasta la fila `lastRow` de la matriz entera. */
  function paint(shown, palette, lastRow) {
    map = shown;
    colours = palette;
    grid = summarise(map);
    last = Math.min(blockOf({ row: lastRow, column: 0 }).row, grid.rows - 1);
    paintCells(canvas, grid, map, plan, palette, last);
  }

  /** Dibuja las etiquetas: cambió qué celdas se ven. */
  function write(shown) {
    grid = summarise(shown);
    rowLabels = plan.left > 0 ? drawRowLabels(rows, shown, grid, plan) : [];
    columnLabels = drawColumnLabels(columns, shown, grid, plan);
  }

  return {
    node,
    stage,
    columns,
    paint,
    write,
    blockOf,
    get grid() {
      return grid;
    },
    /** Las claves de la columna a la que pertenece una celda: varias, si se dibuja por bloques. */
    keysOf(cell) {
      const first = cellOf(blockOf(cell)).column;
      const count = Math.min(grid.columnSpan, map.first.column + map.columns - first);
      return Array.from({ length: count }, (_, i) => first + i);
    },
    /** La primera celda de la columna a la que pertenece una etiqueta, o null. */
    cellUnder(label) {
      const column = columnLabels.indexOf(label);
      return column < 0 ? null : cellOf({ row: 0, column });
    },
    /** Coloca todo según `nextPlan` (de `planLayout`) y lo dibuja. */
    layOut(shown, nextPlan, palette, lastRow) {
      plan = nextPlan;
      const size = summarise(shown);
      resize(size.columns * plan.cellWidth + plan.right, plan.top + size.rows * plan.cellHeight);
      rows.toggleAttribute("hidden", plan.left === 0);
      write(shown);
      paint(shown, palette, lastRow);
    },
    /** Marca la celda elegida y, si las filas aparecen por pasos, la fila y la columna del paso. */
    mark({ cell, pinned, step = null }) {
      const chosen = cell && blockOf(cell);
      const inside = chosen && cellInside(chosen) ? chosen : null;
      const current = step && blockOf(step);
      const on = inside ?? current;
      rowLabels.forEach((label, i) => {
        label?.classList.toggle("am-on", i === on?.row);
        label?.classList.toggle("am-later", i > last);
      });
      columnLabels.forEach((label, j) => label?.classList.toggle("am-on", j === on?.column));
      marks.replaceChildren();
      const line = { column: 0, columns: grid.columns };
      if (last < grid.rows - 1) {
        drawFrame(marks, plan, { ...line, row: last + 1, rows: grid.rows - 1 - last }, "am-later");
      }
      if (current && current.row >= 0 && current.row < grid.rows) {
        drawFrame(marks, plan, { ...line, row: current.row }, "am-current");
      }
      if (inside) drawFrame(marks, plan, inside, pinned ? "am-ring am-pinned" : "am-ring");
    },
    /** El dibujo, para guardarlo: { node, width, height }. */
    svg() {
      const labels = exportSvg(overlay);
      const cells = drawCells(grid, map, plan, colours, last);
      const drawn = svgNode("g", { transform: `translate(${plan.left} 0)` }, cells, labels.node);
      const node = plan.left > 0 ? svgNode("g", {}, exportSvg(rows).node, drawn) : drawn;
      return { node, width: plan.left + labels.width, height: labels.height };
    },
    at: (x, y) => cellOf(cellAt(plan, last + 1, grid.columns, x, y - plan.top)),
    move: (cell, key, jump) => cellOf(moveCursor(blockOf(cell), key, jump, last, grid.columns - 1)),
    reveal: (cell) => reveal(blockOf(cell).column * plan.cellWidth, plan.cellWidth),
  };

  function cellInside({ row, column }) {
    return row >= 0 && row < grid.rows && column >= 0 && column < grid.columns;
  }
}
