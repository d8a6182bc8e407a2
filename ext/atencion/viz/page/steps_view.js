// La vista de los pasos: una matriz pequeña por paso y, debajo, las cuentas de la celda elegida.

import { element, makeInteractive } from "./dom.js";
import { colourBar, mapLegend } from "./legend.js";
import { hasMasked, rowOf, strongest } from "./matrix.js";
import { moveCursor } from "./plan.js";
import { listen } from "./pointer.js";
import { nameToken, visible, writeSentence } from "./reading.js";
import { numbered, sentenceList } from "./sentences.js";
import { shortNumber } from "./steps.js";
import { inkOn, makeScale } from "./theme.js";

const UPRIGHT = 2; // letras de una etiqueta que se lee sin girarla
const WITH_VALUES = 8; // hasta tantas columnas, cada celda lleva su número

function cellNode(map, row, column, scale) {
  const value = map.values[row * map.columns + column];
  const masked = Number.isNaN(value);
  const node = element("span", masked ? "am-cell am-hidden" : "am-cell");
  Object.assign(node.dataset, { row, column });
  if (masked) {
    if (map.columns <= WITH_VALUES && map.kind === "scores") node.append(element("span", "", "−∞"));
    return node;
  }
  const [low, high] = map.domain;
  const colour = scale((value - low) / (high - low));
  node.style.backgroundColor = `rgb(${colour.join(" ")})`;
  node.style.color = inkOn(colour);
  if (map.columns <= WITH_VALUES) node.append(shortNumber(value));
  return node;
}

/** La matriz de un paso, con sus etiquetas. */
function drawStep(step, number, palette) {
  const map = numbered(step.map);
  const scale = makeScale(palette.colours[map.kind]);
  const grid = element("div", map.columns <= WITH_VALUES ? "am-grid" : "am-grid am-narrow");
  grid.style.setProperty("--am-columns", map.columns);
  grid.append(element("span", "am-corner"));
  const style = map.keys.every((key) => key.length <= UPRIGHT) ? "am-key am-upright" : "am-key";
  grid.append(...map.keys.map((key) => element("span", style, element("span", "", visible(key)))));
  for (let row = 0; row < map.rows; row++) {
    grid.append(element("span", "am-query", visible(map.queries[row])));
    for (let column = 0; column < map.columns; column++) grid.append(cellNode(map, row, column, scale));
  }
  const title = element("p", "am-step-title", `${number} · ${step.name}`);
  return element("div", "am-one-step", title, element("p", "am-formula", step.formula), grid);
}

/** Construye la vista de los pasos (véase views.js). */
export function stepsView(figure) {
  const stage = element("div", "am-steps");
  const work = element("div", "am-work");
  const sentences = sentenceList();
  const node = element("div", "am-steps-view", stage, sentences.node, work);
  makeInteractive(
    stage,
    "pasos de la atención",
    `${figure.ui.title}, paso a paso. Flechas, Inicio y Fin: cambiar de celda. Intro: fijarla. Escape: soltarla.`,
  );
  let steps = null;

  /** La celda con la que se abre: la más fuerte de la primera fila que ve más claves. */
  function first() {
    const { map } = figure;
    const visibleIn = (row) => rowOf(map, row).filter((value) => !Number.isNaN(value)).length;
    const seen = Array.from({ length: map.rows }, (_, row) => visibleIn(row));
    const row = seen.indexOf(Math.max(...seen));
    return { row, column: Math.max(0, strongest(map, row)) };
  }

  function paint() {
    steps = figure.live.steps();
    stage.hidden = steps === null;
    sentences.write(steps === null ? { keys: [] } : figure.map);
    if (steps === null) return stage.replaceChildren();
    stage.replaceChildren(...steps.map((step, i) => drawStep(step, i + 1, figure.palette)));
  }

  /** Las cuentas de una celda, una línea por paso. */
  function mark() {
    if (steps === null) return work.replaceChildren(figure.live.problem ?? "Preparando el cálculo…");
    const { row, column } = figure.cell ?? first();
    for (const [i, cells] of [...stage.children].entries()) {
      const last = i === steps.length - 1;
      for (const cell of cells.querySelectorAll("[data-row]")) {
        const onRow = Number(cell.dataset.row) === row;
        cell.classList.toggle("am-on-row", onRow);
        cell.classList.toggle("am-chosen", onRow && !last && Number(cell.dataset.column) === column);
      }
    }
    sentences.mark(figure.cell?.column);
    const { queries, keys } = figure.map;
    const heading = element("p", "am-pair");
    writeSentence(heading, [...nameToken(queries, row), " frente a ", ...nameToken(keys, column)]);
    const list = element("dl", "am-sums");
    steps.forEach((step, i) => {
      const lines = step.explain(row, column).split("\n").map((line) => element("dd", "", line));
      list.append(element("dt", "", `${i + 1} · ${step.name}`), ...lines);
    });
    work.replaceChildren(heading, list);
  }

  listen(stage, {
    at(x, y) {
      const box = stage.getBoundingClientRect();
      const cell = stage.ownerDocument.elementFromPoint(box.left + x, box.top + y)?.closest("[data-row]");
      if (!cell || !stage.contains(cell)) return null;
      const output = cell.closest(".am-one-step") === stage.lastElementChild;
      const column = output ? (figure.cell ?? first()).column : Number(cell.dataset.column);
      return { row: Number(cell.dataset.row), column };
    },
    move: (cell, key, jump) => moveCursor(cell, key, jump, figure.map.rows - 1, figure.map.columns - 1),
    first,
    forbid: ({ column }) => figure.explorer.toggleKeys([column]),
    reveal() {
      stage.querySelector(".am-chosen")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    },
    figure,
  });

  return {
    node,
    layOut: paint,
    paint,
    mark,
    sentence: () => null,
    legend() {
      const scores = steps && colourBar("puntuación", steps[0].map.domain, figure.palette.colours.scores);
      return [...(scores ? [scores] : []), ...mapLegend(figure.map, figure.palette, hasMasked(figure.map))];
    },
  };
}
