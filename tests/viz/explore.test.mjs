// Explorar un mapa y enlazar su estado: las partes que no tocan el DOM, con el núcleo de verdad.
import assert from "node:assert/strict";
import { test } from "node:test";

import { loadCore } from "./core.js";
import { decodeState, encodeState } from "./link.js";
import { isUnchanged, maskOf, restrict, UNCHANGED } from "./restrict.js";

const matrix = (rows, domain = [0, 1]) => {
  const values = Float64Array.from(rows.flat());
  return { values, rows: rows.length, columns: rows[0].length, kind: "weights", step: 1e-4, domain };
};
const near = (found, expected) => {
  assert.equal(found.length, expected.length);
  found.forEach((value, i) => assert.ok(Object.is(value, expected[i]) || Math.abs(value - expected[i]) < 1e-6, `${found}`));
};

test("la máscara suma causal, ventana, relleno, claves prohibidas y la propia del mapa", () => {
  const map = matrix([[0.2, 0.3, 0.5, NaN], [0.25, 0.25, 0.25, 0.25]]); // dos consultas al final de cuatro claves
  const mask = (changes) => [...maskOf(map, { ...UNCHANGED, ...changes })].join("");
  assert.equal(mask({}), "11101111");
  assert.equal(mask({ causal: true }), "11101111");
  assert.equal(mask({ window: 1 }), "01100011");
  assert.equal(mask({ window: 0, causal: true }), "00100001");
  assert.equal(mask({ padding: 3 }), "10001000");
  assert.equal(mask({ forbidden: [0, 2] }), "01000101");
  const square = matrix([[0.5, 0.5], [0.5, 0.5]]);
  assert.deepEqual([...maskOf(square, { ...UNCHANGED, causal: true })], [1, 0, 1, 1]);
});

test("prohibir una clave reparte su peso en proporción, y una fila sin claves queda enmascarada", async () => {
  const core = await loadCore();
  const map = matrix([[0.2, 0.3, 0.5], [0, 0, 1]]);
  near([...restrict(core, map, { ...UNCHANGED, forbidden: [1] }).values], [2 / 7, NaN, 5 / 7, 0, NaN, 1]);
  near([...restrict(core, map, { ...UNCHANGED, padding: 3 }).values], [NaN, NaN, NaN, NaN, NaN, NaN]);
});

test("la temperatura divide las puntuaciones: 2 acerca a lo uniforme y 0,5 afila", async () => {
  const core = await loadCore();
  const map = matrix([[0.2, 0.8]]);
  const roots = Math.sqrt(0.2) + Math.sqrt(0.8);
  near([...restrict(core, map, { ...UNCHANGED, temperature: 2 }).values], [Math.sqrt(0.2) / roots, Math.sqrt(0.8) / roots]);
  near([...restrict(core, map, { ...UNCHANGED, temperature: 0.5 }).values], [0.04 / 0.68, 0.64 / 0.68]);
});

test("si un peso pasa de la escala de color, la escala crece", async () => {
  const core = await loadCore();
  const map = matrix([[0.2, 0.2, 0.2, 0.2, 0.2]], [0, 0.2]);
  assert.deepEqual(restrict(core, map, { ...UNCHANGED, forbidden: [0] }).domain, [0, 1]);
  assert.deepEqual(restrict(core, map, { ...UNCHANGED, temperature: 3 }).domain, [0, 0.2]);
});

const kindAt = ([layer]) => (layer === 0 ? "weights" : "scores");
const figure = { views: ["map", "lines", "compare"], leading: [2, 3], rows: 4, columns: 5, kindAt };
const start = { view: "map", index: [0, 0], row: 0, pair: null, cell: null, settings: UNCHANGED, edits: null };

test("el estado va al enlace y vuelve", () => {
  const settings = { temperature: 0.5, causal: true, window: 2, padding: 1, forbidden: [0, 4] };
  const edits = { queries: ["á&=#", "</script>"], inputs: { query: [[1, -2.5]] } };
  const states = [start, { ...start, edits }, { ...start, view: "lines", index: [1, 2], row: 3, cell: { row: 0, column: 4 }, settings }];
  for (const state of states) assert.deepEqual(decodeState(encodeState(state), figure), state);
  const compared = { ...start, view: "compare", pair: [[0, 2], [0, 1]], settings: { ...UNCHANGED, window: 0 } };
  assert.deepEqual(decodeState(encodeState(compared), figure), compared);
  assert.equal(encodeState({ ...start, index: [] }), "vista=map");
});

test("un enlace roto o de otra figura deja todo como al principio", () => {
  const broken = "numeros={&pareja=0.0-1.0&vista=x&indice=9.9&paso=-1&celda=7.7&temperatura=1e9&ventana=a&relleno=5&prohibidas=8.x.1.5.1";
  const state = decodeState(broken, figure);
  assert.deepEqual({ ...state, settings: { ...state.settings, forbidden: [] } }, start);
  assert.deepEqual(state.settings.forbidden, [1]);
  assert.deepEqual(decodeState("", figure), start);
  assert.equal(isUnchanged(decodeState("temperatura=nada", figure).settings), true);
});
