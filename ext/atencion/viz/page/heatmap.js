// El mapa de calor de la atención: filas = consultas, columnas = claves.
// Todo lo que el lector puede hacer ocurre aquí, a partir de los rasgos que describe stack.js.
//
// `figure` es lo que comparten las vistas y los controles:
//
//     stack, model, ui   los datos, el modelo sincronizado y los nodos
//     map                la matriz que se muestra; `mapAt(index)` da otra
//     palette, printing  los colores del tema, y si se está imprimiendo
//     cell, pinned       lo elegido (véase selection.js) o null, y si está fijado; se cambian con `choose`
//     stepping, lastRow  si las filas aparecen de una en una, y la última que se ve
//     live               lo que calcula la figura con el núcleo (live.js), o null si no calcula
//     place              dónde está `map` entre las demás: «capa 2 de 6, cabeza 1 de 8»
//     save(name, value)  cambia un rasgo; `goTo(index, view)`, la matriz y la vista
//     explorer           los cambios del lector sobre la softmax (explore.js)
//     say(text)          dice algo en la línea de avisos
//     mark()             escribe la frase y lo que depende de la celda elegida
//     refresh()          vuelve a calcular `map` y lo dibuja
//     layOut()           reparte de nuevo el sitio y dibuja todo

import { buildControls } from "./controls.js";
import { buildFigure, element } from "./dom.js";
import { buildEditPanel } from "./edit_panel.js";
import { buildExplorer } from "./explore.js";
import { isInPage, linkButton, watchLink } from "./link.js";
import { makeLive } from "./live.js";
import { entropyOf, isDistribution, meanEntropy, strongest } from "./matrix.js";
import { namePosition, readCell, readMeanSpread, readRow, readSpread, writeSentence } from "./reading.js";
import { buildSaveMenu } from "./save.js";
import { nounOf, sameCell } from "./selection.js";
import { readStack } from "./stack.js";
import { readPalette, watchTheme } from "./theme.js";
import { buildViewSwitch } from "./toolbar.js";
import { VIEWS } from "./views.js";

const HINT = "Señala una celda, tócala o recórrelas con las flechas del teclado para leer su valor.";
const PAPER_WIDTH = 620; // al imprimir, la figura entera cabe en una página A4

/** Lo que comparten las vistas y los controles (véase la cabecera). */
function makeFigure(model) {
  const stack = readStack(model);
  const figure = {
    stack,
    model,
    ui: buildFigure(stack.title || "Mapa de calor de la atención"),
    map: null,
    palette: null,
    printing: false,
    cell: null,
    pinned: false,
    explorer: null,
    live: stack.source && makeLive(stack.source, stack),
    mapAt: (index) => figure.live?.map(stack.numberOf(index)) ?? figure.explorer.apply(stack.map(index)),
    get stepping() {
      return stack.progressive && !figure.printing;
    },
    get lastRow() {
      return figure.stepping ? model.get("row") : figure.map.rows - 1;
    },
    get place() {
      return model.get("index").map((i, axis) => `${stack.axes[axis]} ${namePosition(stack, axis, i)}`).join(", ");
    },
    save(name, value) {
      model.set(name, value);
      model.save_changes();
    },
    say(text) {
      figure.ui.status.textContent = text;
    },
    goTo(index, view) {
      model.set("index", index);
      model.set("view", view);
      model.save_changes();
    },
  };
  return figure;
}

/** Pone el panel de los números y, en cuanto hay núcleo, dibuja cada cambio. */
function showLive(figure) {
  const { live, ui } = figure;
  const { nodes, panel } = buildEditPanel(live);
  const problem = element("p", "am-problem");
  ui.tools.append(...nodes);
  ui.panels.append(problem, panel);
  live.onChange(() => {
    problem.textContent = live.problem ?? "";
    figure.refresh();
  });
  live.start();
}

/** La frase de la celda elegida o, sin ella, la del paso o la ayuda. */
function sentence(figure, view) {
  const { cell, map, stack, printing } = figure;
  const own = view.sentence();
  if (own === null && !cell) {
    if (printing) return [];
    return stack.progressive ? readRow(map, figure.lastRow, strongest(map, figure.lastRow)) : [view.hint ?? HINT];
  }
  if (own?.length === 0) return own; // una vista que no señala celdas
  const parts = own ?? readCell(map, cell.row, cell.column);
  return cell && figure.pinned ? [...parts, ` ${nounOf(cell)} fijada: Escape la suelta.`] : parts;
}

