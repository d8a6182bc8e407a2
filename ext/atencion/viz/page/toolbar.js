// El selector de vistas y los paneles que se despliegan.

import { button, element } from "./dom.js";
import { VIEWS } from "./views.js";

/** Botones que eligen la vista. Devuelve { nodes, sync }. */
export function buildViewSwitch(figure) {
  const names = figure.stack.views.filter((name) => name in VIEWS);
  if (names.length < 2) return { nodes: [], sync() {} };
  const buttons = names.map((name) => button(VIEWS[name].name, () => figure.save("view", name)));
  const group = element("div", "am-views", ...buttons);
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", "Vista");
  const sync = () => {
    buttons.forEach((node, i) => node.setAttribute("aria-pressed", names[i] === figure.model.get("view")));
  };
  return { nodes: [group], sync };
}

/** Botón que muestra u oculta un panel; `onToggle` recibe si queda abierto. */
export function disclosure(text, panel, onToggle = () => {}) {
  panel.hidden = true;
  const node = button(text, () => {
    panel.hidden = !panel.hidden;
    node.setAttribute("aria-expanded", !panel.hidden);
    onToggle(!panel.hidden);
  });
  node.setAttribute("aria-expanded", false);
  return node;
}
