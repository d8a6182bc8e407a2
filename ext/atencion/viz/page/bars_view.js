// La vista de barras: una por clave, con el peso medio que recibe o el que le da una consulta.

import { barAt, barOrder, barUnder, MOST_BARS, planBars } from "./bars_plan.js";
import { slider } from "./controls.js";
import { button, element, makeInteractive, svgNode } from "./dom.js";
import { legendItem } from "./legend.js";
import { meanByKey, peakOf, rowOf } from "./matrix.js";
import { fitted, tokenLabel, widest } from "./paint.js";
import { listen } from "./pointer.js";
import { readMean } from "./ranking.js";
import { decimalsFor, formatNumber, visible } from "./reading.js";
import { stepInList, wholeColumn } from "./selection.js";
import { exportSvg } from "./svg_export.js";
import { strokeColour } from "./theme.js";

const MEAN = -1; // en lugar de una consulta, la media de todas

/** Construye la vista de barras (véase views.js). Una celda es una consulta y una barra; una clave entera, su media. */
export function barsView(figure) {
  const bars = svgNode("g");
  const svg = svgNode("svg", { class: "am-drawing", "aria-hidden": "true" }, bars);
  const stage = element("div", "am-stage am-pick", svg);
  const only = () => figure.map.rows === 1; // una sola consulta: no hay media que enseñar
  const help = "Arriba y abajo: mover. Izquierda y derecha: cambiar de consulta. Intro: fijar. Escape: soltar.";
  makeInteractive(stage, "gráfico de barras", `${figure.ui.title}: una barra por clave (${figure.map.columns}). ${help}`);
  let query = only() ? 0 : MEAN;
  let sorted = false;
  let step = null; // la última fila que la figura dibujó por pasos
  let space, plan, values, order, labels;

  const sort = button("Ordenar por valor", () => {
    sorted = !sorted;
    draw();
    mark();
  });
  const say = (i) => (i === 0 ? `media de las ${figure.lastRow + 1}` : visible(figure.map.queries[i - 1].slice(0, 40)));
  const choice = slider("consulta", figure.map.rows + 1, say, (i) => showQuery(Math.min(i - 1, figure.lastRow)));
  const tools = element("div", "am-controls am-own", choice.node, sort);

  /** Muestra las barras de una consulta o, con MEAN, la media; lo fijado sigue en la misma clave. */
  function showQuery(row) {
    query = row;
    figure.choose(figure.pinned ? cellAt(figure.cell.column) : null, figure.pinned);
    draw();
    mark();
  }

  /** Lo que elige una barra: una celda de la consulta o, con la media, la clave entera. */
  function cellAt(column) {
    return query === MEAN ? wholeColumn(figure.map, column, figure.lastRow) : { row: query, column };
  }

  /** El texto que dice qué miden las barras. */
  function caption() {
    const { map, lastRow } = figure;
    const weights = map.kind === "weights";
    const place = { class: "am-axis", x: 0, y: 14 };
    if (query === MEAN) {
      const some = lastRow + 1 < map.rows ? `las ${lastRow + 1} primeras consultas` : `${map.rows} consultas`;
      return svgNode("text", place, `${weights ? "Peso medio que recibe" : "Puntuación media"} de ${some}`);
    }
    const name = `«${fitted(map.queries[query], plan.width - 200, 12)}»`;
    const noun = `${weights ? "Peso" : "Puntuación"} de cada clave para `;
    return svgNode("text", place, noun, svgNode("tspan", { class: "am-name-token" }, name));
  }

  function draw() {
    const { map, palette, lastRow } = figure;
    const means = meanByKey(map, lastRow);
    values = query === MEAN ? means : rowOf(map, query);
    order = barOrder(values, sorted);
    const signed = map.kind === "scores";
    const peak = peakOf(query === MEAN ? means : map.values); // las consultas comparten escala
    plan = planBars({ ...space, count: order.length, signed, peak });
    svg.setAttribute("width", plan.width);
    svg.setAttribute("height", plan.height);
    stage.style.width = `${plan.width}px`;
    const decimals = decimalsFor(map.step);
    labels = order.map((j, position) => {
      const place = { x: plan.left - 10, y: barAt(plan, position, 0).middle, dy: "0.35em", "text-anchor": "end" };
      return tokenLabel(map.keys[j], plan.labelWidth, 13, place);
    });
    const nodes = order.flatMap((j, position) => {
      const value = values[j];
      const { middle, textX, anchor, ...box } = barAt(plan, position, value);
      const fill = Number.isNaN(value) ? "none" : strokeColour(palette.colours, map.kind, value / (peak || 1));
      const place = { class: "am-amount", x: textX, y: middle, dy: "0.35em", "text-anchor": anchor };
      const text = Number.isNaN(value) ? "enmascarada" : formatNumber(value, decimals);
      return [svgNode("rect", { ...box, rx: 2, fill }), svgNode("text", place, text)];
    });
    const axis = svgNode("path", { class: "am-zero", d: `M${plan.zero} ${plan.top}V${plan.height - 4}` });
    bars.replaceChildren(caption(), ...nodes, axis, ...labels);
    sort.hidden = map.columns > 2 * MOST_BARS;
    sort.setAttribute("aria-pressed", sorted);
    choice.node.hidden = only();
    choice.resize(map.rows + 1);
    choice.set(query + 1);
  }

  /** La consulta que toca: la del paso recién dibujado o la de la celda elegida. */
  function follow() {
    const before = query;
    if (figure.stepping && figure.lastRow !== step) query = figure.lastRow;
    step = figure.lastRow;
    if (figure.cell) query = figure.cell.whole === "column" ? MEAN : figure.cell.row;
    if (query > figure.lastRow || only()) query = figure.lastRow;
    return query !== before;
  }

  function mark() {
    if (follow()) draw();
    const chosen = figure.cell ? order.indexOf(figure.cell.column) : -1;
    labels.forEach((node, position) => node.classList.toggle("am-on", position === chosen));
    svg.querySelector(".am-band")?.remove();
    if (chosen < 0) return;
    const { y, height } = barAt(plan, chosen, 0);
    const band = { class: figure.pinned ? "am-band am-pinned" : "am-band", rx: 3 };
    svg.prepend(svgNode("rect", { ...band, x: 1, y: y - 2, width: plan.width - 2, height: height + 4 }));
  }

  const paint = () => {
    follow();
    draw();
  };

  /** Izquierda y derecha cambian de consulta; el resto de las teclas recorre las barras. */
  function move(cell, key) {
    const last = figure.lastRow;
    if (key === "ArrowLeft" || key === "ArrowRight") {
      if (!only()) query = Math.min(Math.max(query + (key === "ArrowLeft" ? -1 : 1), MEAN), last);
      draw();
      return cellAt(cell.column);
    }
    const here = Math.max(0, order.indexOf(cell.column));
    const position = stepInList(here, key, order.length, ["ArrowUp"], ["ArrowDown"]);
    return position === null ? null : cellAt(order[position]);
  }

  listen(stage, {
    at(x, y) {
      const position = barUnder(plan, order.length, y);
      return position < 0 ? null : cellAt(order[position]);
    },
    move,
    first: () => cellAt(order[0]),
    reveal: ({ column }) => labels[order.indexOf(column)]?.scrollIntoView({ block: "nearest" }),
    forbid: ({ column, whole }) => whole !== "row" && figure.explorer.toggleKeys([column]),
    figure,
  });

  return {
    node: element("div", "", tools, stage),
    hint: "Señala una barra, tócala o recórrelas con las flechas del teclado para leer su valor.",
    layOut(width) {
      const coarse = matchMedia("(pointer: coarse)").matches;
      space = { width, keyLabel: widest(figure.map.keys, 13), coarse };
      paint();
    },
    paint,
    mark,
    sentence() {
      const { cell, map } = figure;
      return cell && query === MEAN ? readMean(map, cell.column, values[cell.column]) : null;
    },
    legend() {
      const items = [];
      if (order.length < figure.map.columns) items.push(legendItem(`las ${order.length} claves de mayor valor, de ${figure.map.columns}`));
      if (!only() && query !== MEAN) items.push(legendItem("todas las consultas comparten la escala de las barras"));
      return items;
    },
    svg: () => exportSvg(svg),
  };
}
