// Frases que ordenan pesos: a quién atiende sobre todo una consulta, y quién atiende a una clave.

import { rowOf } from "./matrix.js";
import { decimalsFor, formatNumber, nameToken } from "./reading.js";

const NAMED = 3; // cuántos nombra una frase

/** Las posiciones de los valores, de mayor a menor, sin las enmascaradas. */
export function ranked(values) {
  const seen = Array.from(values.keys()).filter((i) => !Number.isNaN(values[i]));
  return seen.sort((a, b) => values[b] - values[a] || a - b);
}

/** Los valores de una columna de las filas 0…lastRow. */
export function columnOf(map, column, lastRow) {
  return Float64Array.from({ length: lastRow + 1 }, (_, i) => map.values[i * map.columns + column]);
}

/** «a» (0,50), «b» (0,30) y «c» (0,20) */
function list(map, tokens, values, order) {
  return order.flatMap((i, rank) => {
    const joint = rank === 0 ? "" : rank === order.length - 1 ? " y " : ", ";
    return [joint, ...nameToken(tokens, i), ` (${formatNumber(values[i], decimalsFor(map.step))})`];
  });
}

/** Lee una consulta entera: «casa» atiende sobre todo a «white» (0,71), «river» (0,20) y «house» (0,09). */
export function readAttended(map, row) {
  const query = nameToken(map.queries, row);
  const values = rowOf(map, row);
  const order = ranked(values);
  if (order.length === 0) return [...query, " no atiende a ninguna clave: fila enmascarada."];
  const verb = order.length > NAMED ? " atiende sobre todo a " : " atiende a ";
  return [...query, verb, ...list(map, map.keys, values, order.slice(0, NAMED)), "."];
}

/** Lee una clave entera: A «white» la atienden sobre todo «casa» (0,71), «río» (0,30) y «el» (0,20). */
export function readAttending(map, column, lastRow) {
  const key = nameToken(map.keys, column);
  const values = columnOf(map, column, lastRow);
  const order = ranked(values);
  if (order.length === 0) return ["Ninguna consulta puede atender a ", ...key, ": columna enmascarada."];
  const verb = order.length === 1 ? " la atiende " : " la atienden ";
  const most = order.length > NAMED ? "sobre todo " : "";
  return ["A ", ...key, verb, most, ...list(map, map.queries, values, order.slice(0, NAMED)), "."];
}

/** Lee la media de una clave: «river» recibe de media 0,31. */
export function readMean(map, column, mean) {
  const key = nameToken(map.keys, column);
  if (Number.isNaN(mean)) return ["Ninguna consulta puede atender a ", ...key, ": columna enmascarada."];
  const verb = map.kind === "weights" ? " recibe de media " : " puntúa de media ";
  return [...key, verb, `${formatNumber(mean, decimalsFor(map.step))}.`];
}
