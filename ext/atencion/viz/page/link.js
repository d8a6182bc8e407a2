// Un enlace al estado de una figura: `#figura=2&vista=lines&indice=1.3…`. La página lo lee al abrirse y al cambiar.
// Las figuras se numeran por su orden en la página, desde 1.

import { button } from "./dom.js";
import { isUnchanged, UNCHANGED } from "./restrict.js";

const numbers = (text) => (text ? text.split(".").map(Number) : []);

/** El estado como texto de enlace; lo que está como al principio no se escribe. */
export function encodeState({ view, index, row, pair = [], cell, settings, edits = null }) {
  const fields = { vista: view };
  if (index.length > 0) fields.indice = index.join(".");
  if (row > 0) fields.paso = row;
  if (view === "compare") fields.pareja = pair.map((position) => position.join(".")).join("-");
  if (cell) fields.celda = `${cell.row}.${cell.column}`;
  if (edits) fields.numeros = JSON.stringify(edits);
  if (!isUnchanged(settings)) {
    if (settings.temperature !== 1) fields.temperatura = Number(settings.temperature.toFixed(4));
    if (settings.causal) fields.causal = 1;
    if (settings.window !== null) fields.ventana = settings.window;
    if (settings.padding) fields.relleno = settings.padding;
    if (settings.forbidden.length > 0) fields.prohibidas = settings.forbidden.join(".");
  }
  return new URLSearchParams(fields).toString();
}

/** Un entero de `low` a `high`, o `other` si el texto no lo es. */
function integer(text, low, high, other) {
  const value = Number(text);
  return text !== null && Number.isInteger(value) && value >= low && value <= high ? value : other;
}

/** Un texto como JSON, o null si no lo es. */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Lee un enlace para una figura; lo que no encaja en ella se queda como está. */
export function decodeState(text, { views, leading, rows, columns, kindAt }) {
  const fields = new URLSearchParams(text);
  const index = numbers(fields.get("indice"));
  const isPosition = (position) =>
    position.length === leading.length && position.every((i, axis) => integer(i, 0, leading[axis] - 1, null) !== null);
  const pair = (fields.get("pareja") ?? "").split("-").map(numbers);
  const isPair = pair.length === 2 && pair.every(isPosition) && kindAt(pair[0]) === kindAt(pair[1]);
  const [row, column] = numbers(fields.get("celda"));
  const inside = integer(row ?? null, 0, rows - 1, null) !== null && integer(column ?? null, 0, columns - 1, null) !== null;
  const temperature = Number(fields.get("temperatura") ?? 1);
  const edits = fields.get("numeros");
  return {
    view: views.includes(fields.get("vista")) ? fields.get("vista") : views[0],
    index: isPosition(index) ? index : leading.map(() => 0),
    pair: isPair && views.includes("compare") ? pair : null,
    row: integer(fields.get("paso"), 0, rows - 1, 0),
    cell: inside ? { row, column } : null,
    edits: edits && parse(edits),
    settings: {
      ...UNCHANGED,
      temperature: temperature >= 0.1 && temperature <= 10 ? temperature : 1,
      causal: fields.get("causal") === "1",
      window: integer(fields.get("ventana"), 0, Math.max(rows, columns) - 1, null),
      padding: integer(fields.get("relleno"), 0, columns - 1, 0),
      forbidden: [...new Set(numbers(fields.get("prohibidas")))].filter((key) => integer(key, 0, columns - 1, null) !== null),
    },
  };
}

/** ¿Está la figura en una página del libro? En un cuaderno, la dirección no es suya. */
export function isInPage(el) {
  return el.closest(".atencion-viva") !== null;
}

const positionOf = (node) => [...document.querySelectorAll(".atencion-viva")].indexOf(node.closest(".atencion-viva")) + 1;

/** Botón que deja en la barra de direcciones, y en el portapapeles si se puede, el enlace al estado actual. */
export function linkButton(figure) {
  return button("Copiar enlace", async () => {
    const { model, cell, pinned, explorer } = figure;
    const state = encodeState({
      view: model.get("view"),
      index: model.get("index"),
      row: model.get("row"),
      pair: model.get("pair"),
      cell: pinned ? cell : null,
      settings: explorer.settings,
      edits: figure.live?.state(),
    });
    const hash = `#figura=${positionOf(figure.ui.figure)}&${state}`;
    try {
      history.replaceState(null, "", hash);
    } catch {
      return figure.say("Aquí no hay enlace: la figura está dentro de otra página.");
    }
    try {
      await navigator.clipboard.writeText(location.href);
      figure.say("Enlace copiado: lleva a esta figura tal como está.");
    } catch {
      figure.say("El enlace a esta figura, tal como está, queda en la barra de direcciones.");
    }
  });
}

/** Abre los apartados plegados donde está un elemento. */
function unfold(element) {
  for (let fold = element.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
}

/** Aplica el enlace de la página si nombra esta figura, ahora y cuando cambie; devuelve cómo dejar de hacerlo. */
export function watchLink(figure) {
  const apply = async () => {
    const text = location.hash.slice(1);
    if (Number(new URLSearchParams(text).get("figura")) !== positionOf(figure.ui.figure)) return;
    const state = decodeState(text, figure.stack);
    figure.model.set({ view: state.view, index: state.index, row: state.row });
    if (state.pair) figure.model.set("pair", state.pair);
    figure.model.save_changes();
    if (state.edits || figure.live?.state()) figure.live?.restore(state.edits ?? {});
    await figure.explorer.restore(state.settings);
    if (state.cell) figure.choose(state.cell, true);
    unfold(figure.ui.figure);
    figure.ui.figure.scrollIntoView({ block: "center" });
  };
  window.addEventListener("hashchange", apply);
  apply();
  return () => window.removeEventListener("hashchange", apply);
}
