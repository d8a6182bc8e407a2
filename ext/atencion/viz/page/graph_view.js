// La vista de grafo: consultas y claves son los mismos nodos, y cada peso, una flecha.

import { element, makeInteractive, svgNode } from "./dom.js";
import { fitInto, forceLayout, spreadOut } from "./graph_layout.js";
import { arrow, edgesOf, loopSides, nodeUnder } from "./graph_plan.js";
import { legendItem } from "./legend.js";
import { textWidth, tokenLabel, widest } from "./paint.js";
import { listen } from "./pointer.js";
import { readAttended } from "./ranking.js";
import { decimalsFor, formatNumber } from "./reading.js";
import { stepInList, wholeRow } from "./selection.js";
import { shareOf, strokeFor, strokeLegend } from "./strokes.js";
import { exportSvg } from "./svg_export.js";

const WIDEST = 640;
const NAMED = 64; // con más nodos, cada uno es un punto, y su nombre solo se lee al señalarlo
const MOST_EDGES = 1500;
const FONT = 13;

/** Construye la vista de grafo (véase views.js). */
export function graphView(figure) {
  const every = svgNode("g"); // todas las flechas
  const chosen = svgNode("g"); // las que llegan al nodo elegido
  const names = svgNode("g");
  const numbers = svgNode("g");
  const svg = svgNode("svg", { class: "am-drawing", "aria-hidden": "true" }, every, chosen, names, numbers);
  const stage = element("div", "am-stage am-pick", svg);
  const { rows } = figure.map;
  const help = "Flechas, Inicio y Fin: pasar de un nodo a otro. Intro: fijar. Escape: soltar.";
  makeInteractive(stage, "grafo", `${figure.ui.title}: ${rows} nodos. ${help}`);
  const named = rows <= NAMED;
  const { places: given } = figure.stack;
  let places = null; // el reparto se calcula una vez: los nodos no saltan al cambiar de matriz
  let nodes, sides, edges, marks;

  function placesOf(map) {
    if (given.length > 0) return given.map(([x, y]) => [x, -y]); // en la pantalla, «y» crece hacia abajo
    const linked = edgesOf(map, map.rows - 1).filter(({ from, to }) => from !== to);
    return forceLayout(map.rows, linked.map(({ from, to }) => [from, to]));
  }

  function layOut(available) {
    const { map } = figure;
    places ??= placesOf(map);
    const width = Math.min(available, WIDEST);
    const rigid = given.length > 0;
    const crowded = rigid || !named ? 260 : Math.min(180 + 26 * rows, 560); // en una pantalla estrecha, hacia abajo
    const height = Math.round(Math.max(crowded, width * 0.74));
    const limit = Math.min(width * 0.28, 120);
    const halfWidth = named ? Math.min(widest(map.queries, FONT), limit) / 2 + 9 : 5;
    const box = { width, height, marginX: halfWidth + 4, marginY: 54, rigid };
    const fitted = fitInto(places, box).map(([x, y], i) => {
      const own = named ? Math.min(textWidth(map.queries[i].slice(0, 60), FONT), limit) / 2 + 9 : 5;
      return { x, y, halfWidth: Math.max(own, named ? 14 : 5), halfHeight: named ? 13 : 5 };
    });
    nodes = rigid ? fitted : spreadOut(fitted, box, named ? 14 : 4);
    sides = loopSides(nodes, edgesOf(map, rows - 1));
    svg.setAttribute("width", width);
    svg.setAttribute("height", height);
    stage.style.width = `${width}px`;
    marks = nodes.map((node, i) => drawNode(node, map.queries[i], limit));
    names.replaceChildren(...marks);
    paint();
  }

  function drawNode({ x, y, halfWidth, halfHeight }, token, limit) {
    const size = { width: 2 * halfWidth, height: 2 * halfHeight, rx: halfHeight };
    const shape = svgNode("rect", { class: "am-node", x: x - halfWidth, y: y - halfHeight, ...size });
    const place = named ? { x, y } : { x, y: y - 14, class: "am-label am-aside" };
    const text = tokenLabel(token, limit, FONT, { ...place, dy: "0.35em", "text-anchor": "middle" });
    return svgNode("g", {}, shape, text);
  }

  function drawEdge({ from, to, value }) {
    const { map, palette } = figure;
    const stroke = strokeFor(shareOf(map, value), palette.colours);
    const back = map.values[from * map.columns + to] > 0;
    const shape = { width: Number(stroke["stroke-width"]), both: back, loopSide: sides[to] };
    const { line, head, label } = arrow(nodes[from], nodes[to], shape);
    const paths = [svgNode("path", { d: line, ...stroke }), svgNode("path", { d: head, fill: stroke.stroke })];
    return { paths, label };
  }

  function paint() {
    edges = edgesOf(figure.map, figure.lastRow).slice(-MOST_EDGES);
    every.replaceChildren(...edges.flatMap((edge) => drawEdge(edge).paths));
  }

  /** El peso de una flecha, sobre un fondo que la tapa. */
  function drawNumber({ value }, [x, y]) {
    const text = formatNumber(value, decimalsFor(figure.map.step));
    const width = textWidth(text, 12) + 6;
    const back = svgNode("rect", { class: "am-back", x: x - width / 2, y: y - 8, width, height: 16, rx: 3 });
    return [back, svgNode("text", { class: "am-amount", x, y, dy: "0.35em", "text-anchor": "middle" }, text)];
  }

  function mark() {
    const { cell, lastRow, stepping } = figure;
    const to = cell ? cell.row : stepping ? lastRow : -1;
    const incoming = cell ? edgesOf(figure.map, lastRow).filter((edge) => edge.to === to) : [];
    const linked = new Set(incoming.map(({ from }) => from));
    marks.forEach((node, i) => {
      node.classList.toggle("am-on", i === to);
      node.classList.toggle("am-faint", cell !== null && i !== to && !linked.has(i));
      node.classList.toggle("am-near", cell !== null && (i === to || linked.has(i)));
      node.querySelector("text").classList.toggle("am-on", i === to);
    });
    every.style.display = cell ? "none" : "";
    const drawn = incoming.map((edge) => ({ edge, ...drawEdge(edge) }));
    chosen.replaceChildren(...drawn.flatMap(({ paths }) => paths));
    numbers.replaceChildren(...drawn.flatMap(({ edge, label }) => drawNumber(edge, label)));
    svg.classList.toggle("am-pinned", figure.pinned);
  }

  listen(stage, {
    at(x, y) {
      const node = nodeUnder(nodes, x, y);
      return node < 0 || node > figure.lastRow ? null : wholeRow(figure.map, node);
    },
    move(cell, key) {
      const last = figure.lastRow + 1;
      const node = stepInList(cell.row, key, last, ["ArrowLeft", "ArrowUp"], ["ArrowRight", "ArrowDown"]);
      return node === null ? null : wholeRow(figure.map, node);
    },
    first: () => wholeRow(figure.map, figure.stepping ? figure.lastRow : 0),
    reveal: ({ row }) => marks[row].scrollIntoView({ block: "nearest" }),
    figure,
  });

  return {
    node: stage,
    hint: "Señala un nodo, tócalo o recórrelos con las flechas del teclado para leer a quién atiende.",
    layOut,
    paint,
    mark,
    sentence: () => (figure.cell ? readAttended(figure.map, figure.cell.row) : null),
    legend() {
      const { map, palette } = figure;
      const items = [strokeLegend(map, palette), legendItem("la flecha va de la clave a la consulta que la atiende")];
      const most = edges.length === MOST_EDGES;
      return most ? [...items, legendItem(`solo las ${MOST_EDGES} flechas de más peso`)] : items;
    },
    svg: () => exportSvg(svg),
  };
}
