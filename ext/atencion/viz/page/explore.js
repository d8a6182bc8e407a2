// El panel «Explorar»: temperatura, causal, ventana, relleno y claves prohibidas. Recalcula con el núcleo.

import { slider } from "./controls.js";
import { WITHOUT_CORE, loadCore } from "./core.js";
import { button, element } from "./dom.js";
import { isDistribution } from "./matrix.js";
import { formatNumber, visible } from "./reading.js";
import { isUnchanged, maskOf, restrict, UNCHANGED } from "./restrict.js";
import { disclosure } from "./toolbar.js";

const NOTE =
  "Cambias la softmax de este mapa y tu navegador lo recalcula con el núcleo del libro. El resto del modelo sigue igual.";
const FORBID = "Para prohibir una clave, pulsa su etiqueta en el mapa, o elige una celda y pulsa Supr.";
const ALIGNED =
  "Como no hay tantas consultas como claves, «causal» y «ventana» se alinean al final: la última consulta está a la altura " +
  "de la última clave.";
const TEMPERATURES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** La posición del control que está más cerca de una temperatura. */
function positionOf(temperature) {
  const distances = TEMPERATURES.map((other) => Math.abs(Math.log(other / temperature)));
  return distances.indexOf(Math.min(...distances));
}

function checkbox(name, onChange) {
  const input = element("input", "am-check");
  input.type = "checkbox";
  input.addEventListener("change", () => onChange(input.checked));
  return { node: element("label", "am-control", input, name), input };
}

/**
 * Construye el botón y el panel. Devuelve
 *     button, panel     sus nodos
 *     apply(map)        el mapa con los ajustes, o el mismo si no hay nada que cambiar
 *     toggleKeys(keys)  prohíbe esas claves o, si ya lo estaban, las permite; false si aún no hay núcleo
 *     settings          los ajustes, y restore(settings) para recuperarlos
 *     sync(map)         lleva al panel el mapa nuevo: el botón solo sale si es un reparto
 */
export function buildExplorer(figure) {
  let settings = UNCHANGED;
  let core = null;
  let known = new WeakMap(); // lo calculado con los ajustes de ahora, por matriz
  const { rows, columns } = figure.stack; // los del modelo: editar la figura no cambia los controles
  const accepts = figure.live?.accepts ?? { temperature: true, masks: "cells" };
  const panel = element("div", "am-panel");
  panel.setAttribute("role", "group");
  panel.setAttribute("aria-label", "Explorar");

  const change = (changes) => {
    settings = { ...settings, ...changes };
    known = new WeakMap();
    const { temperature } = settings;
    figure.live?.recompute({ temperature, mask: (rows, columns) => maskOf({ rows, columns, values: [] }, settings) });
    figure.refresh();
  };

  const temperature = slider("temperatura", TEMPERATURES.length, (i) => formatNumber(TEMPERATURES[i], 1), (i) =>
    change({ temperature: TEMPERATURES[i] }),
  );
  const causal = checkbox("Causal: nada posterior", (checked) => change({ causal: checked }));
  const reach = Math.max(rows, columns); // la última posición del control: sin límite
  const sayWindow = (i) => (i === reach ? "sin límite" : `± ${i}`);
  const window = slider("ventana", reach + 1, sayWindow, (i) => change({ window: i === reach ? null : i }));
  const sayPadding = (i) => (i === 0 ? "ninguna" : i === 1 ? "la última clave" : `las ${i} últimas claves`);
  const padding = slider("relleno", columns, sayPadding, (i) => change({ padding: i }));
  const forbidden = element("div", "am-chips");
  const reset = button("Restablecer", () => change(UNCHANGED));
  const controls = [
    ...(accepts.temperature ? [temperature.node] : []),
    ...(accepts.masks === "cells" ? [causal.node, window.node] : []),
    ...(columns > 1 ? [padding.node] : []),
    reset,
  ];

  /** Lleva los ajustes a los controles. */
  function show() {
    temperature.set(positionOf(settings.temperature));
    causal.input.checked = settings.causal;
    window.set(settings.window ?? reach);
    padding.set(settings.padding);
    const { keys } = figure.map;
    const chips = settings.forbidden.filter((column) => column < keys.length).map((column) => {
      const node = button(`${visible(keys[column])} ×`, () => toggleKeys([column]));
      node.setAttribute("aria-label", `Permitir la clave «${visible(keys[column])}»`);
      return node;
    });
    forbidden.replaceChildren(...(chips.length > 0 ? ["Prohibidas: ", ...chips] : [FORBID]));
    reset.disabled = isUnchanged(settings);
  }

  function toggleKeys(columns) {
    if (!core) return false;
    const closed = columns.every((column) => settings.forbidden.includes(column));
    const others = settings.forbidden.filter((column) => !columns.includes(column));
    change({ forbidden: closed ? others : [...others, ...columns].sort((a, b) => a - b) });
    return true;
  }

  /** Prepara el núcleo; sin él, el panel solo dice por qué. */
  async function start() {
    if (core) return;
    try {
      core = await loadCore();
    } catch {
      panel.replaceChildren(element("p", "am-note", WITHOUT_CORE));
      return;
    }
    const notes = rows !== columns && accepts.masks === "cells" ? [ALIGNED, NOTE] : [NOTE];
    panel.replaceChildren(...controls, forbidden, ...notes.map((text) => element("p", "am-note", text)));
    show();
  }

  const toggle = disclosure("Explorar", panel, async (open) => {
    if (open) await start();
    figure.ui.figure.toggleAttribute("data-exploring", open && core !== null);
  });

  return {
    button: toggle,
    panel,
    toggleKeys,
    get settings() {
      return settings;
    },
    async restore(saved) {
      if (isUnchanged(saved) && isUnchanged(settings)) return;
      await start();
      if (core) change(saved);
    },
    apply(map) {
      if (!core || isUnchanged(settings) || !isDistribution(map)) return map;
      if (!known.has(map)) known.set(map, restrict(core, map, settings));
      return known.get(map);
    },
    sync(map) {
      toggle.hidden = !isDistribution(map);
      if (core) show();
    },
  };
}
