// Una figura que calcula: sus números, lo que el lector cambia en ellos y los mapas que da el núcleo.
//
// El rasgo `source` (null si la figura no calcula) es
//
//     operation    nombre en operations.js
//     inputs       { nombre: listas anidadas de números }; con `vocabulary`, la tabla `embeddings` y las matrices
//                  `query_projection`, `key_projection` y `value_projection`, si las hay
//     options      las demás opciones de la operación, con su nombre en Python
//     mask         listas de 0 y 1 (1 = puede atender), o null
//     vocabulary   las palabras de la tabla `embeddings`, o null
//     editable     los nombres de las entradas que el lector puede cambiar
//
// `makeLive` no toca el DOM. Quien restringe (temperatura, máscaras) llama a `recompute`; quien edita, a los demás.

import { loadCore, WITHOUT_CORE } from "./core.js";
import { OPERATIONS } from "./operations.js";
import { attentionSteps } from "./steps.js";
import { sameTensor, toLists, toTensor, transposed, withRows } from "./tensor.js";

export const MOST_WORDS = 24; // de una frase
export const MOST_ROWS = 12; // que se editan
const LONGEST_WORD = 60;
export const LARGEST = 1e6; // de los números que se editan: con más, las puntuaciones no cabrían en un float32

const sameWords = (one, other) => one.length === other.length && one.every((word, i) => word === other[i]);
const areWords = (words) =>
  Array.isArray(words) && words.every((word) => typeof word === "string" && word.length <= LONGEST_WORD);

/** La palabra de la tabla que corresponde a una escrita, o -1: tal cual, sin signos en los bordes o en minúsculas. */
function lookUp(vocabulary, written) {
  const bare = written.replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "");
  const lower = vocabulary.map((word) => word.toLowerCase());
  const tries = [vocabulary.indexOf(written), vocabulary.indexOf(bare), lower.indexOf(bare.toLowerCase())];
  return tries.find((at) => at >= 0) ?? -1;
}

/** Los extremos de color, como en transport.py: 0…1, o 0…máximo si los pesos son pequeños; con signo, simétricos. */
function domainOf(maps, kind) {
  const largest = maps.flatMap((map) => [...map]).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (kind === "scores") return [-(largest || 1), largest || 1];
  return [0, largest > 0.5 && largest <= 1 + 1e-6 ? 1 : largest || 1];
}

/**
 * Lo que calcula la figura. `recompute({ temperature, mask })` da sus mapas, o null si aún no hay núcleo, y lo pedido
 * vale también tras cada edición: `mask(rows, columns)` da un Uint8Array, 1 = puede atender, que se suma a la máscara
 * propia. `onChange(structure)` se llama tras cada edición; `structure`, si cambiaron las palabras o el tamaño.
 */
