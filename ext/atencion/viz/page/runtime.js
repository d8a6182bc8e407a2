// Da vida a los widgets en una página fija: sin núcleo, sin red y sin bibliotecas.
//
// Lee el estado que myst-nb (o ipywidgets.embed) guarda en la página y dibuja cada vista en su sitio. Sirve
// para cualquier widget de anywidget. El código de la figura llega en `globalThis.atencionWidgets` (véase
// bundle.py) o, si no, en el propio estado. Si a la vista la sigue un elemento de clase «atencion-fija» (la
// imagen PNG del mismo widget), se retira solo cuando la figura viva está dibujada: sin guiones, queda.

import { memoryModel } from "./memory_model.js";

const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';
const NEEDS_KERNEL =
  "Este control necesita un núcleo de Python: abre el cuaderno en Colab o en JupyterLab para usarlo.";
const FAILED = "La figura interactiva no se ha podido dibujar en este navegador.";

const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** Devuelve a su sitio los bytes, que el estado guarda aparte. */
function restoreBuffers(state, buffers) {
  for (const { path, encoding, data } of buffers ?? []) {
    const owner = path.slice(0, -1).reduce((node, key) => node[key], state);
    const bytes = encoding === "hex" ? fromHex(data) : fromBase64(data);
    owner[path.at(-1)] = new DataView(bytes.buffer);
  }
  return state;
}

/** El modelo de un widget, con sus bytes y con acceso a los demás de la página. */
function makeModel(record, getModel) {
  const model = memoryModel(restoreBuffers({ ...record.state }, record.buffers));
  model.widget_manager = { get_model: async (reference) => getModel(reference.replace(/^IPY_MODEL_/, "")) };
  return model;
}

const modules = new Map();
const styles = new Set();

/** El módulo de un widget: el que trae este guion o el de su estado; cada uno se carga una sola vez. */
function loadModule(model) {
  const source = model.get("_esm");
  if (source === undefined) {
    const known = globalThis.atencionWidgets?.[model.get("_anywidget_id")];
    if (!known) throw new Error(`falta el código de ${model.get("_anywidget_id")}`);
    return known;
  }
  if (!modules.has(source)) {
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const loaded = import(url).finally(() => URL.revokeObjectURL(url));
    const unwrap = ({ default: widget }) => (typeof widget === "function" ? widget() : widget);
    modules.set(source, loaded.then(unwrap));
  }
  return modules.get(source);
}

function addStyle(text) {
  if (!text || styles.has(text)) return;
  styles.add(text);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

function note(text) {
  const paragraph = document.createElement("p");
  paragraph.className = "atencion-nota";
  paragraph.setAttribute("role", "note");
  paragraph.textContent = text;
  return paragraph;
}

async function draw(script, record, model, initialised) {
  const widget = await loadModule(model);
  addStyle(model.get("_css") ?? widget.css);
  if (!initialised.has(model)) initialised.set(model, Promise.resolve(widget.initialize?.({ model })));
  await initialised.get(model);
  const el = document.createElement("div");
  el.className = "atencion-viva";
  script.before(el);
  try {
    await widget.render({ model, el, signal: new AbortController().signal });
  } catch (error) {
    el.remove();
    throw error;
  }
}

/** Deja al navegador pintar y atender al lector entre una figura y la siguiente. */
const nextTask = () => new Promise((resume) => setTimeout(resume));

async function start() {
  const records = {};
  for (const script of document.querySelectorAll(STATE)) {
    Object.assign(records, JSON.parse(script.textContent).state);
  }
  const models = new Map();
  const initialised = new Map();
  const getModel = (id) => {
    if (!records[id]) throw new Error(`la página no guarda el modelo ${id}`);
    if (!models.has(id)) models.set(id, makeModel(records[id], getModel));
    return models.get(id);
  };
  for (const script of document.querySelectorAll(VIEW)) {
    const next = script.nextElementSibling;
    const fallback = next?.classList.contains("atencion-fija") ? next : null;
    const id = JSON.parse(script.textContent).model_id;
    const record = records[id];
    if (record?.model_module !== "anywidget") {
      script.before(note(NEEDS_KERNEL));
      continue;
    }
    try {
      await draw(script, record, getModel(id), initialised);
      fallback?.remove();
    } catch (error) {
      console.error(error);
      script.before(note(FAILED));
    }
    await nextTask();
  }
  document.documentElement.dataset.atencionLista = "";
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
