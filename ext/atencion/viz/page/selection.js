// Lo elegido en la figura, común a todas las vistas: { row, column, whole }.
// `whole` es "row" si se ha elegido la consulta entera, "column" si la clave entera, y falta si es una celda.

import { strongest, strongestQuery } from "./matrix.js";

/** ¿Es lo mismo lo que eligen `a` y `b` (o null)? */
export function sameCell(a, b) {
  return a?.row === b?.row && a?.column === b?.column && a?.whole === b?.whole;
}

/** Una consulta entera; su celda es la de la clave más fuerte. */
export function wholeRow(map, row) {
  return { row, column: Math.max(0, strongest(map, row)), whole: "row" };
}

/** Una clave entera; su celda es la de la consulta que más la atiende de las filas 0…lastRow. */
export function wholeColumn(map, column, lastRow) {
  return { row: Math.max(0, strongestQuery(map, column, lastRow)), column, whole: "column" };
}

/** Adónde lleva una tecla en una lista de `count` elementos, o null si la tecla no mueve. */
export function stepInList(i, key, count, back, forward) {
  if (back.includes(key)) return Math.max(0, i - 1);
  if (forward.includes(key)) return Math.min(count - 1, i + 1);
  return { Home: 0, End: count - 1 }[key] ?? null;
}

/** Qué se ha fijado: «Celda», «Consulta» o «Clave». */
export function nounOf(cell) {
  return { row: "Consulta", column: "Clave" }[cell.whole] ?? "Celda";
}
