// Lo que una figura sabe calcular: de sus entradas a sus mapas, con el núcleo. En Python hace lo mismo ops/_single.py.
//
// Cada operación dice
//
//     rows          de qué eje de la figura son las filas de cada entrada: "queries" o "keys"
//     masks         qué se puede tapar: "cells", cualquier celda, o "keys", columnas (y filas) enteras
//     temperature   si admite temperatura
//     run(core, inputs, { options, mask, temperature, rows, columns })   { maps, output }
//
// con `inputs` tensores, `mask` un Uint8Array de rows × columns (1 = puede atender) o null, y los mapas en orden.

import { transposed } from "./tensor.js";

const scaled = ({ values }, factor) => (factor === 1 ? values : values.map((value) => value * factor));

/** Columnas que alguna consulta puede ver, o null si no hay máscara; `count` deja fuera a los centinelas. */
function keysOf(mask, rows, columns, count = columns) {
  if (mask === null) return null;
  const seen = (j) => mask.some((allowed, at) => allowed === 1 && at % columns === j);
  return Uint8Array.from({ length: count }, (_, j) => Number(seen(j)));
}

function queriesOf(mask, rows, columns, count = rows) {
  if (mask === null) return null;
  const seen = (i) => mask.subarray(i * columns, (i + 1) * columns).includes(1);
  return Uint8Array.from({ length: count }, (_, i) => Number(seen(i)));
}

/** La escala de las puntuaciones, sin temperatura. */
export const scaleOf = (inputs, options) => options.scale ?? inputs.query.shape[1] ** -0.5;

/** Consulta, clave y valor con sus tamaños, como los pide el núcleo. */
function sizes({ query, key, value }) {
  const [nQuery, dK] = query.shape;
  const [nKey, dV] = value.shape;
  return { query: query.values, key: key.values, value: value.values, nQuery, nKey, dK, dV };
}

const SELF = { query: "queries", key: "keys", value: "keys" };

