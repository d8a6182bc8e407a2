// El mapa de calor de la atención: filas = consultas, columnas = claves.
// Todo lo que el lector puede hacer ocurre aquí, a partir de los rasgos que describe stack.js.

import { readStack, strongest, summarise } from "./stack.js";
import { namePosition, readBlock, readCell, readRow, writeSentence } from "./reading.js";
import { readPalette, watchTheme } from "./theme.js";
import { cellAt, moveCursor, planLayout } from "./plan.js";
import { button, buildFigure } from "./dom.js";
import { drawColumnLabels, drawFrame, drawRowLabels, paintCells, widest } from "./paint.js";
import { buildControls, fillLegend } from "./controls.js";
import { buildTable } from "./table.js";
import { listen } from "./pointer.js";

const HINT = "Señala una celda, tócala o recórrelas con las flechas del teclado para leer su valor.";
const PAPER_WIDTH = 620; // al imprimir, el mapa entero cabe en una página A4

function render({ model, el }) {
  const stack = readStack(model);
  const ui = buildFigure(stack);
  const view = { cell: null, pinned: false, printing: false };
  let map, grid, plan, palette, rowLabels, columnLabels;

  const lastDrawn = () => (stack.progressive && !view.printing ? model.get("row") : stack.rows - 1);
  const lastGridRow = () => Math.floor(lastDrawn() / grid.rowSpan);

  function load() {
    map = stack.map(model.get("index"));
    grid = summarise(map);
  }

  /** Reparte el ancho disponible y dibuja de nuevo la figura entera; fuera de la página, espera a entrar. */
  function layOut() {
    palette = readPalette(ui.figure);
    if (palette === null) return;
    const available = el.clientWidth - (ui.figure.offsetWidth - ui.head.offsetWidth);
    const width = view.printing ? Math.min(available, PAPER_WIDTH) : available;
    plan = planLayout({
      width: available > 0 ? width : PAPER_WIDTH,
      rows: grid.rows,
      columns: grid.columns,
      rowLabel: grid.large ? 0 : widest(stack.queries, 13),
      columnLabel: grid.large ? 30 : widest(stack.keys, 13),
      coarse: matchMedia("(pointer: coarse)").matches,
      signed: stack.signed,
      dense: view.printing || grid.large,
    });
    const stageWidth = grid.columns * plan.cellWidth + plan.right;
    const stageHeight = plan.top + grid.rows * plan.cellHeight;
    ui.stage.style.width = `${stageWidth}px`;
    ui.stage.style.height = `${stageHeight}px`;
    ui.overlay.setAttribute("width", stageWidth);
    ui.overlay.setAttribute("height", stageHeight);
    rowLabels = drawRowLabels(ui.rows, stack, grid, plan);
    columnLabels = drawColumnLabels(ui.columns, stack, grid, plan);
    paint();
  }

  function paint() {
    if (!plan) return;
    paintCells(ui.canvas, grid, map, plan, palette, lastGridRow());
    fillLegend(ui.legend, map, palette, grid.large);
    if (!ui.table.hidden) fillTable();
    mark();
  }

  /** Lo que depende de la celda elegida: marcos, etiquetas resaltadas y frase. */
  function mark() {
    const { cell } = view;
    const last = lastGridRow();
    const stepping = stack.progressive && !view.printing;
    const best = stepping && !cell ? strongest(map, lastDrawn()) : -1;
    const onRow = cell?.row ?? (stepping ? last : -1);
    const onColumn = cell?.column ?? (best < 0 ? -1 : Math.floor(best / grid.columnSpan));
    rowLabels.forEach((node, i) => {
      node.classList.toggle("am-on", i === onRow);
      node.classList.toggle("am-later", i > last);
    });
    columnLabels.forEach((node, j) => node.classList.toggle("am-on", j === onColumn));
    ui.marks.replaceChildren();
    const line = { column: 0, columns: grid.columns };
    if (last < grid.rows - 1) {
      drawFrame(ui.marks, plan, { ...line, row: last + 1, rows: grid.rows - 1 - last }, "am-later");
    }
    if (stepping) drawFrame(ui.marks, plan, { ...line, row: last }, "am-current");
    if (cell) drawFrame(ui.marks, plan, cell, view.pinned ? "am-ring am-pinned" : "am-ring");
    writeSentence(ui.reading, sentence(best));
  }

  function sentence(best) {
    if (!view.cell && view.printing) return [];
    if (!view.cell) return stack.progressive ? readRow(stack, map, lastDrawn(), best) : [HINT];
    const { row, column } = view.cell;
    const parts = grid.large ? readBlock(stack, map, grid, row, column) : readCell(stack, map, row, column);
    return view.pinned ? [...parts, " Celda fijada: Escape la suelta."] : parts;
  }

  function choose(cell, pinned = false) {
    const same = cell?.row === view.cell?.row && cell?.column === view.cell?.column;
    if (same && pinned === view.pinned) return;
    view.cell = cell;
    view.pinned = pinned;
    mark();
  }

  /** Desplaza el mapa lo justo para que se vea una columna. */
  function reveal({ column }) {
    const { scrollLeft, clientWidth } = ui.scroller;
    const x = column * plan.cellWidth;
    const end = x + plan.cellWidth - clientWidth;
    if (x < scrollLeft) ui.scroller.scrollLeft = x;
    else if (end > scrollLeft) ui.scroller.scrollLeft = end;
  }

  /** Lleva a la vista la clave más fuerte del paso. */
  function follow() {
    const best = strongest(map, lastDrawn());
    if (plan && stack.progressive && best >= 0) reveal({ column: Math.floor(best / grid.columnSpan) });
  }

  function fillTable() {
    const place = model.get("index").map((i, axis) => `${stack.axes[axis]} ${namePosition(stack, axis, i)}`);
    const title = [ui.title, ...place].join(", ");
    ui.table.replaceChildren(buildTable(stack, map, { title, summary: grid.large, lastRow: lastDrawn() }));
  }

  const toggle = button("Ver tabla", () => {
    const asTable = ui.table.hidden;
    ui.table.hidden = !asTable;
    for (const part of [ui.plot, ui.reading, ui.legend]) part.hidden = asTable;
    toggle.textContent = asTable ? "Ver mapa" : "Ver tabla";
    if (asTable) fillTable();
  });
  ui.head.append(toggle);

  const controls = buildControls(stack, model);
  ui.controls.append(...controls.nodes);

  listen(ui.stage, {
    at: (x, y) => cellAt(plan, lastGridRow() + 1, grid.columns, x, y - plan.top),
    move: (cell, key, jump) => moveCursor(cell, key, jump, lastGridRow(), grid.columns - 1),
    first: () => ({ row: stack.progressive ? lastGridRow() : 0, column: 0 }),
    reveal,
    view,
    choose,
  });

  const onIndex = () => {
    load();
    controls.sync();
    paint();
  };
  const onRow = () => {
    view.cell = null;
    view.pinned = false;
    controls.sync();
    paint();
    follow();
  };
  model.on("change:index", onIndex);
  model.on("change:row", onRow);

  load();
  controls.sync();
  el.replaceChildren(ui.figure);
  const stopTheme = watchTheme((theme, printing) => {
    ui.figure.dataset.theme = theme;
    view.printing = printing;
    layOut();
  });
  follow();
  let measured = el.clientWidth; // 0 si el cuaderno aún no ha puesto «el» en la página
  const resize = new ResizeObserver(() => {
    if (el.clientWidth === measured || el.clientWidth === 0) return;
    measured = el.clientWidth;
    requestAnimationFrame(() => {
      layOut();
      follow();
    });
  });
  resize.observe(el);

  return () => {
    resize.disconnect();
    stopTheme();
    controls.stop();
    model.off("change:index", onIndex);
    model.off("change:row", onRow);
  };
}

export default { render };
