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

/** Botón que muestra u oculta un panel; Escape lo cierra. `onToggle` recibe si queda abierto. */
export function disclosure(text, panel, onToggle = () => {}) {
  const show = (open) => {
    panel.hidden = !open;
    node.setAttribute("aria-expanded", open);
    onToggle(open);
  };
  const node = button(text, () => show(panel.hidden));
  panel.hidden = true;
  node.setAttribute("aria-expanded", false);
  for (const part of [node, panel]) {
    part.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || panel.hidden) return;
      event.stopPropagation();
      show(false);
      node.focus();
    });
  }
  return node;
}
