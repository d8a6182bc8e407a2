// Da vida a los widgets en una página fija: sin núcleo de Python, sin red y sin bibliotecas.
//
// Lee el estado que myst-nb (o ipywidgets.embed) guarda en la página y, en el sitio de cada vista, pone un hueco. Cuando
// el hueco se acerca a la ventana, trae el código de su widget y lo dibuja. Sirve para cualquier widget de anywidget:
// el código de los nuestros está en los guiones de `atencionPage` (véase page_scripts.py), y el de los demás, en el
// estado. Si a la vista la sigue un elemento de clase «atencion-fija» (la imagen PNG del mismo widget), se retira solo
// cuando la figura viva está dibujada: sin guiones, queda.

import { loadScript } from "./load_script.js";
import { memoryModel } from "./memory_model.js";

const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';
const NEEDS_KERNEL =
  "Este control necesita un núcleo de Python: abre el cuaderno en Colab o en JupyterLab para usarlo.";
const FAILED = "La figura interactiva no se ha podido dibujar en este navegador.";
const NEAR = "100% 0px"; // a una pantalla de distancia ya se dibuja

const page = globalThis.atencionPage;
const fromBase64 = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const fromHex = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** Los octetos de un trozo del estado, escritos en él o en un guion aparte. */
function readBuffer({ encoding, data }) {
  if (encoding === "hex") return fromHex(data);
  return fromBase64(encoding === "script" ? page.buffers[data] : data);
}

/** Devuelve a su sitio los bytes, que el estado guarda aparte. */
function restoreBuffers(state, buffers) {
  for (const buffer of buffers ?? []) {
    const owner = buffer.path.slice(0, -1).reduce((node, key) => node[key], state);
    owner[buffer.path.at(-1)] = new DataView(readBuffer(buffer).buffer);
  }
  return state;
}

/** Los guiones que faltan para dibujar un widget: los de su código y los de sus bytes. */
function missingScripts({ state, buffers }) {
  const widget = state._esm === undefined && page.widgets[state._anywidget_id];
  const code = widget && !page.modules[widget.module] ? widget.scripts : [];
  const apart = (buffers ?? []).filter(({ encoding, data }) => encoding === "script" && !(data in page.buffers));
  return [...code, ...apart.map(({ data }) => data)];
}

const modules = new Map();
const styles = new Set();

/** El módulo de un widget: el de los guiones de la página o el de su estado; cada uno se carga una sola vez. */
function findModule(model) {
  const source = model.get("_esm");
  if (source === undefined) {
    const known = page.widgets[model.get("_anywidget_id")];
    if (!known) throw new Error(`falta el código de ${model.get("_anywidget_id")}`);
    return page.modules[known.module].widget;
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

/** Los modelos de la página, por su identificador; cada uno se hace una sola vez, cuando alguien lo pide. */
function makeModels(records) {
  const models = new Map();
  async function make(record) {
    await Promise.all(missingScripts(record).map(loadScript));
    const model = memoryModel(restoreBuffers({ ...record.state }, record.buffers));
    model.widget_manager = { get_model: (reference) => getModel(reference.replace(/^IPY_MODEL_/, "")) };
    return model;
  }
  async function getModel(id) {
    if (!records[id]) throw new Error(`la página no guarda el modelo ${id}`);
    if (!models.has(id)) models.set(id, make(records[id]));
    return models.get(id);
  }
  return getModel;
}

const initialised = new Map();

async function draw(model, el) {
  const widget = await findModule(model);
  addStyle(model.get("_css") ?? page.modules.css);
  if (!initialised.has(model)) initialised.set(model, Promise.resolve(widget.initialize?.({ model })));
  await initialised.get(model);
  await widget.render({ model, el, signal: new AbortController().signal });
}

/** Deja al navegador pintar y atender al lector entre una figura y la siguiente. */
const nextTask = () => new Promise((resume) => setTimeout(resume));

/** Los huecos de la página, con cómo se dibuja cada uno. Los que no son de anywidget solo llevan una nota. */
function makePlaces() {
  const records = {};
  for (const script of document.querySelectorAll(STATE)) {
    Object.assign(records, JSON.parse(script.textContent).state);
  }
  const getModel = makeModels(records);
  const places = new Map();
  for (const script of document.querySelectorAll(VIEW)) {
    const next = script.nextElementSibling;
    const fallback = next?.classList.contains("atencion-fija") ? next : null;
    const id = JSON.parse(script.textContent).model_id;
    if (records[id]?.model_module !== "anywidget") {
      script.before(note(NEEDS_KERNEL));
      continue;
    }
    const el = document.createElement("div");
    el.className = "atencion-viva";
    script.before(el);
    places.set(el, async () => {
      try {
        await draw(await getModel(id), el);
        fallback?.remove();
      } catch (error) {
        console.error(error);
        el.replaceWith(note(FAILED));
        if (fallback) fallback.dataset.atencionFallo = ""; // la hoja de estilo vuelve a enseñarla
      }
    });
  }
  return places;
}

function start() {
  const places = makePlaces();
  const queue = [];
  let busy = false;

  async function drawQueue() {
    if (busy) return;
    busy = true;
    while (queue.length > 0) {
      await queue.shift()();
      await nextTask();
    }
    busy = false;
    document.documentElement.dataset.atencionLista = "";
  }

  /** Pone en la cola los huecos que aún no se han dibujado. */
  function want(elements) {
    for (const el of elements) {
      if (places.has(el)) queue.push(places.get(el));
      places.delete(el);
      observer.unobserve(el);
    }
    drawQueue();
  }

  /** La figura que nombra la dirección (véase link.js), esté donde esté. */
  function wantLinked() {
    const number = Number(new URLSearchParams(location.hash.slice(1)).get("figura"));
    want([...document.querySelectorAll(".atencion-viva")].slice(number - 1, number));
  }

  const observer = new IntersectionObserver(
    (entries) => want(entries.filter(({ isIntersecting }) => isIntersecting).map(({ target }) => target)),
    { rootMargin: NEAR },
  );
  for (const el of places.keys()) observer.observe(el);
  window.addEventListener("hashchange", wantLinked);
  window.addEventListener("beforeprint", () => {
    for (const drawPlace of places.values()) drawPlace();
    places.clear();
  });
  if (places.size === 0 || location.hash.includes("figura=")) wantLinked();
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
