// El núcleo de la página desde JavaScript, con casos resueltos a mano: puntuaciones 0 y ln 3, pesos 1/4 y 3/4.
import assert from "node:assert/strict";
import { test } from "node:test";

import { loadCore, WITHOUT_CORE } from "./core.js";

const core = await loadCore();
const f = (...values) => Float32Array.from(values);
const LN3 = Math.log(3);
const PAIR = { key: f(0, LN3), value: f(0, 4), nQuery: 1, nKey: 2 };

/** Compara números con la precisión de float32. */
function near(found, expected) {
  assert.ok(found instanceof Float32Array);
  assert.equal(found.length, expected.length);
  found.forEach((value, i) => {
    const close = Object.is(value, expected[i]) || Math.abs(value - expected[i]) <= 2e-6;
    assert.ok(close, `[${i}]: ${value}, se esperaba ${expected[i]}`);
  });
}

const refuses = (call, message) => assert.throws(call, { message });

test("prepara un solo núcleo", async () => assert.equal(await loadCore(), core));

test("producto escalar", () => {
  const found = core.dotProduct({ ...PAIR, query: f(1), dK: 1, dV: 1 });
  near(found.weights, [0.25, 0.75]);
  near(found.output, [3]);
  near(found.logsumexp, [Math.log(4)]);
});

test("producto escalar: máscara, sesgo, causal, ventana, relleno, ALiBi y cabezas", () => {
  const zeros = { query: f(0, 0), key: f(0, 0), value: f(0, 4), nQuery: 2, nKey: 2, dK: 1, dV: 1 };
  near(core.dotProduct({ ...zeros, mask: Uint8Array.of(0, 1, 0, 0) }).weights, [0, 1, 0, 0]);
  near(core.dotProduct({ ...zeros, mask: Uint8Array.of(0, 1, 0, 0) }).logsumexp, [0, -Infinity]);
  near(core.dotProduct({ ...zeros, bias: f(0, LN3, LN3, 0) }).weights, [0.25, 0.75, 0.75, 0.25]);
  near(core.dotProduct({ ...zeros, causal: true }).weights, [1, 0, 0.5, 0.5]);
  near(core.dotProduct({ ...zeros, window: 0 }).weights, [1, 0, 0, 1]);
  near(core.dotProduct({ ...zeros, keyLength: 1 }).weights, [1, 0, 1, 0]);
  near(core.dotProduct({ ...zeros, alibiSlopes: f(LN3) }).weights, [0.75, 0.25, 0.25, 0.75]);
  const heads = { ...zeros, query: f(0, 0, 0, 0), heads: 2, kvHeads: 1 };
  near(core.dotProduct(heads).output, [2, 2, 2, 2]);
  const masks = { mask: Uint8Array.of(1, 0, 1, 0, 0, 1, 0, 1), maskHeads: 2 };
  near(core.dotProduct({ ...heads, ...masks }).output, [0, 0, 4, 4]);
});

test("aditiva", () => {
  const found = core.additive({ ...PAIR, key: f(0, 20), query: f(0), scoreVector: f(LN3), units: 1, dV: 1 });
  near(found.weights, [0.25, 0.75]);
  near(found.output, [3]);
});

test("lineal", () => {
  near(core.linearAttention({ ...PAIR, query: f(5), dK: 1, dV: 1 }).weights, [0.25, 0.75]);
  const elu = { ...PAIR, query: f(1), key: f(0, 2), dK: 1, dV: 1, featureMap: "elu" };
  near(core.linearAttention(elu).output, [3]);
  near(core.linearAttention(elu).logsumexp, [Math.log(8)]);
  near(core.linearAttention({ ...elu, keyMask: Uint8Array.of(0, 1) }).weights, [0, 1]);
  const causal = { ...elu, query: f(1, 1), nQuery: 2, causal: true };
  near(core.linearAttention(causal).weights, [1, 0, 0.25, 0.75]);
  refuses(() => core.linearAttention({ ...elu, featureMap: "relu" }), /^featureMap: se esperaba "softmax" o "elu"/);
  refuses(() => core.linearAttention({ ...causal, featureMap: "softmax" }), /^causal: /);
});

test("saltos de memoria", () => {
  const hops = { query: f(1), key: f(0, LN3, 0, 0), value: f(0, 4, 1, 3), hops: 2, nKey: 2, width: 1 };
  const found = core.memory(hops);
  near(found.weights, [0.25, 0.75, 0.5, 0.5]);
  near(found.output, [4, 6]);
  near(core.memory({ ...hops, transition: f(2) }).output, [5, 12]);
  near(core.memory({ ...hops, mask: Uint8Array.of(1, 0) }).output, [1, 2]);
  near(core.memory({ ...hops, softmax: false }).weights, [0, LN3, 0, 0]);
});

