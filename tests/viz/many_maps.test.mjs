// Las cuentas de muchas matrices y de las grandes: miniaturas, diferencias, regiones y bloques.
import assert from "node:assert/strict";
import { test } from "node:test";

import { difference, extremes, favourite, isDistribution, summarise } from "./matrix.js";
import { planThumbnails } from "./plan.js";
import { nameIndex, readBlock, readCell, readDifference, readRegion, readSummary } from "./reading.js";
import { cropMap, regionAround, regionTo, resample } from "./regions.js";
import { fakeModel, spoken, square } from "./sample_maps.mjs";
import { readStack } from "./stack.js";

test("recorta una región con sus tokens, y recuerda de dónde sale", () => {
  const map = square([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, NaN, 12]]);
  const part = cropMap(map, { row: 1, column: 2, rows: 2, columns: 2 });
  assert.deepEqual([...part.values], [7, 8, NaN, 12]);
  assert.deepEqual([part.queries, part.keys], [["q1", "q2"], ["k2", "k3"]]);
  assert.deepEqual(part.first, { row: 1, column: 2 });
  assert.deepEqual(cropMap(part, { row: 1, column: 1, rows: 1, columns: 1 }).first, { row: 2, column: 3 });
});

test("una región rodea a su celda sin salirse, y se desplaza lo justo", () => {
  const map = { rows: 300, columns: 40 };
  const center = (row, column) => Object.values(regionAround(map, { row, column }, 64));
  assert.deepEqual(center(100, 20), [68, 0, 64, 40]);
  assert.deepEqual(center(3, 39), [0, 0, 64, 40]);
  assert.deepEqual(center(299, 0), [236, 0, 64, 40]);
  const region = { row: 68, column: 0, rows: 64, columns: 40 };
  assert.deepEqual(regionTo(region, { row: 131, column: 0 }), region);
  assert.equal(regionTo(region, { row: 132, column: 0 }).row, 69);
  assert.equal(regionTo(region, { row: 10, column: 0 }).row, 10);
});

test("una miniatura no pierde la celda más fuerte, y solo enmascara donde nada se ve", () => {
  const map = square([[0.1, NaN, NaN, NaN], [0.1, 0.9, NaN, NaN], [0, 0, 0.2, 0.3]]);
  assert.deepEqual([...resample(map, 2, 1)], [0.9, 0.3]);
  assert.deepEqual([...resample(map, 2, 3)], [0.1, NaN, 0.9, NaN, 0, 0.3]);
  assert.deepEqual([...resample(map, 4, 3)], [...map.values]);
  assert.deepEqual([...resample(square([[1, 2]]), 4, 2)], [1, 1, 2, 2, 1, 1, 2, 2]);
  assert.deepEqual([...resample(square([[1, -2, 0.5, -0.1]], "scores"), 2, 1)], [-2, 0.5]);
});

test("resta dos matrices en una escala simétrica, enmascarada donde lo esté una", () => {
  const delta = difference(square([[0.5, NaN, 0.25]]), square([[0.25, 0.5, 1]]));
  assert.deepEqual([...delta.values], [-0.25, NaN, 0.75]);
  assert.deepEqual([delta.kind, delta.domain, delta.step], ["scores", [-0.75, 0.75], 2e-4]);
  assert.deepEqual(difference(square([[1]]), square([[1]])).domain, [-1, 1]);
});

test("dice cuánto valen dos matrices en una celda y cuánto cambia, en singular o por bloques", () => {
  const [a, b] = [square([[0.12, NaN, 0.8]]), square([[0.71, 0.5, 0.2]])];
  const delta = difference(a, b);
  const grids = [a, b, delta].map(summarise);
  const read = (column) => spoken(readDifference(a, { row: 0, column }, grids, delta.step));
  assert.equal(read(0), "«q0» → «k0»: A 0,12; B 0,71; diferencia +0,59.");
  assert.equal(read(1), "«q0» → «k1»: A enmascarada; B 0,50; diferencia enmascarada.");
  assert.equal(read(2), "«q0» → «k2»: A 0,80; B 0,20; diferencia −0,60.");
  const blocks = { ...a, block: { rows: 5, columns: 5 }, size: { rows: 4, columns: 13 } };
  assert.equal(
    spoken(readDifference(blocks, { row: 0, column: 2 }, grids, delta.step)),
    "Consultas 1–4, claves 11–13: lo más alto, A 0,80; B 0,20; diferencia −0,60.",
  );
});

test("encuentra adónde atiende una matriz: una distancia, una clave o ninguna", () => {
  const diagonal = square([[1, 0, 0, 0], [0.9, 0.1, 0, 0], [0, 0.8, 0.2, 0], [0, 0, 1, 0]]);
  assert.deepEqual(favourite({ ...diagonal, keys: diagonal.queries }), { offset: -1, weight: 0.9 });
  assert.equal(favourite(diagonal), null); // sin ser la misma frase, la diagonal no significa nada
  const first = square([[0.75, 0.25, 0, 0], [0.5, 0.5, 0, 0]]);
  assert.deepEqual(favourite(first), { key: 0, weight: 0.625 });
});

