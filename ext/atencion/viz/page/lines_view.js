// La vista de líneas: consultas a la izquierda, claves a la derecha y una línea por peso.

import { element, makeInteractive, svgNode } from "./dom.js";
import { legendItem } from "./legend.js";
import { keyY, linePath, moveSide, planLines, queryY, sideAt } from "./lines_plan.js";
import { hasMasked, rowOf } from "./matrix.js";
import { tokenLabel, widest } from "./paint.js";
import { listen } from "./pointer.js";
import { columnOf, readAttended, readAttending } from "./ranking.js";
import { decimalsFor, formatNumber } from "./reading.js";
import { wholeColumn, wholeRow } from "./selection.js";
import { leastDrawn, shareOf, strokeFor, strokeLegend } from "./strokes.js";
import { exportSvg } from "./svg_export.js";

const HELP =
  "Arriba y abajo: mover. Izquierda y derecha: pasar de las consultas a las claves. Intro: fijar. Escape: soltar.";

/** Construye la vista de líneas (véase views.js). */
export function linesView(figure) {
  const titles = svgNode("g");
  const every = svgNode("g"); // todas las líneas
  const chosen = svgNode("g"); // las de lo elegido, con sus pesos
  const names = svgNode("g");
  const svg = svgNode("svg", { class: "am-drawing", "aria-hidden": "true" }, titles, every, chosen, names);
  const stage = element("div", "am-stage am-pick", svg);
  const { rows, columns } = figure.map;
  makeInteractive(stage, "dibujo de líneas", `${figure.ui.title}: ${rows} consultas y ${columns} claves. ${HELP}`);
  let plan, queries, keys;

  const line = (row, column, value) => {
    const stroke = strokeFor(shareOf(figure.map, value), figure.palette.colours);
    return svgNode("path", { d: linePath(plan, row, column), ...stroke });
  };

  /** Las líneas de unas parejas { row, column, value }: las fuertes, encima. */
  function lines(pairs) {
    const least = leastDrawn(figure.map);
    const drawn = pairs.filter(({ value }) => value > 0 && value >= least);
    drawn.sort((a, b) => a.value - b.value);
    return drawn.map(({ row, column, value }) => line(row, column, value));
  }

  const pairsOfRow = (row) => Array.from(rowOf(figure.map, row), (value, column) => ({ row, column, value }));
  const pairsOfColumn = (column) => {
    return Array.from(columnOf(figure.map, column, figure.lastRow), (value, row) => ({ row, column, value }));
  };

  function layOut(width) {
    const { map } = figure;
    plan = planLines({
      width,
      rows: map.rows,
      columns: map.columns,
      queryLabel: widest(map.queries, 14),
      keyLabel: widest(map.keys, 14),
      coarse: matchMedia("(pointer: coarse)").matches,
    });
    svg.setAttribute("width", plan.width);
    svg.setAttribute("height", plan.height);
    stage.style.width = `${plan.width}px`;
    titles.replaceChildren(
      axisTitle("consultas ", "query", { x: plan.left - 8, "text-anchor": "end" }),
      axisTitle("claves ", "key", { x: plan.right + 8 }),
    );
    queries = map.queries.map((token, i) => {
      const place = { x: plan.left - 8, y: queryY(plan, i), dy: "0.35em", "text-anchor": "end" };
      return tokenLabel(token, plan.labelWidth, plan.font, place);
    });
    keys = map.keys.map((token, j) => {
      return tokenLabel(token, plan.labelWidth, plan.font, { x: plan.right + 8, y: keyY(plan, j), dy: "0.35em" });
    });
    names.replaceChildren(...queries, ...keys);
    paint();
  }

  function paint() {
    const pairs = [];
    for (let row = 0; row <= figure.lastRow; row++) pairs.push(...pairsOfRow(row));
    every.replaceChildren(...lines(pairs));
  }

  /** Escribe los pesos de lo elegido junto a las etiquetas del otro lado. */
  function numbers(pairs, onKeys) {
    const decimals = decimalsFor(figure.map.step);
    return pairs.map(({ row, column, value }) => {
      const x = onKeys ? plan.width : 0;
      const y = onKeys ? keyY(plan, column) : queryY(plan, row);
      const place = { class: "am-amount", x, y, dy: "0.35em", "text-anchor": onKeys ? "end" : "start" };
      return svgNode("text", place, Number.isNaN(value) ? "—" : formatNumber(value, decimals));
    });
  }

  function mark() {
    const { cell, lastRow } = figure;
    const byKey = cell?.whole === "column";
    const pairs = cell ? (byKey ? pairsOfColumn(cell.column) : pairsOfRow(cell.row)) : [];
    const least = leastDrawn(figure.map);
    const linked = new Set(pairs.filter(({ value }) => value >= least).map((pair) => (byKey ? pair.row : pair.column)));
    const current = cell ? cell.row : figure.stepping ? lastRow : -1;
    queries.forEach((node, i) => {
      node.classList.toggle("am-on", !byKey && i === current);
      node.classList.toggle("am-faint", cell !== null && (byKey ? !linked.has(i) : i !== cell.row));
      node.classList.toggle("am-later", i > lastRow);
    });
    keys.forEach((node, j) => {
      node.classList.toggle("am-on", byKey && j === cell.column);
      node.classList.toggle("am-faint", cell !== null && (byKey ? j !== cell.column : !linked.has(j)));
    });
    every.style.display = cell ? "none" : "";
    chosen.replaceChildren(...lines(pairs), ...numbers(pairs, !byKey));
    svg.classList.toggle("am-pinned", figure.pinned);
  }

  const cellOf = (side) => {
    if (!side) return null;
    const { map, lastRow } = figure;
    return side.column === undefined ? wholeRow(map, side.row) : wholeColumn(map, side.column, lastRow);
  };

  listen(stage, {
    at: (x, y) => cellOf(sideAt(plan, x, y, figure.lastRow)),
    move: (cell, key) => cellOf(moveSide(cell, key, figure.lastRow + 1, figure.map.columns)),
    first: () => wholeRow(figure.map, figure.stepping ? figure.lastRow : 0),
    reveal: ({ row, column, whole }) => {
      (whole === "column" ? keys[column] : queries[row]).scrollIntoView({ block: "nearest" });
    },
    forbid: ({ column, whole }) => whole !== "row" && figure.explorer.toggleKeys([column]),
    figure,
  });

  return {
    node: stage,
    hint: "Señala una consulta o una clave, tócala o recórrelas con las flechas del teclado para leer sus pesos.",
    layOut,
    paint,
    mark,
    sentence() {
      const { cell, map, lastRow } = figure;
      if (!cell) return null;
      return cell.whole === "column" ? readAttending(map, cell.column, lastRow) : readAttended(map, cell.row);
    },
    legend() {
      const { map, palette } = figure;
      const items = [strokeLegend(map, palette), legendItem(`se omiten los pesos menores que ${formatLeast(map)}`)];
      return hasMasked(map) ? [...items, legendItem("— enmascarada")] : items;
    },
    svg: () => exportSvg(svg),
  };
}

function axisTitle(name, english, place) {
  const term = svgNode("tspan", { class: "am-english" }, english);
  return svgNode("text", { class: "am-axis", y: 14, ...place }, name, term);
}

/** El umbral de dibujo, con las cifras que hacen falta para que no parezca 0. */
function formatLeast(map) {
  const least = leastDrawn(map);
  return formatNumber(least, least >= 0.001 ? 3 : 5);
}
