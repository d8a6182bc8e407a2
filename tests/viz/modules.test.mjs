// Las partes de la figura que no tocan el DOM. Las pasa test_modules.py, con los módulos copiados al lado.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { entropyOf, hasMasked, isDistribution, meanByKey, strongest, summarise } from "./matrix.js";
import { cellAt, moveCursor, planLayout } from "./plan.js";
import { decimalsFor, formatNumber, readBlock, readCell, readRow, visible } from "./reading.js";
import { fakeModel, matrix, spoken } from "./sample_maps.mjs";
import { readStack } from "./stack.js";
import { shortNumber } from "./steps.js";
import { detectTheme, inkOn, makeScale } from "./theme.js";

test("decodifica 8 bits y la máscara", () => {
  const stack = readStack(fakeModel({}));
  const map = stack.map([]);
  assert.deepEqual([...map.values], [0, 0.5, 1, NaN, 10 / 254, 20 / 254]);
  assert.equal(hasMasked(map), true);
  assert.equal(map.step, 1 / 254);
});

test("decodifica 16 bits little endian en bytes sin alinear, y elige la matriz por su índice", () => {
  const padded = new Uint8Array([9, 0, 0, 255, 255, 254, 255, 1, 0, 0, 0, 0, 0]);
  const tokens = { query_tokens: ["a"], key_tokens: ["b"] };
  const traits = { ...tokens, shape: [2, 3, 1, 1], bits: 16, data: padded.subarray(1), kinds: ["scores", "weights"] };
  const ranges = [[0, 4], [0, 1], [-3, 5], [2, 2], [7, 7], [8, 8]];
  const stack = readStack(fakeModel({ ...traits, ranges, domains: [[-5, 5], [0, 1]] }));
  assert.equal(stack.map([0, 0]).values[0], 0);
  assert.equal(hasMasked(stack.map([0, 0])), false);
  assert.ok(Number.isNaN(stack.map([0, 1]).values[0]));
  assert.equal(stack.map([0, 2]).values[0], 5);
  assert.equal(stack.map([1, 1]).values[0], 7);
  assert.equal(stack.map([1, 1]).kind, "weights");
  assert.deepEqual(stack.map([0, 2]).domain, [-5, 5]);
});

test("una matriz pequeña no se resume; una grande, por la celda más fuerte de cada bloque", () => {
  const small = summarise({ rows: 2, columns: 128, values: new Float64Array(256).fill(0.5) });
  assert.deepEqual([small.rows, small.columns, small.large], [2, 128, false]);
  const values = new Float64Array(3 * 130).fill(NaN);
  values[130 + 4] = -9;
  values[130 + 5] = 7;
  const grid = summarise({ rows: 3, columns: 130, values });
  assert.deepEqual([grid.rows, grid.columns, grid.rowSpan, grid.columnSpan], [3, 44, 1, 3]);
  assert.equal(grid.values[44 + 1], -9);
  assert.equal(grid.peak[44 + 1], 130 + 4);
  assert.ok(Number.isNaN(grid.values[0]));
});

test("la clave más fuerte de una fila salta las enmascaradas", () => {
  const map = { rows: 2, columns: 3, values: [NaN, -2, -3, NaN, NaN, NaN] };
  assert.equal(strongest(map, 0), 1);
  assert.equal(strongest(map, 1), -1);
});

test("sabe qué matrices son un reparto: filas que suman 1 o están enmascaradas enteras", () => {
  assert.equal(isDistribution(matrix([[0.25, 0.75], [NaN, 1], [NaN, NaN]])), true);
  assert.equal(isDistribution(matrix([[0.25, 0.75], [0, 0]])), false);
  assert.equal(isDistribution(matrix([[0.25, 0.75], [0.3, 0.3]])), false);
  assert.equal(isDistribution(matrix([[0.25, 0.75]], "scores")), false);
});

test("mide la entropía de una fila en bits frente a la mayor posible", () => {
  const map = matrix([[0.5, 0.5, 0, 0], [0.25, 0.25, 0.25, 0.25], [1, NaN, NaN, NaN], [NaN, NaN, NaN, NaN]]);
  assert.deepEqual([0, 1, 2, 3].map((row) => entropyOf(map, row)), [
    { bits: 1, most: 2 },
    { bits: 2, most: 2 },
    { bits: 0, most: 0 },
    { bits: 0, most: 0 },
  ]);
});

