// Modelos y matrices de ejemplo para las pruebas de los módulos.

export const spoken = (parts) => parts.map((part) => (typeof part === "string" ? part : `«${part.token}»`)).join("");

export function fakeModel(traits) {
  const text = ["title", "query_tokens", "key_tokens", "axes", "labels", "source"];
  const state = {
    title: "",
    query_tokens: ["casa", "azul"],
    key_tokens: ["the", "white", "house"],
    axes: [],
    labels: [],
    shape: [2, 3],
    kinds: ["weights"],
    domains: [[0, 1]],
    blocks: [1, 1],
    bits: 8,
    ranges: [[0, 1]],
    data: new Uint8Array([0, 127, 254, 255, 10, 20]),
    progressive: false,
    source: null,
    views: ["map", "table"],
    ...traits,
  };
  return { get: (name) => (text.includes(name) ? JSON.stringify(state[name]) : state[name]) };
}

export const matrix = (rows, kind = "weights") => {
  const values = Float64Array.from(rows.flat());
  return { values, rows: rows.length, columns: rows[0].length, kind, step: 1e-4, block: { rows: 1, columns: 1 } };
};

export const square = (rows, kind) => {
  const size = { rows: rows.length, columns: rows[0].length };
  const name = (count, letter) => Array.from({ length: count }, (_, i) => `${letter}${i}`);
  const tokens = { queries: name(size.rows, "q"), keys: name(size.columns, "k"), first: { row: 0, column: 0 } };
  return { ...matrix(rows, kind), ...tokens, size, domain: [0, 1] };
};