/** Cómo reparten las filas su atención: la elegida o, sin ella, todas en promedio. */
function spread({ cell, map, lastRow }) {
  if (!isDistribution(map)) return [];
  if (!cell || cell.whole === "column") return readMeanSpread(meanEntropy(map, lastRow));
  return readSpread(map, cell.row, entropyOf(map, cell.row), strongest(map, cell.row));
}

/** Dibuja la figura en `el` y devuelve cómo retirarla. */
export function render({ model, el }) {
  const figure = makeFigure(model);
  const { stack, ui } = figure;
  const built = new Map();
  let view = null;
  let fits = false; // ¿vale la última geometría?

  function mark() {
    if (!fits) return;
    view.mark();
    writeSentence(ui.reading, sentence(figure, view));
    writeSentence(ui.spread, view.spread?.() ?? spread(figure));
  }

  /** Reparte el ancho disponible y dibuja de nuevo la figura entera; fuera de la página, espera a entrar. */
  function layOut() {
    figure.palette = readPalette(ui.figure);
    if (figure.palette === null) return;
    const available = el.clientWidth - (ui.figure.offsetWidth - ui.head.offsetWidth);
    const width = figure.printing ? Math.min(available, PAPER_WIDTH) : available;
    view.layOut(available > 0 ? width : PAPER_WIDTH);
    fits = true;
    finish();
  }

  function finish() {
    ui.legend.replaceChildren(...view.legend());
    mark();
  }

  figure.layOut = layOut;

  figure.refresh = () => {
    const before = figure.map;
    figure.map = figure.mapAt(model.get("index"));
    const { cell, map } = figure;
    if (cell && (cell.row >= map.rows || cell.column >= map.columns)) Object.assign(figure, { cell: null, pinned: false });
    figure.explorer.sync(map);
    if (!fits || map.queries !== before.queries || map.keys !== before.keys) return layOut();
    view.paint();
    finish();
  };

  const follow = () => {
    if (fits) view.follow?.();
  };

  figure.choose = (cell, pinned = false) => {
    if (sameCell(cell, figure.cell) && pinned === figure.pinned) return;
    figure.cell = cell;
    figure.pinned = pinned;
    mark();
  };

  figure.explorer = buildExplorer(figure);
  figure.mark = mark;

  const controls = buildControls(figure);
  const viewSwitch = buildViewSwitch(figure);
  const save = buildSaveMenu(figure, () => view);
  ui.controls.append(...viewSwitch.nodes, ...controls.nodes);
  if (figure.live) showLive(figure);
  ui.tools.append(figure.explorer.button, save.opener);
  ui.head.after(save.panel);
  ui.panels.append(figure.explorer.panel);

  function openView() {
    fits = false; // al retirar la vista anterior, su escena pierde el foco y suelta la celda
    const name = model.get("view");
    if (!built.has(name)) built.set(name, VIEWS[name].build(figure));
    view = built.get(name);
    ui.figure.dataset.view = name;
    ui.view.replaceChildren(view.node);
    viewSwitch.sync();
  }

  const onView = () => {
    const focused = ui.view.matches(":focus-within"); // pasa a la vista nueva, que sustituye a la que lo tiene
    openView();
    layOut();
    follow();
    if (focused) view.node.querySelector(".am-stage, .am-table")?.focus();
  };
  const onIndex = () => {
    controls.sync();
    figure.refresh();
  };
  const onRow = () => {
    figure.cell = null;
    figure.pinned = false;
    controls.sync();
    figure.refresh();
    follow();
  };
  const onData = () => {
    Object.assign(stack, readStack(model));
    figure.refresh();
  };
  const listeners = {
    "change:view": onView,
    "change:index": onIndex,
    "change:row": onRow,
    "change:pair": figure.refresh,
    "change:data": onData,
  };
  for (const [event, listener] of Object.entries(listeners)) model.on(event, listener);

  figure.map = figure.mapAt(model.get("index"));
  figure.explorer.sync(figure.map);
  openView();
  controls.sync();
  el.replaceChildren(ui.figure);
  const stopTheme = watchTheme((theme, printing) => {
    ui.figure.dataset.theme = theme;
    figure.printing = printing;
    layOut();
  });
  follow();
  const stopLink = isInPage(el) ? watchLink(figure) : () => {};
  if (isInPage(el)) save.panel.append(linkButton(figure));
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
    stopLink();
    controls.stop();
    for (const [event, listener] of Object.entries(listeners)) model.off(event, listener);
  };
}

export default { render };
