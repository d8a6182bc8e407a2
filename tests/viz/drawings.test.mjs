// Las partes sin DOM de las vistas de líneas, barras y grafo y del menú «Guardar». Las pasa test_modules.py.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { barAt, barOrder, barUnder, MOST_BARS, planBars } from "./bars_plan.js";
import { csvText, fileName } from "./csv.js";
import { flow } from "./drawing.js";
import { fitInto, forceLayout, spreadOut } from "./graph_layout.js";
import { arrow, borderPoint, edgesOf, loopSides, nodeUnder } from "./graph_plan.js";
import { keyY, linePath, moveSide, planLines, queryY, sideAt } from "./lines_plan.js";
import { readAttended, readAttending, readMean } from "./ranking.js";
import { nounOf, sameCell, stepInList, wholeColumn, wholeRow } from "./selection.js";
import { leastDrawn, shareOf } from "./strokes.js";
import { xmlSafe } from "./svg_export.js";
import { strokeColour } from "./theme.js";

const spoken = (parts) => parts.map((part) => (typeof part === "string" ? part : `«${part.token}»`)).join("");

const matrix = (rows, more = {}) => {
  const queries = rows.map((_, i) => `q${i}`);
  const keys = rows[0].map((_, j) => `k${j}`);
  const values = Float64Array.from(rows.flat());
  const size = { rows: rows.length, columns: rows[0].length };
  return { values, ...size, queries, keys, kind: "weights", domain: [0, 1], step: 1e-4, ...more };
};
const map = matrix([[0.5, 0.3, 0.15, 0.05], [NaN, 0.9, 0.1, 0], [NaN, NaN, NaN, NaN]]);

test("una consulta o una clave enteras se llevan su celda más fuerte", () => {
  assert.deepEqual(wholeRow(map, 1), { row: 1, column: 1, whole: "row" });
  assert.deepEqual(wholeRow(map, 2), { row: 2, column: 0, whole: "row" });
  assert.deepEqual(wholeColumn(map, 1, 2), { row: 1, column: 1, whole: "column" });
  assert.deepEqual(wholeColumn(map, 1, 0), { row: 0, column: 1, whole: "column" });
  assert.equal(sameCell(null, null), true);
  assert.equal(sameCell({ row: 1, column: 1 }, { row: 1, column: 1 }), true);
  assert.equal(sameCell({ row: 1, column: 1 }, { row: 1, column: 1, whole: "row" }), false);
  assert.equal(sameCell({ row: 1, column: 1 }, null), false);
  assert.deepEqual([{}, { whole: "row" }, { whole: "column" }].map(nounOf), ["Celda", "Consulta", "Clave"]);
});

test("una lista se recorre sin salirse de ella", () => {
  const go = (i, key) => stepInList(i, key, 5, ["ArrowUp"], ["ArrowDown"]);
  assert.deepEqual([go(2, "ArrowUp"), go(0, "ArrowUp"), go(4, "ArrowDown")], [1, 0, 4]);
  assert.deepEqual([go(2, "Home"), go(2, "End"), go(2, "ArrowLeft")], [0, 4, null]);
});

test("lee a quién atiende una consulta y quién atiende a una clave", () => {
  assert.equal(spoken(readAttended(map, 0)), "«q0» atiende sobre todo a «k0» (0,50), «k1» (0,30) y «k2» (0,15).");
  assert.equal(spoken(readAttended(map, 1)), "«q1» atiende a «k1» (0,90), «k2» (0,10) y «k3» (0,00).");
  assert.equal(spoken(readAttended(map, 2)), "«q2» no atiende a ninguna clave: fila enmascarada.");
  assert.equal(spoken(readAttending(map, 1, 2)), "A «k1» la atienden «q1» (0,90) y «q0» (0,30).");
  assert.equal(spoken(readAttending(map, 0, 2)), "A «k0» la atiende «q0» (0,50).");
  const masked = matrix([[NaN, 1]]);
  assert.equal(spoken(readAttending(masked, 0, 0)), "Ninguna consulta puede atender a «k0»: columna enmascarada.");
  assert.equal(spoken(readMean(map, 2, 0.31)), "«k2» recibe de media 0,31.");
  assert.equal(spoken(readMean({ ...map, kind: "scores" }, 2, -0.31)), "«k2» puntúa de media −0,31.");
  assert.equal(spoken(readMean(map, 2, NaN)), "Ninguna consulta puede atender a «k2»: columna enmascarada.");
});

