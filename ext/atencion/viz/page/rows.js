// Matrices por filas en un Float32Array: unir, partir y buscar el mayor.

/** Une vectores, uno detrás de otro. */
export function concatenate(...parts) {
  const joined = new Float32Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Une matrices de `rows` filas por sus columnas: [a ; b] en cada fila. */
export function joinColumns(rows, ...parts) {
  const line = (part, i) => part.subarray((i * part.length) / rows, ((i + 1) * part.length) / rows);
  return concatenate(...Array.from({ length: rows }, (_, i) => parts.map((part) => line(part, i))).flat());
}

/** De (rows, heads · width) a (heads, rows, width), o al revés cambiando `rows` por `heads`. */
export function swapRows(matrix, rows, heads) {
  const width = matrix.length / (rows * heads);
  const swapped = new Float32Array(matrix.length);
  for (let i = 0; i < rows; i++) {
    for (let h = 0; h < heads; h++) {
      const from = (i * heads + h) * width;
      swapped.set(matrix.subarray(from, from + width), (h * rows + i) * width);
    }
  }
  return swapped;
}

export function add(a, b) {
  return a.map((value, i) => value + b[i]);
}

/** El mayor de cada pareja de componentes seguidas: la capa maxout. */
export function maxOfPairs(vector) {
  return Float32Array.from({ length: vector.length / 2 }, (_, k) => Math.max(vector[2 * k], vector[2 * k + 1]));
}

/** Posición del mayor valor; si empatan varios, la primera. */
export function argmax(vector) {
  return vector.reduce((best, value, i) => (value > vector[best] ? i : best), 0);
}

/** Las probabilidades de unas puntuaciones. */
export function softmax(scores) {
  const largest = scores.reduce((most, score) => Math.max(most, score), -Infinity);
  const shares = scores.map((score) => Math.exp(score - largest));
  const total = shares.reduce((sum, share) => sum + share, 0);
  return shares.map((share) => share / total);
}