test("suma de punteros", () => {
  const pointer = { query: f(1), key: f(0, LN3), tokenIds: [2, 0], nKey: 2, width: 1 };
  near(core.pointerSum({ ...pointer, nTokens: 3 }).output, [0.75, 0, 0.25]);
  near(core.pointerSum({ ...pointer, candidates: [2, 7, 2] }).output, [0.25, 0, 0.25]);
  near(core.pointerSum({ ...pointer, candidates: [0], mask: Uint8Array.of(1, 0) }).output, [0]);
});

test("dispersa: una fila sin aristas da ceros", () => {
  const sparse = { ...PAIR, query: f(1, 1), nQuery: 2, dK: 1, dV: 1, offsets: [0, 2, 2], keys: [0, 1] };
  const found = core.sparse(sparse);
  near(found.weights, [0.25, 0.75]);
  near(found.output, [3, 0]);
  near(found.logsumexp, [Math.log(4), -Infinity]);
  refuses(() => core.sparse({ ...sparse, keys: [0, 2] }), "keys[1]: se esperaba un entero de 0 a 1; se recibió 2.");
  refuses(() => core.sparse({ ...sparse, offsets: [0, 2, 1] }), /^offsets\[2\]: /);
  refuses(() => core.sparse({ ...sparse, offsets: [0, 1, 1] }), "offsets[2]: se esperaba 2; se recibió 1.");
  refuses(() => core.sparse({ ...sparse, offsets: [0, 2, 2, 2] }), /^offsets: .*nQuery \+ 1 = 3; se recibió 4/);
});

test("grafos", () => {
  const graph = { query: f(0), key: f(0, -5 * LN3), value: f(4, 0), scoreVector: f(1), units: 1, dV: 1 };
  const found = core.graph({ ...graph, offsets: [0, 2], keys: [0, 1], nQuery: 1, nKey: 2 });
  near(found.weights, [0.75, 0.25]);
  near(found.output, [3]);
});

test("flujo de atención", () => {
  const flow = { context: f(2), question: f(0, LN3), scoreWeights: f(0, 1, 0), nContext: 1, nQuestion: 2, width: 1 };
  const found = core.attentionFlow(flow);
  near(found.contextToQuestion, [0.25, 0.75]);
  near(found.questionToContext, [1]);
  near(found.output, [2, 0.75 * LN3, 1.5 * LN3, 4]);
  near(core.attentionFlow({ ...flow, questionMask: Uint8Array.of(1, 0) }).contextToQuestion, [1, 0]);
});

test("atención sobre atención y coatención", () => {
  const both = { document: f(LN3, 0), question: f(1), nDocument: 2, nQuestion: 1, width: 1 };
  const over = core.attentionOverAttention(both);
  near(over.output, [0.75, 0.25]);
  near(over.questionImportance, [1]);
  near(over.questionWeights, [1, 1]);
  const together = core.coattention(both);
  near(together.documentWeights, [0.75, 0.25]);
  near(together.output, [1, 0.75 * LN3, 1, 0.75 * LN3]);
  const guarded = core.coattention({ ...both, documentSentinel: f(0), questionSentinel: f(0) });
  near(guarded.documentWeights, [0.6, 1 / 3, 0.2, 1 / 3, 0.2, 1 / 3]);
  near(core.coattention({ ...both, documentMask: Uint8Array.of(0, 1) }).documentWeights, [0, 1]);
});

test("capas de un modelo", () => {
  const weight = f(1, 2, 3, 4, 5, 6);
  near(core.linear({ input: f(1, 1), weight, bias: f(0, 0, 1), rows: 1, inputs: 2, outputs: 3 }), [3, 7, 12]);
  near(core.layerNorm({ input: f(1, 3), rows: 1, width: 2, epsilon: 0, scale: f(2, 2), shift: f(1, 0) }), [-1, 2]);
  near(core.gelu(f(0, 1, -1, 9)), [0, 0.8413447, -0.1586553, 9]);
  near(core.tanh(f(0, 0.5, 40)), [0, Math.tanh(0.5), 1]);
  near(core.sigmoid(f(0, LN3)), [0.5, 0.75]);
  const idle = { input: f(7), state: f(0.5), cell: f(0.5), rows: 1, inputs: 1, units: 1 };
  const zeros = (n) => ({ inputWeight: new Float32Array(n), stateWeight: new Float32Array(n) });
  near(core.gruCell({ ...idle, ...zeros(3) }), [0.25]);
  near(core.gruCell({ ...idle, ...zeros(3), inputBias: f(0, 99, 0) }), [0.5]);
  const { state, cell } = core.lstmCell({ ...idle, ...zeros(4), stateBias: f(99, 99, 99, 99) });
  near(cell, [1.5]);
  near(state, [Math.tanh(1.5)]);
});

