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
//     blocks        [n, n]              consultas y claves que resume cada código (el valor más fuerte); [1, 1]: una
//     bits          n                   8 o 16, anchura de cada código
//     ranges        [[n, n]]            (low, high) de cada matriz, en orden C
//     data          bytes               códigos, little endian; el mayor (2**bits - 1) es «enmascarada»
//     progressive   bool                las filas aparecen de una en una
//     source        texto JSON: {}      lo que la página recalcula (véase live.js); null si nada
//     views         [s]                 vistas que se ofrecen, en orden (véase views.js)
//     view          s    ⇄              la que se muestra
//     index         [n]  ⇄              posición en cada eje delantero
//     row           n    ⇄              última fila dibujada, si progressive
//     pair          [[n]] ⇄             las dos posiciones que se comparan, A y B; vacía si no hay dos de una clase
//     positions     [[n, n]]            sitio (x, y) de cada nodo del grafo; vacío: se calcula

/** Los códigos, de bytes que pueden no estar alineados. */
function readCodes(data, bits) {
  const view = ArrayBuffer.isView(data)
    ? new DataView(data.buffer, data.byteOffset, data.byteLength)
    : new DataView(data);
  if (bits === 8) return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  return Uint16Array.from({ length: view.byteLength / 2 }, (_, i) => view.getUint16(2 * i, true));
}

/** Las etiquetas de un eje: sus tokens o, si cada valor resume varios, sus posiciones: «1–5», «6–10»… */
function axisLabels(tokens, span) {
  if (span === 1) return tokens;
  return Array.from({ length: Math.ceil(tokens.length / span) }, (_, i) => {
    return `${i * span + 1}–${Math.min((i + 1) * span, tokens.length)}`;
  });
}

/** Las posiciones de los ejes delanteros, en orden C: [[0, 0], [0, 1], …]. Una matriz suelta tiene una: []. */
function allPositions(leading) {
  const extend = (count) => (index) => Array.from({ length: count }, (_, i) => [...index, i]);
  return leading.reduce((done, count) => done.flatMap(extend(count)), [[]]);
}

/**
 * Lee el modelo; `map(index)` decodifica una matriz (véase matrix.js). `step` es el paso de la cuantización; si es
 * de 8 bits, `approximate`. La misma posición da siempre el mismo objeto.
 */
export function readStack(model) {
  const text = (name) => JSON.parse(model.get(name));
  const shape = model.get("shape");
  const [rowSpan, columnSpan] = model.get("blocks");
  const queries = axisLabels(text("query_tokens"), rowSpan);
  const keys = axisLabels(text("key_tokens"), columnSpan);
  const [rows, columns] = [queries.length, keys.length];
  const bits = model.get("bits");
  const codes = readCodes(model.get("data"), bits);
  const hidden = 2 ** bits - 1;
  const stack = {
    title: text("title"),
    queries,
    keys,
    axes: text("axes"),
    labels: text("labels"),
    leading: shape.slice(0, -2),
    positions: allPositions(shape.slice(0, -2)),
    size: { rows: shape.at(-2), columns: shape.at(-1) },
    rows,
    columns,
    kindAt: (index) => model.get("kinds")[index[0] ?? 0],
    signed: model.get("kinds").includes("scores"),
    progressive: model.get("progressive"),
    views: model.get("views"),
    source: text("source"),
    places: model.get("positions"),
  };

  /** El número de una matriz, en orden C. */
  stack.numberOf = (index) => index.reduce((total, i, axis) => total * stack.leading[axis] + i, 0);

  function decode(number, index) {
    const [low, high] = model.get("ranges")[number];
    const start = number * rows * columns;
    const values = new Float64Array(rows * columns);
    for (let i = 0; i < values.length; i++) {
      const code = codes[start + i];
      const share = code / (hidden - 1);
      values[i] = code === hidden ? NaN : low * (1 - share) + high * share;
    }
    return {
      values,
      rows,
      columns,
      queries,
      keys,
      kind: stack.kindAt(index),
      domain: model.get("domains")[index[0] ?? 0],
      step: (high - low) / (hidden - 1),
      approximate: bits === 8,
      block: { rows: rowSpan, columns: columnSpan },
      first: { row: 0, column: 0 },
      size: stack.size,
    };
  }

  const decoded = [];
  stack.map = (index) => {
    const number = stack.numberOf(index);
    decoded[number] ??= decode(number, index);
    return decoded[number];
  };
  return stack;
}
