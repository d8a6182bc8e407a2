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
//     source        texto JSON: {}      lo que la página recalcula (véase live.js); null si nada
//     views         [s]                 vistas que se ofrecen, en orden (véase views.js)
//     view          s    ⇄              la que se muestra
//     index         [n]  ⇄              posición en cada eje delantero
//     row           n    ⇄              última fila dibujada, si progressive

/** Función que lee el código número `i`; los bytes pueden no estar alineados. */
function codeReader(data, bits) {
  const view = ArrayBuffer.isView(data)
    ? new DataView(data.buffer, data.byteOffset, data.byteLength)
    : new DataView(data);
  return bits === 16 ? (i) => view.getUint16(2 * i, true) : (i) => view.getUint8(i);
}

/**
 * Lee el modelo; `map(index)` decodifica una matriz: { values, rows, columns, queries, keys, kind, domain, step, approximate },
 * con NaN en las celdas enmascaradas. `step` es el paso de la cuantización; si es de 8 bits, `approximate`.
 */
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
    signed: model.get("kinds").includes("scores"),
    progressive: model.get("progressive"),
    views: model.get("views"),
    source: text("source"),
  };

  /** El número de una matriz, en orden C. */
  stack.numberOf = (index) => index.reduce((total, i, axis) => total * stack.leading[axis] + i, 0);

  stack.map = (index) => {
    const number = stack.numberOf(index);
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
    const { queries, keys } = stack;
    const step = (high - low) / (hidden - 1);
    return { values, rows, columns, queries, keys, kind, domain, step, approximate: bits === 8 };
  };
  return stack;
}
