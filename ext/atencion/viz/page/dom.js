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

/** El mapa: etiquetas de filas a la izquierda y, en una caja que se desplaza sola, columnas y celdas. */
function buildPlot(ui, title, stack) {
  ui.rows = svgNode("svg", { class: "am-rows", "aria-hidden": "true" });
  ui.canvas = element("canvas", "am-cells");
  ui.columns = svgNode("g");
  ui.marks = svgNode("g");
  ui.overlay = svgNode("svg", { class: "am-overlay", "aria-hidden": "true" }, ui.columns, ui.marks);
  ui.stage = element("div", "am-stage", ui.canvas, ui.overlay);
  ui.scroller = element("div", "am-scroller", ui.stage);
  ui.plot = element("div", "am-plot", ui.rows, ui.scroller);
  const size = `consultas en filas (${stack.rows}), claves en columnas (${stack.columns})`;
  const help = "Flechas, Inicio y Fin: mover. Intro: fijar la celda. Escape: soltarla.";
  ui.stage.tabIndex = 0;
  ui.stage.setAttribute("role", "application");
  ui.stage.setAttribute("aria-roledescription", "mapa de calor");
  ui.stage.setAttribute("aria-label", `${title}: ${size}. ${help}`);
  ui.stage.dataset.lmSuppressShortcuts = "true"; // JupyterLab: las flechas son de la figura
}

/** Construye la figura entera y devuelve sus partes por nombre. */
export function buildFigure(stack) {
  const title = stack.title || "Mapa de calor de la atención";
  const ui = { title };
  buildPlot(ui, title, stack);
  ui.head = element("figcaption", "am-head", element("span", "am-title", title));
  ui.controls = element("div", "am-controls");
  ui.table = element("div", "am-table");
  ui.table.hidden = true;
  ui.table.tabIndex = 0;
  ui.table.setAttribute("role", "region");
  ui.table.setAttribute("aria-label", `Tabla: ${title}`);
  ui.reading = element("p", "am-reading");
  ui.reading.setAttribute("aria-live", "polite");
  ui.legend = element("div", "am-legend");
  const blocks = [ui.head, ui.controls, ui.plot, ui.table, ui.reading, ui.legend];
  ui.figure = element("figure", "atencion-map", ...blocks);
  return ui;
}
