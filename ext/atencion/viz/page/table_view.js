// La vista de tabla: todos los números, para lectores de pantalla, para copiar y para comprobar.

import { element } from "./dom.js";
import { summarise } from "./matrix.js";
import { buildTable } from "./table.js";

/** Construye la vista de tabla (véase views.js). */
export function tableView(figure) {
  const node = element("div", "am-table");
  node.tabIndex = 0;
  node.setAttribute("role", "region");
  node.setAttribute("aria-label", `Tabla: ${figure.ui.title}`);

  function paint() {
    const { map, lastRow } = figure;
    const title = [figure.ui.title, figure.place].filter(Boolean).join(", ");
    node.replaceChildren(buildTable(map, { title, summary: summarise(map).large, lastRow }));
  }

  return { node, layOut: paint, paint, mark() {}, sentence: () => [], legend: () => [] };
}
