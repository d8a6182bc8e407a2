// El panel de un modelo que corre en la página: lo que el lector escribe, los ejemplos, el resultado y su mapa.
// A cada tecla se vuelve a leer todo, con los parámetros de los rasgos de page_model.py.
//
// Cada arquitectura describe su panel con
//
//     title, mapTitle     los títulos del panel y de su mapa
//     fields              [[nombre, nodo]], donde se escribe; con una sola línea si el nodo es un <input>
//     examples            [[nombre, rellenar()]], los botones
//     results             los nodos donde se ve el resultado del primer texto
//     parse()             lo escrito, como datos de JSON; si no se puede leer, { trouble: por qué }
//     read(red, datos)    escribe el resultado y devuelve { note, queries, keys, weights }: los avisos y el mapa
//     clear()             quita el resultado: no hay nada que leer
//     said()              el resultado, para quien no ve la pantalla

import { WITHOUT_CORE, loadCore } from "./core.js";
import { element } from "./dom.js";
import { render as renderMap } from "./heatmap.js";
import { memoryModel } from "./memory_model.js";
import { createNetwork } from "./network.js";
import { visible, writeSentence } from "./reading.js";
import { watchTheme } from "./theme.js";
import { readWeights } from "./weights.js";

const PAUSE = 800; // milisegundos sin escribir antes de que lo diga el lector de pantalla
const TOP = 65534; // el mayor código de 16 bits de un peso (véase stack.js)

/** Un campo de texto: un <textarea> de `rows` líneas o, con una sola, un <input>. */
export function textField(value, rows) {
  const node = element(rows > 1 ? "textarea" : "input", "al-input");
  Object.assign(node, { value, spellcheck: false, autocomplete: "off", autocapitalize: "off" });
  if (rows > 1) node.rows = rows;
  return node;
}

/** «No conozco «brumario» ni «vendimiario»: …», cada pieza aislada; vacío si se conocen todas. */
export function unknownNote(pieces) {
  if (pieces.length === 0) return [];
  const named = [...new Set(pieces)].map((piece) => ({ token: visible(piece.slice(0, 40)) }));
  const list = named.flatMap((name, i) => [i === 0 ? "No conozco " : i < named.length - 1 ? ", " : " ni ", name]);
  return [...list, named.length === 1 ? ": para mí es una pieza desconocida. " : ": para mí son piezas desconocidas. "];
}

/** Los rasgos del mapa de calor de unos pesos. */
function mapTraits({ queries, keys, weights }) {
  return {
    query_tokens: JSON.stringify(queries),
    key_tokens: JSON.stringify(keys),
    shape: [queries.length, keys.length],
    bits: 16,
    ranges: [[0, 1]],
    data: Uint16Array.from(weights, (weight) => Math.round(Math.min(weight, 1) * TOP)),
  };
}

/** Los nodos del panel, por nombre. */
function buildNodes({ title, fields, examples, results }) {
  const ui = {
    note: element("p", "al-note"),
    map: element("div", "al-map"),
    spoken: element("p", "al-spoken"),
    examples: examples.map(([name]) => Object.assign(element("button", "al-example", name), { type: "button" })),
  };
  const offered = element("div", "al-examples", "Prueba con:", ...ui.examples);
  offered.setAttribute("role", "group");
  offered.setAttribute("aria-label", "Ejemplos");
  ui.spoken.setAttribute("aria-live", "polite");
  const labels = fields.map(([name, node]) => element("label", "al-field", name, node));
  const blocks = [element("p", "al-title", title), ...labels, offered, ...results, ui.note, ui.map, ui.spoken];
  ui.panel = element("section", "atencion-live", ...blocks);
  ui.panel.setAttribute("aria-label", title);
  ui.panel.dataset.lmSuppressShortcuts = "true"; // JupyterLab: las teclas son del texto
  return ui;
}

/** Pone el panel en `el` y devuelve cómo retirarlo. */
export function openPanel({ model, el }, plan) {
  const ui = buildNodes(plan);
  const inputs = plan.fields.map(([, node]) => node);
  const mapModel = memoryModel({ title: JSON.stringify(plan.mapTitle) }, model);
  let network = null;
  let drawn = null; // los datos de lo que ya se ve, como texto
  let timer = null;

  function say() {
    ui.spoken.textContent = `${plan.said() || "Sin resultado"}. ${ui.note.textContent}`;
  }

  function note(parts) {
    writeSentence(ui.note, parts);
    clearTimeout(timer);
    timer = setTimeout(say, PAUSE);
  }

  /** Lee lo escrito y lo dibuja; el mapa solo se ve si es el de ese texto. Su hueco se guarda: la página no salta. */
  function look() {
    if (network === null) return;
    const asked = plan.parse();
    const { trouble } = asked;
    if (trouble !== undefined && drawn !== null) ui.panel.style.minHeight = `${ui.panel.offsetHeight}px`;
    ui.map.hidden = trouble !== undefined;
    if (trouble !== undefined) {
      drawn = null;
      plan.clear();
      return note([trouble]);
    }
    if (JSON.stringify(asked) === drawn) return;
    const found = plan.read(network, asked);
    note(found.note);
    mapModel.set(mapTraits(found));
    ui.panel.style.minHeight = "";
    drawn = JSON.stringify(asked);
  }

  /** Sin núcleo, o si algo falla, se queda lo dibujado y se dice por qué. */
  function lock(error) {
    for (const control of [...inputs, ...ui.examples]) control.disabled = true;
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
      network = createNetwork(core, readWeights(JSON.parse(model.get("parameter_index")), model.get("parameters")));
    } catch (error) {
      return lock(error);
    }
    refresh();
    clearTimeout(timer); // al abrir la página, el lector de pantalla no dice nada que nadie ha pedido
  }

  for (const input of inputs) input.addEventListener("input", refresh);
  ui.panel.addEventListener("keydown", (event) => event.stopPropagation()); // ni la página ni el cuaderno las usan
  plan.examples.forEach(([, fill], i) => {
    ui.examples[i].addEventListener("click", () => {
      fill();
      refresh();
    });
  });

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
