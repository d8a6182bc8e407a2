// Trozos de una matriz, y la matriz a otra escala: para acercarse y para las miniaturas.

/** Las celdas de una ventana { row, column, rows, columns }, como matriz. */
export function cropMap(map, { row, column, rows, columns }) {
  const values = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    const start = (row + i) * map.columns + column;
    values.set(map.values.subarray(start, start + columns), i * columns);
  }
  const queries = map.queries.slice(row, row + rows);
  const keys = map.keys.slice(column, column + columns);
  const first = { row: map.first.row + row, column: map.first.column + column };
  return { ...map, values, rows, columns, queries, keys, first };
}

/** La ventana de `side` celdas de lado, o toda la matriz si no llega, con una celda en su centro o cerca. */
export function regionAround(map, { row, column }, side) {
  const rows = Math.min(side, map.rows);
  const columns = Math.min(side, map.columns);
  const start = (center, size, total) => Math.min(Math.max(center - Math.floor(size / 2), 0), total - size);
  return { row: start(row, rows, map.rows), column: start(column, columns, map.columns), rows, columns };
}

/** La misma ventana, desplazada lo justo para que contenga una celda. */
export function regionTo(region, { row, column }) {
  const start = (at, from, size) => Math.min(Math.max(from, at - size + 1), at);
  return {
    ...region,
    row: start(row, region.row, region.rows),
    column: start(column, region.column, region.columns),
  };
}

/** Las celdas `from[p]`…`to[p]` - 1 que toca cada uno de `points` puntos; al ampliar, solo la de su centro. */
function reach(cells, points) {
  const from = new Int32Array(points);
  const to = new Int32Array(points);
  for (let p = 0; p < points; p++) {
    from[p] = Math.floor(((points < cells ? p : p + 0.5) * cells) / points);
    to[p] = points < cells ? Math.ceil(((p + 1) * cells) / points) : from[p] + 1;
  }
  return { from, to };
}

/** La matriz en `width` × `height` puntos: cada uno vale lo que la celda más fuerte de las que toca. */
export function resample({ values, rows, columns }, width, height) {
  const down = reach(rows, height);
  const across = reach(columns, width);
  const points = new Float64Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let best = NaN;
      let most = -1;
      for (let i = down.from[y]; i < down.to[y]; i++) {
        for (let k = i * columns + across.from[x]; k < i * columns + across.to[x]; k++) {
          const size = Math.abs(values[k]);
          if (size > most) {
            best = values[k];
            most = size;
          }
        }
      }
      points[y * width + x] = best;
    }
  }
  return points;
}
