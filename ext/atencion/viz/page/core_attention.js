// Los mecanismos de una secuencia frente a otra, sobre el núcleo: de argumentos con nombre a una llamada. Arrays
// contiguos por filas; lo que no se da, no se aplica. Máscaras de Uint8Array: 1 = puede atender.
import { finite, integer } from "./core_memory.js";

/** Comprueba un patrón disperso por filas comprimidas; devuelve cuántas aristas tiene. */
function checkPattern(offsets, keys, nQuery, nKey) {
  const edges = integer("keys.length", keys?.length);
  integer("offsets[0]", offsets?.[0], 0, 0);
  for (let i = 0; i < nQuery; i += 1) integer(`offsets[${i + 1}]`, offsets[i + 1], offsets[i], edges);
  integer(`offsets[${nQuery}]`, offsets[nQuery], edges, edges);
  for (let e = 0; e < edges; e += 1) integer(`keys[${e}]`, keys[e], 0, nKey - 1);
  return edges;
}

export function attentionMethods(memory) {
  return {
    /** query (heads, nQuery, dK), key y value (kvHeads, nKey, …); mask (maskHeads, nQuery, nKey), 1 o heads. */
    dotProduct({
      query, key, value, nQuery, nKey, dK, dV, heads = 1, kvHeads = heads, scale = dK ** -0.5,
      mask = null, maskHeads = 1, bias = null, alibiSlopes = null,
      causal = false, window = -1, keyLength = nKey,
    }) {
      integer("kvHeads", kvHeads, 1);
      integer("heads % kvHeads", heads % kvHeads, 0, 0);
      if (maskHeads !== heads) integer("maskHeads", maskHeads, 1, 1);
      return memory.call((call) => {
        const inputs = [
          call.input("query", query, { heads, nQuery, dK }),
          call.input("key", key, { kvHeads, nKey, dK }),
          call.input("value", value, { kvHeads, nKey, dV }),
          call.mask("mask", mask, { maskHeads, nQuery, nKey }),
          call.optional("bias", bias, { nQuery, nKey }),
          call.optional("alibiSlopes", alibiSlopes, { heads }),
        ];
        const output = call.output({ heads, nQuery, dV });
        const weights = call.output({ heads, nQuery, nKey });
        const logsumexp = call.output({ heads, nQuery });
        const sizes = [heads, kvHeads, nQuery, nKey, dK, dV, maskHeads, integer("keyLength", keyLength, 0, nKey)];
        const options = [integer("window", window, -1), causal, finite("scale", scale)];
        call.run("dot_product_attention", ...inputs, output, weights, logsumexp, ...sizes, ...options);
        return call.results({ output, weights, logsumexp });
      });
    },

    /** query (nQuery, units) y key (nKey, units), ya proyectadas; mask (nQuery, nKey). */
    additive({ query, key, value, scoreVector, nQuery, nKey, units, dV, mask = null, keyLength = nKey }) {
      return memory.call((call) => {
        const inputs = [
          call.input("query", query, { nQuery, units }),
          call.input("key", key, { nKey, units }),
          call.input("value", value, { nKey, dV }),
          call.input("scoreVector", scoreVector, { units }),
          call.mask("mask", mask, { nQuery, nKey }),
        ];
        const output = call.output({ nQuery, dV });
        const weights = call.output({ nQuery, nKey });
        const logsumexp = call.output({ nQuery });
        const sizes = [nQuery, nKey, units, dV, integer("keyLength", keyLength, 0, nKey)];
        call.run("additive_attention", ...inputs, output, weights, logsumexp, ...sizes);
        return call.results({ output, weights, logsumexp });
      });
    },

    /** featureMap: "softmax" (Shen) o "elu" (Katharopoulos), que es la única que puede ser causal. */
    linearAttention({
      query, key, value, nQuery, nKey, dK, dV, featureMap = "softmax", causal = false, keyMask = null,
    }) {
      const softmax = featureMap === "softmax";
      if (!softmax && featureMap !== "elu") {
        throw new Error(`featureMap: se esperaba "softmax" o "elu"; se recibió ${featureMap}.`);
      }
      if (softmax && causal) throw new Error('causal: se esperaba false con featureMap "softmax"; se recibió true.');
      return memory.call((call) => {
        const inputs = [
          call.input("query", query, { nQuery, dK }),
          call.input("key", key, { nKey, dK }),
          call.input("value", value, { nKey, dV }),
          call.mask("keyMask", keyMask, { nKey }),
        ];
        const output = call.output({ nQuery, dV });
        const weights = call.output({ nQuery, nKey });
        const logsumexp = call.output({ nQuery });
        const options = [nQuery, nKey, dK, dV, softmax, causal];
        call.run("linear_attention", ...inputs, output, weights, logsumexp, ...options);
        return call.results({ output, weights, logsumexp });
      });
    },

    /** query (width), key y value (hops, nKey, width), transition (width, width); mask (nKey). */
    memory({ query, key, value, hops, nKey, width, transition = null, mask = null, softmax = true }) {
      return memory.call((call) => {
        const inputs = [
          call.input("query", query, { width }),
          call.input("key", key, { hops, nKey, width }),
          call.input("value", value, { hops, nKey, width }),
          call.optional("transition", transition, { "width (filas)": width, "width (columnas)": width }),
          call.mask("mask", mask, { nKey }),
        ];
        const output = call.output({ hops, width });
        const weights = call.output({ hops, nKey });
        const logsumexp = call.output({ hops });
        call.run("memory_attention", ...inputs, output, weights, logsumexp, hops, nKey, width, softmax);
        return call.results({ output, weights, logsumexp });
      });
    },

    /** Da la probabilidad de cada candidato o, sin ellos, la de cada uno de los nTokens del vocabulario. */
    pointerSum({
      query, key, tokenIds, nKey, width, candidates = null, nTokens = candidates?.length,
      mask = null, keyLength = nKey,
    }) {
      return memory.call((call) => {
        const inputs = [
          call.input("query", query, { width }),
          call.input("key", key, { nKey, width }),
          call.integers("tokenIds", tokenIds, { nKey }),
          candidates == null ? 0 : call.integers("candidates", candidates, { nTokens }),
          call.mask("mask", mask, { nKey }),
        ];
        const output = call.output({ nTokens });
        const weights = call.output({ nKey });
        const logsumexp = call.output({ uno: 1 });
        const sizes = [nKey, width, nTokens, integer("keyLength", keyLength, 0, nKey)];
        call.run("pointer_sum", ...inputs, output, weights, logsumexp, ...sizes);
        return call.results({ output, weights, logsumexp });
      });
    },

    /** La consulta i ve las claves keys[offsets[i]] … keys[offsets[i + 1] − 1]; weights va por aristas. */
    sparse({ query, key, value, offsets, keys, nQuery, nKey, dK, dV, scale = dK ** -0.5 }) {
      const nEdges = checkPattern(offsets, keys, nQuery, nKey);
      return memory.call((call) => {
        const inputs = [
          call.input("query", query, { nQuery, dK }),
          call.input("key", key, { nKey, dK }),
          call.input("value", value, { nKey, dV }),
          call.integers("offsets", offsets, { "nQuery + 1": nQuery + 1 }),
          call.integers("keys", keys, { nEdges }),
        ];
        const output = call.output({ nQuery, dV });
        const weights = call.output({ nEdges });
        const logsumexp = call.output({ nQuery });
        const sizes = [nQuery, nKey, dK, dV, finite("scale", scale)];
        call.run("sparse_attention", ...inputs, output, weights, logsumexp, ...sizes);
        return call.results({ output, weights, logsumexp });
      });
    },

    /** GATv2 (GAT, con units = 1): query (nQuery, heads, units), value (nKey, heads, dV), weights (heads, nEdges). */
    graph({
      query, key, value, scoreVector, offsets, keys, heads = 1, nQuery, nKey, units, dV, negativeSlope = 0.2,
    }) {
      const nEdges = checkPattern(offsets, keys, nQuery, nKey);
      integer("heads", heads, 1);
      return memory.call((call) => {
        const inputs = [
          call.input("query", query, { nQuery, heads, units }),
          call.input("key", key, { nKey, heads, units }),
          call.input("value", value, { nKey, heads, dV }),
          call.input("scoreVector", scoreVector, { heads, units }),
          call.integers("offsets", offsets, { "nQuery + 1": nQuery + 1 }),
          call.integers("keys", keys, { nEdges }),
        ];
        const output = call.output({ nQuery, heads, dV });
        const weights = call.output({ heads, nEdges });
        const logsumexp = call.output({ heads, nQuery });
        const sizes = [heads, nQuery, nKey, units, dV, finite("negativeSlope", negativeSlope)];
        call.run("graph_attention", ...inputs, output, weights, logsumexp, ...sizes);
        return call.results({ output, weights, logsumexp });
      });
    },
  };
}