const lines = planLines({ width: 600, rows: 3, columns: 5, queryLabel: 60, keyLabel: 60, coarse: false });

test("las líneas unen la altura de la consulta con la de la clave, y las columnas quedan centradas", () => {
  const centre = (place, count) => (place(lines, 0) + place(lines, count - 1)) / 2;
  assert.equal(centre(queryY, 3), centre(keyY, 5));
  const numbers = linePath(lines, 2, 4).match(/[\d.]+/g).map(Number);
  assert.deepEqual(numbers.slice(0, 2), [lines.left, queryY(lines, 2)]);
  assert.deepEqual(numbers.slice(-2), [lines.right, keyY(lines, 4)]);
  for (const width of [250, 320, 600, 2000]) {
    const plan = planLines({ width, rows: 64, columns: 64, queryLabel: 9000, keyLabel: 9000, coarse: true });
    assert.ok(plan.right - plan.left > 0.1 * width || plan.width < width, `${width}`);
    assert.ok(plan.width <= width && plan.pitch >= 24);
  }
});

test("señala la consulta o la clave bajo el puntero, y nada entre las dos columnas", () => {
  assert.deepEqual(sideAt(lines, 0, queryY(lines, 1), 2), { row: 1 });
  assert.deepEqual(sideAt(lines, 599, keyY(lines, 4), 2), { column: 4 });
  assert.equal(sideAt(lines, 300, queryY(lines, 1), 2), null);
  assert.equal(sideAt(lines, 0, queryY(lines, 2), 1), null); // fila que aún no se ve
  assert.equal(sideAt(lines, 0, 0, 2), null);
});

test("las flechas recorren una columna y pasan a la otra", () => {
  const query = { row: 1, column: 3, whole: "row" };
  const key = { row: 1, column: 3, whole: "column" };
  assert.deepEqual(moveSide(query, "ArrowDown", 3, 5), { row: 2 });
  assert.deepEqual(moveSide(query, "ArrowRight", 3, 5), { column: 3 });
  assert.deepEqual(moveSide(key, "End", 3, 5), { column: 4 });
  assert.deepEqual(moveSide(key, "ArrowLeft", 3, 5), { row: 1 });
  assert.equal(moveSide(key, "a", 3, 5), null);
});

test("las líneas que se omiten dependen del peso máximo", () => {
  assert.equal(leastDrawn(map), 0.05 * 0.9);
  assert.ok(leastDrawn(matrix([Array(64).fill(1 / 64)])) < 1 / 64);
  assert.equal(shareOf(matrix([[0.2]], { domain: [0, 0.4] }), 0.2), 0.5);
});

test("toda línea y toda barra contrastan con el fondo al menos 3 a 1 en los dos temas", () => {
  const css = readFileSync("heatmap.css", "utf8");
  const found = (name) => [...css.matchAll(new RegExp(`--am-${name}: ([^;]+);`, "g"))];
  const all = (name) => found(name).map((match) => match[1].split(", "));
  const luminance = (hex) => {
    const linear = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);
    const [r, g, b] = linear.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  for (const theme of [0, 1]) {
    const paper = luminance(all("surface")[theme][0]);
    const colours = { weights: all("weights")[theme], scores: all("scores")[theme] };
    const shares = { weights: [0, 0.1, 0.5, 1, 7], scores: [-1, -0.5, -1e-9, 0.01, 0.5, 1] };
    for (const [kind, values] of Object.entries(shares)) {
      for (const share of values) {
        const seen = luminance(strokeColour(colours, kind, share));
        const contrast = (Math.max(seen, paper) + 0.05) / (Math.min(seen, paper) + 0.05);
        assert.ok(contrast >= 3, `tema ${theme}, ${kind} ${share}: ${contrast}`);
      }
    }
    assert.equal(strokeColour(colours, "weights", 1), colours.weights.at(-1));
    assert.equal(strokeColour(colours, "scores", -1), colours.scores[0]);
  }
});

const space = { width: 500, count: 4, keyLabel: 50, coarse: false };