test("lo residente sirve de entrada y no se copia", () => {
  const weight = core.keep(f(1, 2));
  const matrix = core.keepQuantised({
    codes: Int8Array.of(1, -2, 127, 0), scales: f(0.5, 1), rows: 2, columns: 2,
  });
  assert.equal(matrix.length, 4);
  for (let i = 0; i < 3; i += 1) {
    near(core.linear({ input: f(3, 4), weight, rows: 1, inputs: 2, outputs: 1 }), [11]);
    near(core.linear({ input: f(2, 1), weight: matrix, rows: 1, inputs: 2, outputs: 2 }), [0, 254]);
  }
  refuses(() => core.linear({ input: f(3), weight, rows: 1, inputs: 1, outputs: 1 }), /^weight: .*se recibió 2\.$/);
  refuses(() => core.linear({ input: f(3), weight: { pointer: 0, length: 1 }, rows: 1, inputs: 1, outputs: 1 }),
    "weight: se esperaba un Float32Array; se recibió Object.");
});

test("la memoria crece, y lo residente sigue en su sitio", () => {
  const kept = core.keep(f(5));
  const count = 2 ** 19;
  const big = new Float32Array(count).fill(2);
  const found = core.linear({ input: big, weight: kept, rows: count, inputs: 1, outputs: 1 });
  assert.equal(found.length, count);
  assert.ok(found.every((value) => value === 10));
  near(core.sigmoid(f(0)), [0.5]);
});

test("lo que no cabe se rechaza y no estropea lo demás", () => {
  const n = 2 ** 14;
  const huge = { query: new Float32Array(n), key: new Float32Array(n), value: new Float32Array(n), nQuery: n, nKey: n };
  refuses(() => core.dotProduct({ ...huge, dK: 1, dV: 1 }), /no tiene memoria/);
  near(core.sigmoid(f(0)), [0.5]);
});

test("una llamada mal hecha dice qué se esperaba y qué llegó", () => {
  const good = { ...PAIR, query: f(1), dK: 1, dV: 1 };
  const wrong = (changes, message) => refuses(() => core.dotProduct({ ...good, ...changes }), message);
  wrong({ query: f(1, 2) }, "query: se esperaba la longitud heads × nQuery × dK = 1 × 1 × 1 = 1; se recibió 2.");
  wrong({ query: [1] }, "query: se esperaba un Float32Array; se recibió Array.");
  wrong({ query: undefined }, "query: se esperaba un Float32Array; se recibió undefined.");
  wrong({ nKey: undefined }, /^nKey: se esperaba un entero de 0 a 1048576; se recibió undefined\.$/);
  wrong({ nKey: -2 }, /^nKey: /);
  wrong({ nKey: 1.5 }, /^nKey: /);
  wrong({ mask: [true, false] }, "mask: se esperaba un Uint8Array; se recibió Array.");
  wrong({ mask: Uint8Array.of(1) }, /^mask: se esperaba la longitud .* = 2; se recibió 1\.$/);
  wrong({ bias: f(1) }, /^bias: /);
  wrong({ keyLength: 3 }, "keyLength: se esperaba un entero de 0 a 2; se recibió 3.");
  wrong({ window: -2 }, /^window: /);
  wrong({ scale: NaN }, "scale: se esperaba un número finito; se recibió NaN.");
  wrong({ heads: 3, kvHeads: 2 }, /^heads % kvHeads: se esperaba 0; se recibió 1\.$/);
  wrong({ maskHeads: 2 }, /^maskHeads: /);
  const ids = { query: f(1), key: f(0, LN3), nKey: 2, width: 1, nTokens: 2 };
  refuses(() => core.pointerSum({ ...ids, tokenIds: [1] }), /^tokenIds: /);
});

test("sin WebAssembly se dice en español", async () => {
  const { WebAssembly } = globalThis;
  delete globalThis.WebAssembly;
  try {
    const { loadCore: load } = await import("./core.js?sin-webassembly");
    await assert.rejects(load(), { message: WITHOUT_CORE });
  } finally {
    globalThis.WebAssembly = WebAssembly;
  }
});