test("resume una matriz entre las demás", () => {
  const stack = { axes: ["capa", "cabeza"], labels: [[], ["sujeto", "verbo"]], leading: [3, 2] };
  const map = square([[0.75, 0.25, NaN]]);
  const mean = { bits: 0.8, most: 1 };
  const start = "Capa 2, cabeza sujeto: entropía media 0,80 de 1,00 bits;";
  const say = (told) => spoken(readSummary(stack, [1, 0], map, { range: extremes(map), ...told }));
  assert.equal(nameIndex(stack, [2, 1]), "capa 3, cabeza verbo");
  assert.equal(
    say({ mean, best: { offset: -1, weight: 0.81 } }),
    `${start} atiende sobre todo a la posición anterior (peso medio 0,81).`,
  );
  assert.equal(
    say({ mean, best: { key: 1, weight: 0.25 } }),
    `${start} la clave más atendida es «k1» (peso medio 0,25).`,
  );
  assert.equal(say({ mean, best: null }), `${start} sin una clave preferida.`);
  assert.equal(say({ mean: null }), "Capa 2, cabeza sujeto: pesos de 0,25 a 0,75.");
  assert.equal(extremes(square([[NaN]])), null);
  assert.equal(say({ mean: null, range: null }), "Capa 2, cabeza sujeto: todas las celdas enmascaradas.");
});

test("un conjunto que viaja por bloques nombra posiciones, no tokens, y no finge ser un reparto", () => {
  const tokens = { query_tokens: ["a", "b", "c", "d", "e"], key_tokens: ["f", "g", "h", "i", "j", "k", "l"] };
  const data = new Uint8Array([254, 255, 0, 0, 0, 0, 127, 0, 0]);
  const stack = readStack(fakeModel({ ...tokens, shape: [5, 7], blocks: [2, 3], data }));
  const map = stack.map([]);
  assert.deepEqual([map.queries, map.keys], [["1–2", "3–4", "5–5"], ["1–3", "4–6", "7–7"]]);
  assert.equal(spoken(readCell(map, 2, 0)), "Consultas 5–5, claves 1–3: lo más alto, peso 0,50.");
  assert.equal(spoken(readCell(map, 0, 1)), "Consultas 1–2, claves 4–6: bloque enmascarado.");
  assert.equal(readRegion(map, { row: 1, column: 1, rows: 2, columns: 2 }), "Consultas 3–5, claves 4–7");
  assert.equal(isDistribution(map), false);
  const grid = { rowSpan: 2, columnSpan: 2, columns: 2, peak: [0, -1, 6, -1] };
  assert.equal(
    spoken(readBlock(map, grid, { row: 0, column: 0 })),
    "Consultas 1–4, claves 1–6: lo más alto, peso 1,00.",
  );
  const byRow = readStack(fakeModel({ ...tokens, shape: [5, 7], blocks: [1, 7], data: new Uint8Array(5).fill(254) }));
  assert.equal(spoken(readCell(byRow.map([]), 1, 0)), "Consulta «b», claves 1–7: lo más alto, peso 1,00.");
});

test("da las posiciones en orden C, y siempre el mismo objeto para una posición", () => {
  const traits = { shape: [2, 3, 1, 1], query_tokens: ["a"], key_tokens: ["b"], ranges: Array(6).fill([0, 1]) };
  const stack = readStack(fakeModel(traits));
  assert.deepEqual(stack.positions, [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]);
  assert.equal(stack.map([1, 2]), stack.map([1, 2]));
  assert.deepEqual(readStack(fakeModel({})).positions, [[]]);
});

test("coloca las miniaturas: cruzadas si hay dos ejes, en filas parejas si hay uno", () => {
  const plan = (width, leading, aspect = 1) => planThumbnails({ width, leading, aspect, rowLabel: 50 });
  const crossed = plan(760, [12, 12]);
  assert.deepEqual([crossed.rows, crossed.columns, crossed.cellWidth, crossed.thumbWidth], [12, 12, 57, 53]);
  assert.equal(plan(310, [12, 12]).cellWidth, 36); // en una pantalla estrecha se desplaza
  const wrapped = plan(760, [8]);
  assert.deepEqual([wrapped.rows, wrapped.columns, wrapped.count, wrapped.left], [2, 4, 8, 0]);
  assert.deepEqual([plan(310, [3]).rows, plan(310, [3]).columns], [2, 2]);
  assert.equal(plan(760, [12, 12], 3).thumbHeight, Math.round(53 * 1.8));
});
