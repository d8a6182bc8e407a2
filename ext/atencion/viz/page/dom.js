// Los nodos de la figura, vacíos y en orden de lectura. Todo texto entra como texto, nunca como HTML.

export function element(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

export function svgNode(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export function button(text, onClick) {
  const node = element("button", "am-button", text);
  node.type = "button";
  node.addEventListener("click", onClick);
  return node;
}

/** Un lienzo del tamaño dado en píxeles CSS, a la resolución de la pantalla. Devuelve { pen, dpr }. */
export function sizeCanvas(canvas, width, height) {
  const dpr = Math.min(window.devicePixelRatio || 1, 3);
  canvas.width = Math.round(width * dpr);
  canvas.height = Math.round(height * dpr);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  return { pen: canvas.getContext("2d"), dpr };
}

/** Un elemento que se recorre con el teclado sin que el cuaderno se quede con las teclas. */
export function makeInteractive(node, roleDescription, label) {
  node.tabIndex = 0;
  node.setAttribute("role", "application");
  node.setAttribute("aria-roledescription", roleDescription);
  node.setAttribute("aria-label", label);
  node.dataset.lmSuppressShortcuts = "true"; // JupyterLab: las flechas son de la figura
}

/** Construye la figura, con el sitio de la vista vacío, y devuelve sus partes por nombre. */
export function buildFigure(title) {
  const ui = { title };
  ui.tools = element("span", "am-tools");
  ui.head = element("figcaption", "am-head", element("span", "am-title", title), ui.tools);
  ui.controls = element("div", "am-controls");
  ui.panels = element("div", "am-panels");
  ui.status = element("p", "am-status");
  ui.status.setAttribute("role", "status");
  ui.view = element("div", "am-view");
  ui.reading = element("p", "am-reading");
  ui.reading.setAttribute("aria-live", "polite");
  ui.spread = element("p", "am-spread");
  ui.legend = element("div", "am-legend");
  const blocks = [ui.head, ui.status, ui.controls, ui.panels, ui.view, ui.reading, ui.spread, ui.legend];
  ui.figure = element("figure", "atencion-map", ...blocks);
  return ui;
}
