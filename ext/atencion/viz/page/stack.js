// Los datos de la figura: del modelo sincronizado a matrices de números.
//
// Contrato entre Python y JavaScript (la misma tabla está en heatmap.py). Los textos viajan como JSON en
// ASCII, con «<» escrito \u003c: ningún token puede cerrar el <script> que guarda el estado de una página.
//
//     rasgo         tipo en JS          significado
//     title         texto JSON: string  título; vacío si no hay
//     query_tokens  texto JSON: [s]     etiquetas de las filas (consultas)
//     key_tokens    texto JSON: [s]     etiquetas de las columnas (claves)
//     axes          texto JSON: [s]     nombres de los ejes delanteros, de fuera adentro
//     labels        texto JSON: [[s]]   nombres dentro de cada eje delantero; lista vacía: se numeran
//     shape         [n]                 (…ejes delanteros, n_query, n_key)
//     kinds         [s]                 "weights" o "scores", una por posición del primer eje delantero
//     domains       [[n, n]]            extremos de la escala de color, en paralelo con kinds
//     bits          n                   8 o 16, anchura de cada código
//     ranges        [[n, n]]            (low, high) de cada matriz, en orden C
//     data          bytes               códigos, little endian; el mayor (2**bits - 1) es «enmascarada»
//     progressive   bool                las filas aparecen de una en una
//     index         [n]  ⇄              posición en cada eje delantero
//     row           n    ⇄              última fila dibujada, si progressive

const DRAWN_CELLS = 128; // hasta aquí cada celda se dibuja y se lee una a una
const DRAWN_BLOCKS = 64; // por encima, la matriz se resume en bloques: a lo sumo 64 por eje

/** Función que lee el código número `i`; los bytes pueden no estar alineados. */
function codeReader(data, bits) {
  const view = ArrayBuffer.isView(data)
    ? new DataView(data.buffer, data.byteOffset, data.byteLength)
    : new DataView(data);
  return bits === 16 ? (i) => view.getUint16(2 * i, true) : (i) => view.getUint8(i);
}

/** Lee el modelo; `map(index)` decodifica una matriz, con NaN en las celdas enmascaradas. */
export function readStack(model) {
  const text = (name) => JSON.parse(model.get(name));
  const shape = model.get("shape");
  const [rows, columns] = shape.slice(-2);
  const bits = model.get("bits");
  const codeAt = codeReader(model.get("data"), bits);
  const hidden = 2 ** bits - 1;
  const stack = {
    title: text("title"),
    queries: text("query_tokens"),
    keys: text("key_tokens"),
    axes: text("axes"),
    labels: text("labels"),
    leading: shape.slice(0, -2),
    rows,
    columns,
    bits,
    signed: model.get("kinds").includes("scores"),
    progressive: model.get("progressive"),
  };

  stack.map = (index) => {
    const number = index.reduce((total, i, axis) => total * stack.leading[axis] + i, 0);
    const [low, high] = model.get("ranges")[number];
    const first = index.length > 0 ? index[0] : 0;
    const start = number * rows * columns;
    const values = new Float64Array(rows * columns);
    for (let i = 0; i < values.length; i++) {
      const code = codeAt(start + i);
      const share = code / (hidden - 1);
      values[i] = code === hidden ? NaN : low * (1 - share) + high * share;
    }
    const kind = model.get("kinds")[first];
    const domain = model.get("domains")[first];
    const masked = values.some(Number.isNaN);
    return { values, rows, columns, kind, domain, masked, step: (high - low) / (hidden - 1) };
  };
  return stack;
}

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

/** La columna de mayor valor de una fila, o -1 si la fila entera está enmascarada. */
export function strongest(map, row) {
  let best = -1;
  for (let j = 0; j < map.columns; j++) {
    const value = map.values[row * map.columns + j];
    if (!Number.isNaN(value) && (best < 0 || value > map.values[row * map.columns + best])) best = j;
  }
  return best;
}
