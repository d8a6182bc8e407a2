// La geometría de la vista de líneas, en píxeles CSS: solo cuentas, sin DOM.

import { stepInList } from "./selection.js";

const TOP = 30; // encima van «consultas» y «claves»
const WIDEST = 620;
const HEADING = 112; // lo que ocupa «consultas query»
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** Dos columnas centradas; `queryLabel` y `keyLabel` son el ancho de la etiqueta más larga de cada una. */
export function planLines({ width, rows, columns, queryLabel, keyLabel, coarse }) {
  const most = Math.max(rows, columns);
  const pitch = Math.max(most <= 12 ? 34 : most <= 24 ? 26 : 18, coarse ? 24 : 0);
  const total = Math.min(width, WIDEST);
  const numbers = 40; // a los lados, los pesos de lo elegido
  const widest = Math.max(24, total * 0.3 - numbers / 2);
  const left = Math.max(numbers + clamp(queryLabel, 24, widest) + 10, HEADING);
  const right = total - numbers - clamp(keyLabel, 24, widest) - 10;
  const tall = most * pitch;
  return {
    width: total,
    height: TOP + tall + 4,
    left,
    right,
    pitch,
    rows,
    columns,
    labelWidth: widest,
    font: pitch >= 24 ? 14 : 12,
    queryTop: TOP + (tall - rows * pitch) / 2,
    keyTop: TOP + (tall - columns * pitch) / 2,
  };
}

export function queryY(plan, row) {
  return plan.queryTop + (row + 0.5) * plan.pitch;
}

export function keyY(plan, column) {
  return plan.keyTop + (column + 0.5) * plan.pitch;
}

/** El trazado que une una consulta con una clave. */
export function linePath(plan, row, column) {
  const [from, to] = [queryY(plan, row), keyY(plan, column)].map((y) => y.toFixed(1));
  const middle = ((plan.left + plan.right) / 2).toFixed(1);
  return `M${plan.left.toFixed(1)} ${from}C${middle} ${from} ${middle} ${to} ${plan.right.toFixed(1)} ${to}`;
}

/** Lo que hay bajo un punto: { row }, { column } o null. Entre las columnas no hay nada que señalar. */
export function sideAt(plan, x, y, lastRow) {
  const reach = (plan.right - plan.left) / 4;
  const inside = (i, count) => i >= 0 && i < count;
  const row = Math.floor((y - plan.queryTop) / plan.pitch);
  const column = Math.floor((y - plan.keyTop) / plan.pitch);
  if (x <= plan.left + reach) return inside(row, lastRow + 1) ? { row } : null;
  if (x >= plan.right - reach) return inside(column, plan.columns) ? { column } : null;
  return null;
}

/** Adónde lleva una tecla: arriba y abajo por una columna, izquierda y derecha de una a otra; o null. */
export function moveSide(cell, key, rows, columns) {
  const onKeys = cell.whole === "column";
  if (key === "ArrowLeft") return { row: cell.row };
  if (key === "ArrowRight") return { column: cell.column };
  const at = stepInList(onKeys ? cell.column : cell.row, key, onKeys ? columns : rows, ["ArrowUp"], ["ArrowDown"]);
  if (at === null) return null;
  return onKeys ? { column: at } : { row: at };
}
