// Las figuras que calculan, con el núcleo de verdad. Las pasa test_modules.py, que escribe aquí al lado
// live_cases.json con los mapas que da Python.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { WITHOUT_CORE } from "./core.js";
import { parseNumber } from "./edit_panel.js";
import { makeLive } from "./live.js";
import { OPERATIONS } from "./operations.js";
import { shortNumber, writtenSum } from "./steps.js";
import { shortest, toLists, toTensor, withRows } from "./tensor.js";

const CASES = JSON.parse(readFileSync(new URL("live_cases.json", import.meta.url)));

function assertClose(values, expected, message) {
  assert.equal(values.length, expected.length, message);
  values.forEach((value, at) => {
    const wanted = expected[at];
    if (wanted === null) return assert.ok(Number.isNaN(value), `${message}: la celda ${at} está tapada`);
    const near = Math.abs(value - wanted) < 2e-6 * Math.max(1, Math.abs(wanted));
    assert.ok(near, `${message}, celda ${at}: ${value} y no ${wanted}`);
  });
}

async function started(source, words) {
  const live = makeLive(source, words);
  await live.start();
  assert.equal(live.problem, null);
  return live;
}

test("cada operación da en la página los mapas de Python, con sus máscaras y sus restricciones", async () => {
  assert.deepEqual(new Set(CASES.map(({ source }) => source.operation)), new Set(Object.keys(OPERATIONS)));
  for (const { source, queries, keys, restrictions, maps } of CASES) {
    const live = await started(source, { queries, keys });
    const mask = restrictions.mask ? () => Uint8Array.from(restrictions.mask) : null;
    const drawn = live.recompute({ ...restrictions, mask });
    assert.equal(drawn.length, maps.length);
    const name = `${source.operation} ${JSON.stringify(restrictions)}`;
    drawn.forEach((map, i) => assertClose(map.values, maps[i], `${name}, mapa ${i}`));
    live.recompute();
    assert.deepEqual(live.map(0).queries, queries);
  }
});

const HAND = {
  operation: "dot_product",
  inputs: {
    query: [[0, 4, 0, 4]],
    key: [[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0], [0, 0, 0, 0]],
    value: [[3], [7], [2], [9], [0]],
  },
  options: {},
  mask: [[1, 1, 1, 1, 0]],
  vocabulary: null,
  editable: ["query", "key", "value"],
};
const WORDS = { queries: ["libros de Luis"], keys: ["a", "b", "c", "d", "relleno"] };
const worked = (live, row, column) => live.steps().map((step) => step.explain(row, column));

test("cuenta los pasos de una celda con sus números", async () => {
  const live = await started(HAND, WORDS);
  assert.deepEqual(live.steps().map(({ name }) => name), ["Puntuaciones", "Escala", "Máscara", "Softmax", "Suma"]);
  assert.deepEqual(worked(live, 0, 2), [
    "q · k = 0·1 + 4·0 + 0·0 + 4·1 = 4",
    "4 / √4 = 2",
    "visible: se queda en 2",
    "exp(2) / (exp(0) + exp(4) + exp(2) + exp(2)) = 7,39 / 70,38 = 0,105",
    "Σ peso · valor = 0,014·3 + 0,776·7 + 0,105·2 + 0,105·9 = 6,63",
  ]);
  const hidden = ["tapada: pasa a −∞", "exp(−∞) = 0: el peso de una clave tapada es 0."];
  assert.deepEqual(worked(live, 0, 4).slice(2, 4), hidden);
  live.write("query", 1, -60);
  assert.equal(worked(live, 0, 1)[0], "q · k = 0·0 + (−60)·1 + 0·0 + 4·1 = −56");
  assert.equal(
    worked(live, 0, 0)[3],
    "exp(0 − 2) / (exp(0 − 2) + exp(−28 − 2) + exp(2 − 2) + exp(−30 − 2)) = 0,135 / 1,14 = 0,119",
  );
});

test("los pasos siguen a la temperatura, a la escala propia, al sesgo y a una fila vacía", async () => {
  const live = await started(HAND, WORDS);
  live.recompute({ temperature: 2 });
  assert.equal(worked(live, 0, 1)[1], "8 / (√4 · 2) = 2");
  live.recompute({ mask: (rows, columns) => new Uint8Array(rows * columns) });
  assert.equal(worked(live, 0, 1)[3], "No queda ninguna clave visible: todos los pesos son 0.");
  assert.equal(worked(live, 0, 1)[4], "Σ peso · valor = 0 = 0");
  const biased = { ...HAND, inputs: { ...HAND.inputs, bias: [[0, -1, 0, 0, 0]] }, options: { scale: 0.25 } };
  assert.equal(worked(await started(biased, WORDS), 0, 1)[1], "8 · 0,25 + (−1) = 1");
});

test("la aditiva cuenta sus energías con el núcleo", async () => {
  const { key, value } = HAND.inputs;
  const inputs = { query: [[0, 1, 0, 0]], key, value, score_vector: [1, 2, 0, 0] };
  const source = { ...HAND, operation: "additive", inputs };
  const live = await started(source, WORDS);
  assert.deepEqual(live.steps().map(({ name }) => name), ["Puntuaciones", "Máscara", "Softmax", "Suma"]);
  const [scores] = live.steps();
  assert.ok(Math.abs(scores.map.values[1] - 2 * Math.tanh(2)) < 1e-6);
  assert.equal(
    scores.explain(0, 1),
    "v · tanh(q + k) = 1·tanh(0 + 0) + 2·tanh(1 + 1) + 0·tanh(0 + 0) + 0·tanh(0 + 1) = 1,93",
  );
  live.recompute({ temperature: 2 });
  assert.equal(live.steps()[1].explain(0, 1), "1,93 / 2 = 0,964");
});

