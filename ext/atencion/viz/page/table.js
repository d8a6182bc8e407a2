// La misma matriz como tabla HTML: para lectores de pantalla, para copiar y para leer todos los números.

import { element } from "./dom.js";
import { decimalsFor, formatNumber, visible } from "./reading.js";

const TOP_KEYS = 5; // de una matriz resumida, las claves con más valor de cada consulta

function heading(text, scope) {
  const node = element("th", "", text);
  node.scope = scope;
  return node;
}

function cellText(map, value) {
  return Number.isNaN(value) ? "enmascarada" : formatNumber(value, decimalsFor(map.step));
}

/** Tabla completa: una fila por consulta, una columna por clave. */
function fullRows(map, lastRow) {
  const head = element("tr", "", heading("consulta ↓ clave →", "col"));
  head.append(...map.keys.map((key) => heading(visible(key), "col")));
  const body = map.queries.slice(0, lastRow + 1).map((query, i) => {
    const values = map.values.subarray(i * map.columns, (i + 1) * map.columns);
    const cells = Array.from(values, (value) => {
      return element("td", Number.isNaN(value) ? "am-masked" : "", cellText(map, value));
    });
    return element("tr", "", heading(visible(query), "row"), ...cells);
  });
  return [head, body];
}

/** Tabla resumida: de cada consulta, sus claves con el valor más alto. */
function topRows(map, lastRow) {
  const head = element("tr", "", heading("consulta ↓", "col"));
  for (let rank = 1; rank <= TOP_KEYS; rank++) head.append(heading(`${rank}.ª clave`, "col"));
  const body = map.queries.slice(0, lastRow + 1).map((query, i) => {
    const values = map.values.subarray(i * map.columns, (i + 1) * map.columns);
    const order = Array.from(values.keys()).filter((j) => !Number.isNaN(values[j]));
    const best = order.sort((a, b) => values[b] - values[a] || a - b).slice(0, TOP_KEYS);
    const cells = best.map((j) => element("td", "", `${visible(map.keys[j])} ${cellText(map, values[j])}`));
    return element("tr", "", heading(visible(query), "row"), ...cells);
  });
  return [head, body];
}

/** Construye la tabla de una matriz hasta la fila `lastRow`; `summary` pide solo las claves más altas. */
export function buildTable(map, { title, summary, lastRow }) {
  const [head, body] = summary ? topRows(map, lastRow) : fullRows(map, lastRow);
  const notes = [`${title} (${map.kind === "weights" ? "pesos" : "puntuaciones"}).`];
  const { rows, columns } = map.block;
  if (rows * columns > 1) notes.push(`Cada valor es el más fuerte de ${rows} × ${columns} celdas.`);
  if (summary) notes.push(`Las ${TOP_KEYS} claves con el valor más alto de cada consulta.`);
  if (decimalsFor(map.step) < 2 || map.approximate) {
    notes.push(`Valores aproximados: error de ${formatNumber(map.step / 2, 3)} como mucho.`);
  }
  const table = element("table", "", element("caption", "", notes.join(" ")));
  table.append(element("thead", "", head), element("tbody", "", ...body));
  return table;
}
