// Tensores pequeños de números: { shape, values }, contiguos por filas. En JSON viajan como listas anidadas.

/** De listas anidadas a tensor; falla si no son números o si sus filas no miden lo mismo. */
export function toTensor(nested) {
  const shape = [];
  for (let part = nested; Array.isArray(part); part = part[0]) shape.push(part.length);
  const values = Float32Array.from(nested.flat(Infinity));
  const regular = (part, axis) =>
    axis === shape.length
      ? Number.isFinite(part)
      : Array.isArray(part) && part.length === shape[axis] && part.every((inner) => regular(inner, axis + 1));
  if (values.length === 0 || !regular(nested, 0)) throw new Error("se esperaban listas de números, todas iguales");
  return { shape, values };
}

/** El número más corto que da el mismo float32: 0,1 y no 0,10000000149. */
export function shortest(value) {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return Number(value.toPrecision(9));
}

/** De tensor a listas anidadas. */
export function toLists({ shape, values }) {
  if (shape.length === 1) return Array.from(values, shortest);
  const size = values.length / shape[0];
  return Array.from({ length: shape[0] }, (_, i) =>
    toLists({ shape: shape.slice(1), values: values.subarray(i * size, (i + 1) * size) }),
  );
}

export function sameTensor(one, other) {
  return one.values.length === other.values.length && one.values.every((value, i) => value === other.values[i]);
}

/** Matriz traspuesta, como lista plana. */
export function transposed(values, rows, columns) {
  return values.map((_, at) => values[(at % rows) * columns + Math.floor(at / rows)]);
}

/** Las matrices de un tensor: una sola o, con tres ejes, una por posición del primero. */
export function matricesOf({ shape, values }) {
  const [rows, columns] = shape.length === 1 ? [1, shape[0]] : shape.slice(-2);
  const count = values.length / (rows * columns);
  return Array.from({ length: count }, (_, i) => ({ rows, columns, start: i * rows * columns }));
}

/** Cambia el número de filas de un tensor de dos o tres ejes: las nuevas son ceros. */
export function withRows(tensor, rows) {
  const [columns] = tensor.shape.slice(-1);
  const parts = matricesOf(tensor);
  const values = new Float32Array(parts.length * rows * columns);
  parts.forEach((part, i) => {
    const kept = Math.min(rows, part.rows) * columns;
    values.set(tensor.values.subarray(part.start, part.start + kept), i * rows * columns);
  });
  return { shape: [...tensor.shape.slice(0, -2), rows, columns], values };
}
