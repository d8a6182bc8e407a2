// Cuentas sobre una matriz de la figura: { values, rows, columns, queries, keys, kind, domain, step, block, first }.
// NaN en `values` es una celda enmascarada. `block` dice cuántas consultas y claves resume cada valor que llega de
// Python, y `first`, dónde empieza en la matriz entera. Una matriz no cambia: lo que se calcula de ella se guarda.

const DRAWN_CELLS = 128; // hasta aquí cada celda se dibuja y se lee una a una
const DRAWN_BLOCKS = 64; // por encima, la matriz se resume en bloques: a lo sumo 64 por eje

/** Una cuenta que se hace una sola vez con cada matriz. */
function once(compute) {
  const known = new WeakMap();
  return (map) => {
    if (!known.has(map)) known.set(map, compute(map));
    return known.get(map);
  };
}

/** Resume una matriz grande: cada bloque vale lo que su celda más fuerte. Una pequeña queda como está. */
export const summarise = once((map) => {
  const large = map.rows > DRAWN_CELLS || map.columns > DRAWN_CELLS;
  const rowSpan = large ? Math.ceil(map.rows / DRAWN_BLOCKS) : 1;
  const columnSpan = large ? Math.ceil(map.columns / DRAWN_BLOCKS) : 1;
  const rows = Math.ceil(map.rows / rowSpan);
  const columns = Math.ceil(map.columns / columnSpan);
  const peak = new Int32Array(rows * columns).fill(-1); // la celda más fuerte de cada bloque; -1: ninguna
  for (let i = 0; i < map.rows; i++) {
    for (let j = 0; j < map.columns; j++) {
      const cell = i * map.columns + j;
      if (Number.isNaN(map.values[cell])) continue;
      const block = Math.floor(i / rowSpan) * columns + Math.floor(j / columnSpan);
      const best = peak[block];
      if (best < 0 || Math.abs(map.values[cell]) > Math.abs(map.values[best])) peak[block] = cell;
    }
  }
  const values = Float64Array.from(peak, (cell) => (cell < 0 ? NaN : map.values[cell]));
  return { rows, columns, rowSpan, columnSpan, peak, values, large };
});

/** La diferencia b − a, en la escala con signo; enmascarada donde lo esté una de las dos. */
export function difference(a, b) {
  const values = b.values.map((value, i) => value - a.values[i]);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value) || 0), 0) || 1;
  return { ...b, values, kind: "scores", domain: [-largest, largest], step: a.step + b.step };
}

/** El menor y el mayor valor sin enmascarar, o null si no hay ninguno. */
export function extremes(map) {
  const seen = map.values.filter((value) => !Number.isNaN(value));
  if (seen.length === 0) return null;
  return seen.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);
}

/** ¿Hay alguna celda enmascarada? */
export const hasMasked = once(({ values }) => {
  for (let i = 0; i < values.length; i++) if (Number.isNaN(values[i])) return true;
  return false;
});

/** Los valores de una fila, sin copiar. */
export function rowOf(map, row) {
  return map.values.subarray(row * map.columns, (row + 1) * map.columns);
}

/** La columna de mayor valor de una fila, o -1 si la fila entera está enmascarada. */
export function strongest(map, row) {
  let best = -1;
  for (let j = 0; j < map.columns; j++) {
    const value = map.values[row * map.columns + j];
    if (!Number.isNaN(value) && (best < 0 || value > map.values[row * map.columns + best])) best = j;
  }
  return best;
}

/** La consulta de las filas 0…lastRow que más atiende a una clave, o -1 si ninguna puede. */
export function strongestQuery(map, column, lastRow) {
  let best = -1;
  for (let i = 0; i <= lastRow; i++) {
    const value = map.values[i * map.columns + column];
    if (!Number.isNaN(value) && (best < 0 || value > map.values[best * map.columns + column])) best = i;
  }
  return best;
}

/** El mayor valor absoluto de una lista, sin las enmascaradas; 0 si no hay ninguno. */
export function peakOf(values) {
  return values.reduce((most, value) => (Math.abs(value) > most ? Math.abs(value) : most), 0);
}

/** Cuánto suma una fila, sin las enmascaradas. */
function total(values) {
  return values.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : value), 0);
}

/** ¿Reparte cada fila de pesos un total de 1, salvo las enmascaradas enteras? La tolerancia cubre la cuantización. */
export const isDistribution = once((map) => {
  if (map.kind !== "weights" || map.block.rows * map.block.columns > 1) return false;
  const tolerance = 0.01 + (map.step * map.columns) / 2;
  for (let row = 0; row < map.rows; row++) {
    const values = rowOf(map, row);
    if (!values.every(Number.isNaN) && Math.abs(total(values) - 1) > tolerance) return false;
  }
  return true;
});

function entropy(values) {
  const sum = total(values);
  let bits = 0;
  let visible = 0;
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    visible += 1;
    if (value > 0) bits -= (value / sum) * Math.log2(value / sum);
  }
  return { bits: Math.max(0, bits), most: visible > 0 ? Math.log2(visible) : 0 };
}

const entropies = once((map) => Array.from({ length: map.rows }, (_, row) => entropy(rowOf(map, row))));

/** Entropía en bits de una fila de pesos, y la mayor posible: log2 de las claves que puede ver. */
export function entropyOf(map, row) {
  return entropies(map)[row];
}

/** Media de `entropyOf` en las filas 0…lastRow que no están enmascaradas enteras. */
export function meanEntropy(map, lastRow) {
  const seen = entropies(map).slice(0, lastRow + 1).filter((_, row) => !rowOf(map, row).every(Number.isNaN));
  const mean = (name) => seen.reduce((sum, spread) => sum + spread[name], 0) / (seen.length || 1);
  return { bits: mean("bits"), most: mean("most") };
}

/** Peso medio que recibe cada clave de las filas 0…lastRow; NaN si ninguna puede atenderla. */
export function meanByKey(map, lastRow) {
  const means = new Float64Array(map.columns).fill(NaN);
  for (let row = 0; row <= lastRow; row++) {
    rowOf(map, row).forEach((value, column) => {
      if (Number.isNaN(value)) return;
      means[column] = (Number.isNaN(means[column]) ? 0 : means[column]) + value / (lastRow + 1);
    });
  }
  return means;
}

/** Peso medio de las celdas a `offset` columnas de la diagonal, o 0 si no hay ninguna. */
function meanAlong(map, offset) {
  let [sum, count] = [0, 0];
  for (let row = Math.max(0, -offset); row < map.rows && row + offset < map.columns; row++) {
    sum += map.values[row * map.columns + row + offset] || 0;
    count += 1;
  }
  return count > 0 ? sum / count : 0;
}

/**
 * Dónde cae la atención de un reparto: { offset, weight } si es a una distancia fija de la consulta (solo cuando una
 * frase se atiende a sí misma), { key, weight } si es a una clave, o null si ninguna recibe el doble que a partes
 * iguales.
 */
export function favourite(map) {
  const found = Array.from(meanByKey(map, map.rows - 1), (weight, key) => ({ key, weight: weight || 0 }));
  const itself = map.rows === map.columns && map.queries.every((token, i) => token === map.keys[i]);
  if (itself) found.push(...[0, -1, 1].map((offset) => ({ offset, weight: meanAlong(map, offset) })));
  const best = found.reduce((most, one) => (one.weight > most.weight ? one : most));
  return best.weight >= 2 / map.columns ? best : null;
}
