// Cuentas sobre una matriz de la figura: { values, rows, columns, queries, keys, kind, domain, step }.
// NaN en `values` es una celda enmascarada.

const DRAWN_CELLS = 128; // hasta aquí cada celda se dibuja y se lee una a una
const DRAWN_BLOCKS = 64; // por encima, la matriz se resume en bloques: a lo sumo 64 por eje

/** Resume una matriz grande: cada bloque vale lo que su celda más fuerte. Una pequeña queda como está. */
export function summarise(map) {
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
}

/** ¿Hay alguna celda enmascarada? */
export function hasMasked(map) {
  return map.values.some(Number.isNaN);
}

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

/** Cuánto suma una fila, sin las enmascaradas. */
function total(values) {
  return values.reduce((sum, value) => sum + (Number.isNaN(value) ? 0 : value), 0);
}

/** ¿Reparte cada fila de pesos un total de 1? Las filas vacías suman 0. La tolerancia cubre la cuantización. */
export function isDistribution(map) {
  if (map.kind !== "weights") return false;
  const tolerance = 0.01 + (map.step * map.columns) / 2;
  for (let row = 0; row < map.rows; row++) {
    const sum = total(rowOf(map, row));
    if (sum > tolerance && Math.abs(sum - 1) > tolerance) return false;
  }
  return true;
}

/** Entropía en bits de una fila de pesos, y la mayor posible: log2 de las claves que puede ver. */
export function entropyOf(map, row) {
  const values = rowOf(map, row);
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

/** Media de `entropyOf` en las filas 0…lastRow. */
export function meanEntropy(map, lastRow) {
  const mean = { bits: 0, most: 0 };
  for (let row = 0; row <= lastRow; row++) {
    const { bits, most } = entropyOf(map, row);
    mean.bits += bits / (lastRow + 1);
    mean.most += most / (lastRow + 1);
  }
  return mean;
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