test("promedia lo que recibe cada clave de las filas a la vista", () => {
  const map = matrix([[0.5, 0.5, NaN], [1, 0, NaN], [0, 1, NaN]]);
  assert.deepEqual([...meanByKey(map, 1)], [0.75, 0.25, NaN]);
  assert.deepEqual([...meanByKey(map, 2)], [0.5, 0.5, NaN]);
});

test("lee celdas, bloques y filas en español", () => {
  const stack = readStack(fakeModel({ ranges: [[0, 0.71]] }));
  const map = stack.map([]);
  assert.equal(spoken(readCell(map, 0, 2)), "«casa» atiende a «house» con peso 0,71.");
  assert.equal(spoken(readCell(map, 1, 0)), "«azul» no puede atender a «the»: celda enmascarada.");
  assert.equal(spoken(readRow(map, 0, 2)), "Paso 1 de 2: «casa» atiende sobre todo a «house», con peso 0,71.");
  assert.equal(spoken(readRow(map, 1, -1)), "Paso 2 de 2: «azul» no atiende a ninguna clave: fila enmascarada.");
  const grid = { rowSpan: 2, columnSpan: 2, columns: 2, peak: [1, -1] };
  assert.equal(
    spoken(readBlock(map, grid, { row: 0, column: 0 })),
    "Consultas 1–2, claves 1–2: lo más alto, «casa» atiende a «white» con peso 0,35.",
  );
  assert.equal(spoken(readBlock(map, grid, { row: 0, column: 1 })), "Consultas 1–2, claves 3–3: bloque enmascarado.");
});

test("lee puntuaciones con signo, y da la posición de un token repetido", () => {
  const traits = { kinds: ["scores"], ranges: [[-1.27, 1.27]], key_tokens: ["0", "a", "0"] };
  const stack = readStack(fakeModel(traits));
  const map = stack.map([]);
  assert.equal(spoken(readCell(map, 0, 0)), "«casa» frente a «0» (posición 1): puntuación −1,27.");
  assert.equal(spoken(readRow(map, 0, 2)), "Paso 1 de 2: «casa» puntúa más alto a «0» (posición 3): puntuación 1,27.");
});

test("un peso que no llega a media centésima no se lee como cero", () => {
  const stack = readStack(fakeModel({ ranges: [[0, 0.004]] }));
  assert.equal(spoken(readCell(stack.map([]), 0, 2)), "«casa» atiende a «house» con peso menor que 0,01.");
  assert.equal(spoken(readCell(stack.map([]), 0, 0)), "«casa» atiende a «the» con peso 0,00.");
});

test("los decimales que se leen no pasan de la precisión que viaja", () => {
  assert.deepEqual([0, 1 / 254, 0.01, 0.02, 0.1, 0.5, 3].map(decimalsFor), [2, 2, 2, 1, 1, 0, 0]);
});

test("escribe números y tokens como en Python", () => {
  assert.equal(formatNumber(-1.2, 2), "−1,20");
  assert.equal(formatNumber(-0.001, 2), "0,00");
  for (const [token, expected] of JSON.parse(readFileSync(new URL("visible_cases.json", import.meta.url)))) {
    assert.equal(visible(token), expected);
  }
});

test("sigue el tema de cada anfitrión, y el del sistema si calla", () => {
  const page = (attributes, dataset = {}) => ({ dataset, getAttribute: (name) => attributes[name] ?? null });
  const body = (dataset) => ({ dataset });
  assert.equal(detectTheme(page({}), body({}), true), "dark");
  assert.equal(detectTheme(page({}), body({}), false), "light");
  assert.equal(detectTheme(page({}, { theme: "light" }), body({}), true), "light");
  assert.equal(detectTheme(page({}, { theme: "dark" }), body({}), false), "dark");
  assert.equal(detectTheme(page({}, { theme: "auto" }), body({}), true), "dark");
  assert.equal(detectTheme(page({ theme: "dark" }), body({}), false), "dark");
  assert.equal(detectTheme(page({}), body({ jpThemeLight: "false" }), false), "dark");
  assert.equal(detectTheme(page({}), body({ jpThemeLight: "true" }), true), "light");
  assert.equal(detectTheme(page({}), body({ vscodeThemeKind: "vscode-dark" }), false), "dark");
  assert.equal(detectTheme(page({}), body({ vscodeThemeKind: "vscode-high-contrast" }), false), "dark");
  assert.equal(detectTheme(page({}), body({ vscodeThemeKind: "vscode-high-contrast-light" }), true), "light");
});

