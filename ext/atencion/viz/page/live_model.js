// Un modelo entrenado que corre en la página: a cada tecla cambian su resultado y su alineamiento.
// Los rasgos son los de live_model.py; los que comparte con HeatMap guardan el resultado del primer texto.

import { WITHOUT_CORE, loadCore } from "./core.js";
import { element } from "./dom.js";
import { render as renderMap } from "./heatmap.js";
import { memoryModel } from "./memory_model.js";
import { createNetwork } from "./network.js";
import { visible, writeSentence } from "./reading.js";
import { translate } from "./seq2seq.js";
import { tokenize } from "./text.js";
import { watchTheme } from "./theme.js";
import { EOS, UNKNOWN, makeVocabulary } from "./vocabulary.js";
import { readWeights } from "./weights.js";

const READERS = { seq2seq: translate }; // por arquitectura: (red, números, límite) → { tokens, weights }
const MAP_TITLE = "Adónde mira al escribir cada pieza";
const END = "‹fin›";
const PAUSE = 800; // milisegundos sin escribir antes de que lo diga el lector de pantalla
const TOP = 65534; // el mayor código de 16 bits de un peso (véase stack.js)

/** Los nodos del panel, por nombre. */
function buildPanel(title, text, examples) {
  const ui = {};
  ui.input = element("textarea", "al-input");
  Object.assign(ui.input, { value: text, rows: 2, spellcheck: false, autocomplete: "off", autocapitalize: "off" });
  ui.examples = examples.map((example) => {
    const node = element("button", "al-example", example);
    Object.assign(node, { type: "button", value: example });
    return node;
  });
  ui.written = element("bdi", "al-written");
  ui.note = element("p", "al-note");
  ui.map = element("div", "al-map");
  ui.spoken = element("p", "al-spoken");
  ui.spoken.setAttribute("aria-live", "polite");
  const offered = element("div", "al-examples", "Prueba con:", ...ui.examples);
  offered.setAttribute("role", "group");
  offered.setAttribute("aria-label", "Ejemplos");
  ui.panel = element(
    "section",
    "atencion-live",
    element("p", "al-title", title),
    element("label", "al-field", "Escribe aquí", ui.input),
    offered,
    element("p", "al-result", "Resultado", ui.written),
    ui.note,
    ui.map,
    ui.spoken,
  );
  ui.panel.setAttribute("aria-label", title);
  ui.panel.dataset.lmSuppressShortcuts = "true"; // JupyterLab: las teclas son del texto
  return ui;
}

/** Los rasgos del mapa de calor de unas piezas escritas frente a las leídas. */
function mapTraits(queries, keys, weights) {
  return {
    query_tokens: JSON.stringify(queries),
    key_tokens: JSON.stringify(keys),
    shape: [queries.length, keys.length],
    bits: 16,
    ranges: [[0, 1]],
    data: Uint16Array.from(weights, (weight) => Math.round(Math.min(weight, 1) * TOP)),
  };
}

/** «No conozco «brumario» ni «vendimiario»: …», cada pieza aislada. */
function unknownNote(pieces) {
  const named = [...new Set(pieces)].map((piece) => ({ token: visible(piece.slice(0, 40)) }));
  const list = named.flatMap((name, i) => [i === 0 ? "No conozco " : i < named.length - 1 ? ", " : " ni ", name]);
  return [...list, named.length === 1 ? ": para mí es una pieza desconocida. " : ": para mí son piezas desconocidas. "];
}

function render({ model, el }) {
  const texts = (name) => JSON.parse(model.get(name));
  const source = makeVocabulary(texts("source_tokens"));
  const target = makeVocabulary(texts("target_tokens"));
  const names = texts("target_tokens");
  const ui = buildPanel(texts("title") || "Escribe un texto", texts("text"), texts("examples"));
  const mapModel = memoryModel({ title: JSON.stringify(MAP_TITLE) }, model);
  let network = null;
  let read = ""; // las piezas que ya están dibujadas
  let timer = null;

  function say() {
    ui.spoken.textContent = `${ui.written.textContent || "Sin resultado"}. ${ui.note.textContent}`;
  }

  function show(written, note) {
    ui.written.textContent = written;
    writeSentence(ui.note, note);
    clearTimeout(timer);
    timer = setTimeout(say, PAUSE);
  }

  /** Por qué no se puede leer un texto, o null. */
  function problem(pieces) {
    const most = model.get("max_pieces");
    if (pieces.length === 0) return "No hay nada que leer: escribe una palabra, una cifra o un signo.";
    if (pieces.length > most) return `Es demasiado largo: tiene ${pieces.length} piezas y leo ${most} como mucho.`;
    return null;
  }

  /** Lee lo escrito y lo dibuja; el mapa solo se ve si es el de ese texto. */
  function look() {
    if (network === null) return;
    const pieces = tokenize(ui.input.value);
    const trouble = problem(pieces);
    ui.map.hidden = trouble !== null;
    if (trouble !== null) {
      read = "";
      return show("", [trouble]);
    }
    if (JSON.stringify(pieces) === read) return;
    const ids = source.encode(pieces);
    const found = READERS[model.get("architecture")](network, ids, model.get("max_length"));
    const ended = found.tokens.at(-1) === EOS;
    const note = ids.includes(UNKNOWN) ? unknownNote(pieces.filter((_, i) => ids[i] === UNKNOWN)) : [];
    if (!ended) note.push(`No ha sabido terminar: se queda en ${found.tokens.length} piezas.`);
    show(target.decode(found.tokens).join("") + (ended ? "" : "…"), note);
    mapModel.set(mapTraits(found.tokens.map((id) => (id === EOS ? END : names[id])), pieces, found.weights));
    read = JSON.stringify(pieces);
  }

  /** Sin núcleo, o si algo falla, se queda lo dibujado y se dice por qué. */
  function lock(error) {
    for (const control of [ui.input, ...ui.examples]) control.disabled = true;
    writeSentence(ui.note, [error.message === WITHOUT_CORE ? WITHOUT_CORE : `No se puede calcular. ${error.message}`]);
  }

  function refresh() {
    try {
      look();
    } catch (error) {
      lock(error);
    }
  }

  async function start() {
    try {
      const core = await loadCore();
      network = createNetwork(core, readWeights(texts("parameter_index"), model.get("parameters")));
    } catch (error) {
      return lock(error);
    }
    refresh();
    clearTimeout(timer); // al abrir la página, el lector de pantalla no dice nada que nadie ha pedido
  }

  ui.input.addEventListener("input", refresh);
  ui.panel.addEventListener("keydown", (event) => event.stopPropagation()); // ni la página ni el cuaderno las usan
  for (const example of ui.examples) {
    example.addEventListener("click", () => {
      ui.input.value = example.value;
      refresh();
    });
  }

  ui.written.textContent = texts("written");
  el.replaceChildren(ui.panel);
  const stopTheme = watchTheme((theme) => {
    ui.panel.dataset.theme = theme;
  });
  const stopMap = renderMap({ model: mapModel, el: ui.map });
  start();

  return () => {
    clearTimeout(timer);
    stopTheme();
    stopMap();
  };
}

export default { render };
