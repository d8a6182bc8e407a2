// Las capas de un modelo de torch, por el nombre de sus parámetros. Calcula el núcleo; aquí solo hay nombres y
// tamaños. Toda matriz va por filas, y el número de filas sale de su longitud.

import { readRow } from "./weights.js";
import { add, concatenate, swapRows } from "./rows.js";

/** Las capas de un modelo sobre `core`, con los parámetros que da readWeights. */
export function createNetwork(core, weights) {
  const residents = new Map();

  function parameter(name) {
    const found = weights.get(name);
    if (!found) throw new Error(`Al modelo le falta el parámetro «${name}».`);
    return found;
  }

  /** Un parámetro ya en la memoria del núcleo; se copia la primera vez que se pide. */
  function resident(name) {
    if (!residents.has(name)) {
      const found = parameter(name);
      residents.set(name, found.values ? core.keep(found.values) : core.keepQuantised(found));
    }
    return residents.get(name);
  }

  /** Las filas `ids` de un parámetro, contadas como si todas sus dimensiones menos la última fueran una. */
  function rowsOf(name, ids) {
    const table = parameter(name);
    return concatenate(...Array.from(ids, (id) => readRow(table, id)));
  }

  /** Las filas `ids` de una tabla de embeddings. */
  function embed(prefix, ids) {
    return rowsOf(`${prefix}.weight`, ids);
  }

  function affine(weight, bias, input) {
    const { rows: outputs, columns: inputs } = parameter(weight);
    const shift = weights.has(bias) ? resident(bias) : null;
    return core.linear({ input, weight: resident(weight), bias: shift, rows: input.length / inputs, inputs, outputs });
  }

  /** nn.Linear: x Wᵀ + b. */
  function linear(prefix, input) {
    return affine(`${prefix}.weight`, `${prefix}.bias`, input);
  }

  /** nn.LayerNorm sobre la última dimensión. */
  function layerNorm(prefix, input, epsilon = 1e-5) {
    const width = parameter(`${prefix}.weight`).values.length;
    const [scale, shift] = [resident(`${prefix}.weight`), resident(`${prefix}.bias`)];
    return core.layerNorm({ input, rows: input.length / width, width, scale, shift, epsilon });
  }

  /** Los argumentos comunes de una celda recurrente; `suffix` es el de la capa dentro de nn.GRU o nn.LSTM. */
  function cellArguments(prefix, suffix) {
    const named = (part) => `${prefix}.${part}${suffix}`;
    return {
      inputWeight: resident(named("weight_ih")),
      stateWeight: resident(named("weight_hh")),
      inputBias: resident(named("bias_ih")),
      stateBias: resident(named("bias_hh")),
      inputs: parameter(named("weight_ih")).columns,
      units: parameter(named("weight_hh")).columns,
      rows: 1,
    };
  }

  /** nn.GRUCell: el estado siguiente. */
  function gruCell(prefix, input, state) {
    return core.gruCell({ ...cellArguments(prefix, ""), input, state });
  }

  /** nn.LSTMCell: { state, cell } siguientes. */
  function lstmCell(prefix, input, { state, cell }) {
    return core.lstmCell({ ...cellArguments(prefix, ""), input, state, cell });
  }

  /** Recorre una secuencia desde un estado de ceros; `advance(fila, estado, capa)` da el estado siguiente. */
  function recur(prefix, input, { layer = 0, reverse = false }, start, advance) {
    const shared = cellArguments(prefix, `_l${layer}${reverse ? "_reverse" : ""}`);
    const { inputs, units } = shared;
    const steps = input.length / inputs;
    const states = new Float32Array(steps * units);
    let carried = start(units);
    for (let step = 0; step < steps; step++) {
      const i = reverse ? steps - 1 - step : step;
      carried = advance({ ...shared, input: input.subarray(i * inputs, (i + 1) * inputs) }, carried);
      states.set(carried.state ?? carried, i * units);
    }
    return states;
  }

  /** nn.GRU, una capa y un sentido: el estado en cada posición. */
  function gru(prefix, input, options = {}) {
    const zeros = (units) => new Float32Array(units);
    return recur(prefix, input, options, zeros, (args, state) => core.gruCell({ ...args, state }));
  }

  /** nn.LSTM, una capa y un sentido: el estado en cada posición. */
  function lstm(prefix, input, options = {}) {
    const zeros = (units) => ({ state: new Float32Array(units), cell: new Float32Array(units) });
    return recur(prefix, input, options, zeros, (args, carried) => core.lstmCell({ ...args, ...carried }));
  }

  /** Atención de varias cabezas sobre consultas, claves y valores ya proyectados, (filas, heads · ancho). */
  function multiHead({ query, key, value, rows, keyRows = rows, heads, ...restrictions }) {
    const [dK, dV] = [query.length / (rows * heads), value.length / (keyRows * heads)];
    const { output, weights: found } = core.dotProduct({
      query: swapRows(query, rows, heads),
      key: swapRows(key, keyRows, heads),
      value: swapRows(value, keyRows, heads),
      nQuery: rows,
      nKey: keyRows,
      dK,
      dV,
      heads,
      ...restrictions,
    });
    return { output: swapRows(output, heads, rows), weights: found };
  }

  /** nn.MultiheadAttention sobre sí misma: { output (rows, d), weights (heads, rows, rows) }. */
  function selfAttention(prefix, input, { heads, ...restrictions }) {
    const width = parameter(`${prefix}.in_proj_weight`).columns;
    const rows = input.length / width;
    const projected = affine(`${prefix}.in_proj_weight`, `${prefix}.in_proj_bias`, input);
    const [query, key, value] = splitColumns(projected, rows, 3);
    const found = multiHead({ query, key, value, rows, heads, ...restrictions });
    return { output: linear(`${prefix}.out_proj`, found.output), weights: found.weights };
  }

  /** nn.TransformerEncoderLayer con GELU: { output, weights }. `normFirst` pone las normas delante. */
  function encoderLayer(prefix, input, { normFirst = false, ...options }) {
    const norm = (number, x) => layerNorm(`${prefix}.norm${number}`, x);
    const attend = (x) => selfAttention(`${prefix}.self_attn`, x, options);
    const feed = (x) => linear(`${prefix}.linear2`, core.gelu(linear(`${prefix}.linear1`, x)));
    const look = attend(normFirst ? norm(1, input) : input);
    const attended = add(input, look.output);
    if (normFirst) return { output: add(attended, feed(norm(2, attended))), weights: look.weights };
    const middle = norm(1, attended);
    return { output: norm(2, add(middle, feed(middle))), weights: look.weights };
  }

  return {
    core,
    parameter,
    resident,
    rowsOf,
    embed,
    linear,
    layerNorm,
    gruCell,
    lstmCell,
    gru,
    lstm,
    multiHead,
    selfAttention,
    encoderLayer,
  };
}

/** Los `count` grupos de columnas de una matriz de `rows` filas. */
function splitColumns(matrix, rows, count) {
  const groups = swapRows(matrix, rows, count);
  const size = groups.length / count;
  return Array.from({ length: count }, (_, g) => groups.subarray(g * size, (g + 1) * size));
}