test("las barras crecen desde el cero hasta el valor mayor y dejan sitio a su número", () => {
  const plan = planBars({ ...space, signed: false, peak: 0.4 });
  const full = barAt(plan, 1, 0.4);
  assert.equal(full.x, plan.zero);
  assert.ok(full.textX + 30 <= plan.width);
  assert.equal(barAt(plan, 0, 0.2).width, full.width / 2);
  assert.equal(barAt(plan, 0, NaN).width, 0);
  assert.equal(barUnder(plan, 4, full.middle), 1);
  assert.equal(barUnder(plan, 4, 2), -1);
  assert.equal(barUnder(plan, 4, plan.height + 20), -1);
  const signed = planBars({ ...space, signed: true, peak: 2 });
  const [left, right] = [barAt(signed, 0, -2), barAt(signed, 0, 2)];
  assert.equal(left.x + left.width, right.x);
  assert.equal(left.width, right.width);
  assert.deepEqual([left.anchor, right.anchor], ["end", "start"]);
  assert.ok(left.textX - 30 >= signed.left);
  assert.equal(barAt(planBars({ ...space, signed: false, peak: 0 }), 0, 0).width, 0);
});

test("las barras se ordenan por valor, con las enmascaradas al final; de muchas, las mayores", () => {
  const values = Float64Array.from([0.1, NaN, 0.7, 0.2]);
  assert.deepEqual(barOrder(values, false), [0, 1, 2, 3]);
  assert.deepEqual(barOrder(values, true), [2, 3, 0, 1]);
  const many = Float64Array.from({ length: 200 }, (_, i) => i);
  const order = barOrder(many, false);
  assert.deepEqual([order.length, order[0], order.at(-1)], [MOST_BARS, 199, 168]);
});

test("el reparto de un grafo sale siempre igual y es finito", () => {
  const ring = [[0, 1], [1, 2], [2, 0], [3, 4]]; // dos partes sueltas y un nodo solo
  assert.deepEqual(forceLayout(6, ring), forceLayout(6, ring));
  for (const [count, edges] of [[1, []], [2, []], [2, [[0, 1]]], [6, ring], [40, []]]) {
    const places = forceLayout(count, edges);
    assert.equal(places.length, count);
    assert.ok(places.flat().every(Number.isFinite));
    assert.ok(places.flat().every((value) => Math.abs(value) < 4), `${count}`);
  }
  const [a, b, , , , alone] = forceLayout(6, ring);
  const far = Math.hypot(a[0] - alone[0], a[1] - alone[1]);
  assert.ok(Math.hypot(a[0] - b[0], a[1] - b[1]) < far);
});

test("el grafo cabe en su caja, y los sitios dados conservan sus proporciones", () => {
  const box = { width: 400, height: 300, marginX: 50, marginY: 40 };
  assert.deepEqual(fitInto([[7, 7]], { ...box, rigid: false }), [[200, 150]]);
  assert.deepEqual(fitInto([[7, 7]], { ...box, rigid: true }), [[200, 150]]);
  assert.deepEqual(fitInto([[0, 0], [1, 2]], { ...box, rigid: false }), [[50, 40], [350, 260]]);
  const [a, b] = fitInto([[0, 0], [1, 2]], { ...box, rigid: true });
  assert.equal((b[1] - a[1]) / (b[0] - a[0]), 2);
  assert.deepEqual(fitInto([[0, 5], [3, 5]], { ...box, rigid: true }), [[50, 150], [350, 150]]);
  const stacked = Array.from({ length: 9 }, () => ({ x: 200, y: 150, halfWidth: 30, halfHeight: 12 }));
  const apart = spreadOut(stacked, box, 8);
  apart.forEach((node, i) => {
    assert.ok(node.x >= 30 && node.x <= 370 && node.y >= 40 && node.y <= 260);
    for (const other of apart.slice(0, i)) {
      const [dx, dy] = [Math.abs(node.x - other.x), Math.abs(node.y - other.y)];
      assert.ok(dx >= 60 - 1e-6 || dy >= 24 - 1e-6, `${i}: ${dx}, ${dy}`);
    }
  });
});