test("editar, restablecer, guardar y volver", async () => {
  const live = await started(HAND, WORDS);
  const seen = [];
  live.onChange((structure) => seen.push(structure));
  assert.equal(live.state(), null);
  live.write("value", 1, 100);
  live.rename("keys", 0, "otra");
  const state = JSON.parse(JSON.stringify(live.state()));
  assert.deepEqual(state, { keys: ["otra", "b", "c", "d", "relleno"], inputs: { value: [[3], [100], [2], [9], [0]] } });
  live.reset();
  assert.equal(live.state(), null);
  assert.equal(live.map(0).keys[0], "a");
  assert.equal(live.restore(state), true);
  assert.deepEqual(live.state(), state);
  assert.deepEqual(seen, [false, false, true, true]);
});

test("añade y quita palabras al final, con ceros y sin tapar", async () => {
  const live = await started(HAND, WORDS);
  live.resize("keys", 6);
  assert.deepEqual(live.map(0).keys.slice(-2), ["relleno", "palabra 6"]);
  assert.deepEqual([...live.map(0).values].map(Number.isNaN), [false, false, false, false, true, false]);
  const state = live.state();
  live.resize("keys", 2);
  assert.equal(live.map(0).columns, 2);
  live.resize("keys", 0);
  live.resize("keys", 13);
  assert.equal(live.map(0).columns, 2);
  assert.equal(live.restore(state), true);
  assert.equal(live.map(0).columns, 6);
});

test("un estado ajeno o roto no cambia nada", async () => {
  const live = await started(HAND, WORDS);
  const wrong = [
    { keys: ["una"] },
    { keys: "abcde" },
    { queries: [], inputs: {} },
    { queries: [7] },
    { inputs: { query: [[0, 4, 0]] } },
    { inputs: { query: [[0, 4, 0, "4"]] } },
    { inputs: { query: [[0, 4, 0, null]] } },
    { inputs: { other: [[1]] } },
    { inputs: { __proto__: null, toString: [[1]] } },
    { inputs: { query: 3 } },
    { queries: ["x".repeat(1000)] },
  ];
  for (const state of wrong) assert.equal(live.restore(state), false, JSON.stringify(state));
  assert.equal(live.state(), null);
});

test("escribir otra frase: palabras con vector, sin signos ni mayúsculas; las demás se nombran", async () => {
  const source = {
    ...{ operation: "dot_product", options: { causal: true }, mask: null, editable: ["embeddings"] },
    inputs: { embeddings: [[1, 0], [0, 2], [1, 1]] },
    vocabulary: ["El", "gato", "duerme"],
  };
  const live = await started(source, { queries: ["El", "gato"], keys: ["El", "gato"] });
  assert.deepEqual(live.rewrite("el perro ¡duerme! mucho"), ["perro", "mucho"]);
  assert.deepEqual(live.map(0).keys, ["El", "duerme"]);
  const share = 1 / (1 + Math.exp(Math.SQRT1_2));
  assertClose(live.map(0).values, [1, null, share, 1 - share], "frase");
  assert.deepEqual(live.rewrite("nada"), ["nada"]);
  assert.deepEqual(live.map(0).keys, ["El", "duerme"]);
  assert.deepEqual(live.rewrite("gato ".repeat(40)), []);
  assert.equal(live.map(0).rows, 24);
  assert.equal(live.restore({ queries: ["perro"], keys: ["perro"] }), false);
  assert.equal(live.restore({ queries: ["El"], keys: ["gato"] }), false);
  live.reset();
  assert.deepEqual(live.map(0).keys, ["El", "gato"]);
});

test("sin núcleo no hay mapas nuevos, y se dice por qué", async () => {
  const live = makeLive(HAND, WORDS, async () => Promise.reject(new Error("prohibido")));
  let calls = 0;
  live.onChange(() => (calls += 1));
  await live.start();
  assert.deepEqual([live.problem, live.ready, live.map(0), live.steps(), calls], [WITHOUT_CORE, false, null, null, 1]);
  assert.equal(live.recompute({ temperature: 2 }), null);
});

test("números: coma o punto al leer, cortos al escribir, sumas largas abreviadas", () => {
  assert.deepEqual(["1,5", "-2", "−2.25", "+,5", "1e2", " 3 "].map(parseNumber), [1.5, -2, -2.25, 0.5, 100, 3]);
  const wrongTexts = ["", "a", "1,2,3", "--1", "1e99", "Infinity", "0x10", "1 2"];
  for (const text of wrongTexts) assert.equal(parseNumber(text), null);
  assert.deepEqual([0.105, 7.389, 70.376, 4, -56, 1234.5, 0, 1e-5, -Infinity].map(shortNumber),
    ["0,105", "7,39", "70,38", "4", "−56", "1235", "0", "<0,001", "−∞"]);
  assert.equal(writtenSum(["a", "b", "c", "d", "e", "f", "g", "h"]), "a + b + c + d + … + h");
  assert.equal(shortest(Math.fround(0.1)), 0.1);
  const tensor = toTensor([[[1, 2]], [[3, 4]]]);
  assert.deepEqual(toLists(withRows(tensor, 2)), [[[1, 2], [0, 0]], [[3, 4], [0, 0]]]);
  for (const wrong of [[[1], [2, 3]], [], [[1], 2], [["1"]]]) assert.throws(() => toTensor(wrong));
});