export const OPERATIONS = {
  dot_product: {
    rows: SELF,
    masks: "cells",
    temperature: true,
    run(core, inputs, { options, mask, temperature }) {
      const bias = inputs.bias ? scaled(inputs.bias, 1 / temperature) : null;
      const scale = scaleOf(inputs, options) / temperature;
      const { output, weights } = core.dotProduct({ ...sizes(inputs), bias, scale, mask });
      return { maps: [weights], output };
    },
  },

  additive: {
    rows: SELF,
    masks: "cells",
    temperature: true,
    run(core, inputs, { mask, temperature }) {
      const { dK: units, ...rest } = sizes(inputs);
      const scoreVector = scaled(inputs.score_vector, 1 / temperature);
      const { output, weights } = core.additive({ ...rest, units, scoreVector, mask });
      return { maps: [weights], output };
    },
  },

  linear: {
    rows: SELF,
    masks: "keys",
    temperature: false,
    run(core, inputs, { options, mask, rows, columns }) {
      const featureMap = options.feature_map ?? "softmax";
      const causal = options.causal ?? false;
      const keyMask = causal ? null : keysOf(mask, rows, columns);
      const { output, weights } = core.linearAttention({ ...sizes(inputs), featureMap, causal, keyMask });
      return { maps: [weights], output };
    },
  },

  sparse: {
    rows: SELF,
    masks: "cells",
    temperature: true,
    run(core, inputs, { options, mask, temperature, rows, columns }) {
      const offsets = [0];
      const keys = [];
      mask.forEach((allowed, at) => {
        if (allowed) keys.push(at % columns);
        if (at % columns === columns - 1) offsets.push(keys.length);
      });
      const scale = scaleOf(inputs, options) / temperature;
      const { output, weights } = core.sparse({ ...sizes(inputs), offsets, keys, scale });
      const dense = new Float32Array(rows * columns);
      for (let i = 0; i < rows; i++) {
        for (let e = offsets[i]; e < offsets[i + 1]; e++) dense[i * columns + keys[e]] = weights[e];
      }
      return { maps: [dense], output };
    },
  },

  memory: {
    rows: { key: "keys", value: "keys" },
    masks: "cells",
    temperature: true,
    run(core, { query, key, value, transition }, { options, mask, temperature }) {
      const [hops, nKey, width] = key.shape;
      const { output, weights } = core.memory({
        query: query.values,
        key: scaled(key, 1 / temperature),
        value: value.values,
        transition: transition?.values,
        ...{ hops, nKey, width, mask },
        softmax: options.softmax ?? true,
      });
      return { maps: Array.from({ length: hops }, (_, k) => weights.subarray(k * nKey, (k + 1) * nKey)), output };
    },
  },

  pointer_sum: {
    rows: { key: "keys" },
    masks: "cells",
    temperature: true,
    run(core, { query, key }, { options, mask, temperature }) {
      const [nKey, width] = key.shape;
      const { token_ids: tokenIds, candidates = null, n_tokens: nTokens = candidates?.length } = options;
      const { output, weights } = core.pointerSum({
        query: query.values,
        key: scaled(key, 1 / temperature),
        ...{ tokenIds, nKey, width, candidates, nTokens, mask },
      });
      const shareOf = (token) =>
        output.reduce((sum, share, c) => sum + ((candidates?.[c] ?? c) === token ? share : 0), 0);
      return { maps: [weights, Float32Array.from(tokenIds, shareOf)], output };
    },
  },

  attention_over_attention: {
    rows: { document: "keys", question: "queries" },
    masks: "keys",
    temperature: true,
    run(core, { document, question }, { mask, temperature, rows, columns }) {
      const [nDocument, width] = document.shape;
      const [nQuestion] = question.shape;
      const result = core.attentionOverAttention({
        document: scaled(document, 1 / temperature),
        question: question.values,
        ...{ nDocument, nQuestion, width },
        documentMask: keysOf(mask, rows, columns),
        questionMask: queriesOf(mask, rows, columns),
      });
      const overDocument = transposed(result.documentWeights, nDocument, nQuestion);
      const overQuestion = transposed(result.questionWeights, nDocument, nQuestion);
      const importanceOf = (at) => result.questionImportance[Math.floor(at / nDocument)];
      const shares = overDocument.map((weight, at) => weight * importanceOf(at));
      return { maps: [overDocument, overQuestion, shares], output: result.output };
    },
  },

  coattention: {
    rows: { document: "keys", question: "queries" },
    masks: "keys",
    temperature: true,
    run(core, inputs, { mask, temperature, rows, columns }) {
      const { document, question, document_sentinel: documentSentinel, question_sentinel: questionSentinel } = inputs;
      const [nDocument, width] = document.shape;
      const [nQuestion] = question.shape;
      const result = core.coattention({
        document: scaled(document, 1 / temperature),
        question: question.values,
        ...{ nDocument, nQuestion, width },
        documentSentinel: documentSentinel && scaled(documentSentinel, 1 / temperature),
        questionSentinel: questionSentinel?.values,
        documentMask: keysOf(mask, rows, columns, nDocument),
        questionMask: queriesOf(mask, rows, columns, nQuestion),
      });
      const maps = [result.documentWeights, result.questionWeights].map((map) => transposed(map, columns, rows));
      return { maps, output: result.output };
    },
  },

  attention_flow: {
    rows: { context: "queries", question: "keys" },
    masks: "keys",
    temperature: true,
    run(core, { context, question, score_weights: scoreWeights }, { mask, temperature, rows, columns }) {
      const [nContext, width] = context.shape;
      const [nQuestion] = question.shape;
      const result = core.attentionFlow({
        context: context.values,
        question: question.values,
        scoreWeights: scaled(scoreWeights, 1 / temperature),
        ...{ nContext, nQuestion, width },
        contextMask: queriesOf(mask, rows, columns),
        questionMask: keysOf(mask, rows, columns),
      });
      const best = new Float32Array(rows * columns);
      for (let t = 0; t < rows; t++) {
        const row = result.contextToQuestion.subarray(t * columns, (t + 1) * columns);
        best[t * columns + row.indexOf(Math.max(...row))] = result.questionToContext[t];
      }
      return { maps: [result.contextToQuestion, best], output: result.output };
    },
  },
};