test("las flechas van de la clave a la consulta; ni las enmascaradas ni los ceros lo son", () => {
  const graph = matrix([[0.4, 0.6, NaN], [0, 1, NaN], [0.2, NaN, 0.8]]);
  const pairs = edgesOf(graph, 2).map(({ from, to }) => [from, to]);
  assert.deepEqual(pairs, [[0, 2], [0, 0], [1, 0], [2, 2], [1, 1]]);
  assert.deepEqual(edgesOf(graph, 0).map(({ to }) => to), [0, 0]);
  const node = (x, y) => ({ x, y, halfWidth: 20, halfHeight: 10 });
  assert.deepEqual(borderPoint(node(0, 0), [100, 0], 2), [22, 0]);
  assert.deepEqual(borderPoint(node(0, 0), [0, -100], 0), [0, -10]);
  assert.ok(borderPoint(node(5, 5), [5, 5], 0).every(Number.isFinite));
  const straight = arrow(node(0, 0), node(100, 0), { width: 2, both: false, loopSide: 1 });
  assert.equal(straight.label[1], 0);
  const tip = straight.head.match(/^M([\d.]+) ([\d.]+)/).slice(1).map(Number);
  assert.deepEqual(tip, [78, 0]);
  const there = arrow(node(0, 0), node(100, 0), { width: 2, both: true, loopSide: 1 });
  const back = arrow(node(100, 0), node(0, 0), { width: 2, both: true, loopSide: 1 });
  assert.ok(there.label[1] * back.label[1] < 0); // cada una por su lado
  const same = node(50, 50);
  const self = arrow(same, same, { width: 2, both: true, loopSide: -1 });
  assert.ok(self.label[1] < 40 && !/NaN/.test(self.line + self.head));
  const corner = [node(0, 0), node(0, 100)];
  assert.deepEqual(loopSides(corner, [{ from: 0, to: 1 }]), [-1, 1]);
  assert.deepEqual(loopSides(corner, []), [-1, -1]);
});

test("encuentra el nodo bajo el puntero o justo al lado", () => {
  const nodes = [{ x: 50, y: 50, halfWidth: 20, halfHeight: 10 }, { x: 150, y: 50, halfWidth: 20, halfHeight: 10 }];
  assert.equal(nodeUnder(nodes, 60, 55), 0);
  assert.equal(nodeUnder(nodes, 150, 70), 1);
  assert.equal(nodeUnder(nodes, 100, 50), -1);
});

test("el CSV cita, usa coma decimal y no deja que un token sea una fórmula", () => {
  const keys = ['di "hola"', "a;b", "=1+1"];
  const queries = ["+suma", "línea\nnueva"];
  const text = csvText(matrix([[0.5, NaN, 0.25], [1, 0, 1e-4]], { keys, queries }));
  assert.equal(
    text,
    '\ufeff"consulta ↓ clave →";"di ""hola""";"a;b";"\'=1+1"\r\n' +
      '"\'+suma";0,50000;;0,25000\r\n"línea\nnueva";1,00000;0,00000;0,00010\r\n',
  );
  for (const start of ["=", "+", "-", "@", "\t", "\r", "＝"]) {
    const guarded = csvText(matrix([[1]], { keys: [`${start}x`] }));
    assert.ok(guarded.includes(`"'${start}x"`), start);
  }
  assert.ok(csvText(matrix([[-0.5]], { kind: "scores" })).includes(";-0,5"));
});

test("el nombre del archivo vale en cualquier sistema", () => {
  assert.equal(fileName("Alineación: ¿qué mira?, capa 2"), "alineacion-que-mira-capa-2");
  assert.equal(fileName(""), "figura");
  assert.equal(fileName("../..\\:*?"), "figura");
  assert.equal(fileName("CON"), "figura-con");
  assert.equal(fileName("注意 1"), "注意-1");
  assert.equal(fileName("x".repeat(10_000)).length, 60);
});

test("lo que un XML no puede contener se cambia por un rombo", () => {
  assert.equal(xmlSafe("a\0b\u0007c\ud800d\udc00e\uffff"), "a�b�c�d�e�");
  assert.equal(xmlSafe("👩‍👩‍👧 <img onerror=\"x\"> \u2028\t\n"), "👩‍👩‍👧 <img onerror=\"x\"> \u2028\t\n");
});

test("la leyenda del dibujo pasa de línea cuando no cabe", () => {
  const pieces = [60, 60, 200].map((width) => ({ width, after: 5 }));
  assert.deepEqual(flow(pieces, 150).map(({ x, line }) => [x, line]), [[0, 0], [65, 0], [0, 1]]);
  assert.deepEqual(flow([], 150), []);
});