test("la escala une los colores, se satura fuera y su tinta siempre contrasta", () => {
  const scale = makeScale(["#000000", "#0000ff", "#ffffff"]);
  assert.deepEqual(scale(0), [0, 0, 0]);
  assert.deepEqual(scale(0.25), [0, 0, 128]);
  assert.deepEqual(scale(2), [255, 255, 255]);
  assert.deepEqual(scale(-1), [0, 0, 0]);
  assert.deepEqual(scale(NaN), [0, 0, 0]); // un resultado que no es un número no detiene la figura
  const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
  for (let grey = 0; grey <= 255; grey++) {
    const luminance = linear(grey / 255);
    const ink = inkOn([grey, grey, grey]) === "#ffffff" ? 1 : 0;
    const contrast = (Math.max(luminance, ink) + 0.05) / (Math.min(luminance, ink) + 0.05);
    assert.ok(contrast >= 4.5, `gris ${grey}: ${contrast}`);
  }
});

const space = { rows: 7, columns: 7, rowLabel: 50, columnLabel: 30, signed: false, coarse: false, dense: false };

test("reparte el ancho: celdas grandes con números, pequeñas sin ellos, y desplazamiento antes que ilegibles", () => {
  assert.deepEqual(planLayout({ ...space, width: 700 }).cellWidth, 54);
  assert.equal(planLayout({ ...space, width: 700 }).withValues, true);
  assert.equal(planLayout({ ...space, width: 300 }).cellWidth, 34);
  assert.equal(planLayout({ ...space, width: 300, signed: true }).cellWidth, 42);
  assert.equal(planLayout({ ...space, width: 700, columns: 9 }).withValues, false);
  assert.equal(planLayout({ ...space, width: 700, columns: 128 }).cellWidth, 12);
  assert.equal(planLayout({ ...space, width: 700, columns: 128, coarse: true }).cellWidth, 18);
  assert.equal(planLayout({ ...space, width: 700, columns: 128, dense: true }).cellWidth, 4);
});

test("las etiquetas que no caben se escriben salteadas, y en vertical si se pide", () => {
  const tiny = planLayout({ ...space, width: 300, columns: 64, dense: true });
  assert.deepEqual([tiny.cellWidth, tiny.font, tiny.every], [3, 9, 3]);
  assert.equal(planLayout({ ...space, width: 700, columns: 64 }).every, 1);
  const bare = planLayout({ ...space, width: 200, numbers: false, columnLabel: 90, steep: true });
  assert.deepEqual([bare.withValues, bare.angle, bare.right], [false, 90, 2]);
});

test("inclina las etiquetas solo cuanto hace falta", () => {
  assert.equal(planLayout({ ...space, width: 700 }).angle, 0);
  assert.equal(planLayout({ ...space, width: 700, columnLabel: 90 }).angle, 45);
  assert.equal(planLayout({ ...space, width: 700, columns: 60, columnLabel: 90 }).angle, 90);
  assert.equal(planLayout({ ...space, width: 700, columns: 60, columnLabel: 13 }).angle, 0); // letras sueltas
});

test("encuentra la celda bajo el puntero, y nada fuera de ellas", () => {
  const plan = { cellWidth: 10, cellHeight: 20 };
  assert.deepEqual(cellAt(plan, 3, 5, 49.9, 59.9), { row: 2, column: 4 });
  assert.equal(cellAt(plan, 3, 5, 50, 10), null);
  assert.equal(cellAt(plan, 3, 5, 10, -1), null);
});

test("el teclado recorre las celdas sin salirse", () => {
  const from = { row: 1, column: 2 };
  const go = (key, jump = false) => Object.values(moveCursor(from, key, jump, 4, 6));
  assert.deepEqual(go("ArrowUp"), [0, 2]);
  assert.deepEqual(go("ArrowDown"), [2, 2]);
  assert.deepEqual(go("ArrowLeft"), [1, 1]);
  assert.deepEqual(go("ArrowRight"), [1, 3]);
  assert.deepEqual(go("Home"), [1, 0]);
  assert.deepEqual(go("End"), [1, 6]);
  assert.deepEqual(go("Home", true), [0, 0]);
  assert.deepEqual(go("End", true), [4, 6]);
  assert.deepEqual(Object.values(moveCursor({ row: 4, column: 6 }, "ArrowDown", false, 4, 6)), [4, 6]);
  assert.equal(moveCursor(from, "a", false, 4, 6), null);
});

test("abrevia los números sin perder cifras: los ceros que sobran son solo los decimales", () => {
  assert.deepEqual([2, 1.5, 0.5, 100, 1200, -2.28, 0].map(shortNumber), ["2", "1,5", "0,5", "100", "1200", "−2,28", "0"]);
  assert.ok(shortNumber(Math.fround(1e30)).endsWith("e+30"));
});