export function makeLive(source, { queries, keys }, load = loadCore) {
  const operation = OPERATIONS[source.operation];
  const inputs = Object.fromEntries(Object.entries(source.inputs).map(([name, lists]) => [name, toTensor(lists)]));
  const original = { queries, keys, inputs };
  const copy = () => ({
    queries,
    keys,
    inputs: Object.fromEntries(
      Object.entries(inputs).map(([name, { shape, values }]) => [name, { shape, values: values.slice() }]),
    ),
  });
  const { vocabulary, options } = source;
  const kind = options.softmax === false ? "scores" : "weights"; // sin softmax, la memoria da puntuaciones
  const growable = operation.masks === "cells" && vocabulary === null && !inputs.bias && operation.rows.query;
  const listeners = new Set();
  let draft = copy();
  let core = null;
  let restrictions = {};
  let computed = null;

  /** ¿Puede atender la consulta i a la clave j? Fuera de la máscara dada, las palabras nuevas se ven. */
  function allowed(i, j) {
    const distance = j - i - (draft.keys.length - draft.queries.length); // alineadas al final
    const { causal = false, window = null } = options;
    const near = window === null || Math.abs(distance) <= window;
    return (source.mask?.[i]?.[j] ?? 1) === 1 && near && !(causal && distance > 0);
  }

  function composeMask(rows, columns, extra) {
    const mask = extra === null ? new Uint8Array(rows * columns).fill(1) : extra(rows, columns);
    for (let at = 0; at < mask.length; at++) mask[at] &= Number(allowed(Math.floor(at / columns), at % columns));
    return source.operation === "sparse" || mask.includes(0) ? mask : null;
  }

  /** Las entradas de la operación; con vocabulario, los embeddings de la frase, proyectados. */
  function operands() {
    if (vocabulary === null) return draft.inputs;
    const { embeddings, ...others } = draft.inputs;
    const [, width] = embeddings.shape;
    const rows = draft.queries.length;
    const sentence = new Float32Array(rows * width);
    draft.queries.forEach((word, i) => {
      const at = vocabulary.indexOf(word) * width;
      sentence.set(embeddings.values.subarray(at, at + width), i * width);
    });
    const project = (name) => {
      const matrix = others[`${name}_projection`];
      if (!matrix) return { shape: [rows, width], values: sentence };
      const [, outputs] = matrix.shape;
      const weight = transposed(matrix.values, width, outputs);
      return { shape: [rows, outputs], values: core.linear({ input: sentence, weight, rows, inputs: width, outputs }) };
    };
    return { ...others, query: project("query"), key: project("key"), value: project("value") };
  }

  function compute() {
    const { temperature = 1, mask: extra = null } = restrictions;
    const [rows, columns] = [draft.queries.length, draft.keys.length];
    const mask = composeMask(rows, columns, extra);
    const operand = operands();
    const result = operation.run(core, operand, { options, mask, temperature, rows, columns });
    const domain = domainOf(result.maps, kind);
    const toMap = (weights) => ({
      values: Float64Array.from(weights, (weight, at) => (mask === null || mask[at] ? weight : NaN)),
      ...{ rows, columns, queries: draft.queries, keys: draft.keys, kind, domain },
      ...{ step: 0, approximate: false, block: { rows: 1, columns: 1 }, first: { row: 0, column: 0 } },
      size: { rows, columns },
    });
    computed = { maps: result.maps.map(toMap), output: result.output, operand, mask, temperature };
    return computed.maps;
  }

  function changed(structure = false) {
    if (core !== null) compute();
    for (const listener of listeners) listener(structure);
  }

  const live = {
    problem: null, // por qué no se puede calcular
    editable: source.editable,
    vocabulary,
    growable: Boolean(growable),
    renames: vocabulary === null && source.operation !== "pointer_sum", // allí la palabra es su número
    accepts: { temperature: operation.temperature, masks: operation.masks },
    rowsOf: (name) => (name === "embeddings" ? null : operation.rows[name] ?? null),
    get draft() {
      return draft;
    },
    get ready() {
      return core !== null;
    },
    onChange: (listener) => listeners.add(listener),

    /** Prepara el núcleo y calcula. Si no se puede, la figura se queda con los mapas que traía y `problem` lo dice. */
    async start() {
      try {
        core = await load();
      } catch {
        live.problem = WITHOUT_CORE;
      }
      changed();
    },

    recompute({ temperature = 1, mask = null } = {}) {
      restrictions = { temperature, mask };
      return core === null ? null : compute();
    },

    /** El mapa número `number`, o null si aún no hay núcleo. */
    map: (number) => computed?.maps[number] ?? null,

    /** Los pasos del cálculo (véase steps.js), o null si aún no hay núcleo. */
    steps: () => computed && attentionSteps(core, source.operation, computed, options),

    /** Cambia un número de una entrada. */
    write(name, at, value) {
      draft.inputs[name].values[at] = value;
      changed();
    },

    /** Cambia el nombre de una fila o una columna: "queries" o "keys". */
    rename(axis, i, word) {
      draft[axis] = draft[axis].map((old, other) => (other === i ? word.slice(0, LONGEST_WORD) : old));
      changed();
    },

    /** Añade una palabra al final de un eje, con ceros, o quita la última. */
    resize(axis, rows) {
      const room = rows >= 1 && rows <= MOST_ROWS;
      if (!live.growable || !room) return;
      const words = draft[axis].slice(0, rows);
      while (words.length < rows) words.push(`palabra ${words.length + 1}`);
      draft[axis] = words;
      for (const [name, of] of Object.entries(operation.rows)) {
        if (of === axis) draft.inputs[name] = withRows(draft.inputs[name], rows);
      }
      changed(true);
    },

    /** Cambia la frase; devuelve las palabras que no están en la tabla. Sin ninguna conocida, la frase no cambia. */
    rewrite(sentence) {
      const written = sentence.split(/\s+/).filter(Boolean);
      const found = written.map((word) => lookUp(vocabulary, word));
      const words = found.filter((at) => at >= 0).map((at) => vocabulary[at]).slice(0, MOST_WORDS);
      if (words.length > 0 && !sameWords(words, draft.queries)) {
        draft.queries = draft.keys = words;
        changed(true);
      }
      return written.filter((_, i) => found[i] < 0);
    },

    reset() {
      draft = copy();
      changed(true);
    },

    /** Lo que el lector ha cambiado, como objeto de JSON, o null si nada. */
    state() {
      const state = {};
      for (const axis of ["queries", "keys"]) {
        if (!sameWords(draft[axis], original[axis])) state[axis] = draft[axis];
      }
      const edited = Object.entries(draft.inputs).filter(([name, tensor]) => !sameTensor(tensor, inputs[name]));
      if (edited.length > 0) state.inputs = Object.fromEntries(edited.map(([name, tensor]) => [name, toLists(tensor)]));
      return Object.keys(state).length > 0 ? state : null;
    },

    /** Vuelve a un estado dado por `state`, que puede venir de fuera; devuelve false si no encaja en esta figura. */
    restore(state) {
      try {
        draft = fitted(state ?? {});
      } catch {
        return false;
      }
      changed(true);
      return true;
    },
  };

  /** Un borrador con lo que dice `state`, comprobado. */
  function fitted(state) {
    const check = (valid) => {
      if (!valid) throw new Error("el estado no encaja en esta figura");
    };
    const next = copy();
    for (const axis of ["queries", "keys"]) {
      const words = state[axis] ?? original[axis];
      const most = vocabulary ? MOST_WORDS : Math.max(MOST_ROWS, original[axis].length);
      check(areWords(words) && words.length >= 1 && words.length <= most);
      check(vocabulary === null || words.every((word) => vocabulary.includes(word)));
      check(vocabulary || live.growable || words.length === original[axis].length);
      next[axis] = [...words];
    }
    check(vocabulary === null || sameWords(next.queries, next.keys));
    for (const [name, lists] of Object.entries(state.inputs ?? {})) {
      check(Object.hasOwn(inputs, name));
      next.inputs[name] = toTensor(lists);
    }
    for (const [name, { shape }] of Object.entries(next.inputs)) {
      const wanted = [...inputs[name].shape];
      if (live.growable && live.rowsOf(name)) wanted[0] = next[live.rowsOf(name)].length;
      check(shape.join() === wanted.join() && next.inputs[name].values.every((value) => Math.abs(value) <= LARGEST));
    }
    return next;
  }

  return live;
}
