// La comparación: dos matrices de la misma clase y su diferencia, con la misma celda marcada en las tres.

import { element, svgNode } from "./dom.js";
import { blockLegend, colourBar, mapLegend, maskedItem } from "./legend.js";
import { difference, hasMasked, isDistribution, meanEntropy, summarise } from "./matrix.js";
import { planLayout } from "./plan.js";
import { buildPlot, measure } from "./plot.js";
import { listen } from "./pointer.js";
import { nameIndex, readCompareHint, readDifference, readSpreads } from "./reading.js";
import { drawSentences, numbered, sentenceList } from "./sentences.js";

const SPACE = 24; // entre mapas puestos uno al lado de otro
const ENOUGH = 560; // píxeles a partir de los cuales se ponen así, si caben
const SIDES = ["A", "B", "Diferencia, B − A"];
const KEYS = "Flechas, Inicio y Fin: mover. Intro: fijar la celda. Escape: soltarla.";

const same = (one, other) => one.every((i, axis) => i === other[axis]);

/** Lista desplegable con las posiciones de los ejes delanteros. Devuelve { node, fill }. */
function positionPicker(name, stack, onPick) {
  const list = element("select", "am-select");
  list.setAttribute("aria-label", `Mapa ${name}`);
  const node = element("label", "am-control", element("span", "am-name", name), list);
  let offered = [];
  list.addEventListener("change", () => onPick(offered[list.selectedIndex]));
  /** Ofrece unas posiciones, con una elegida. */
  const fill = (positions, chosen) => {
    if (positions !== offered) list.replaceChildren(...positions.map((index) => new Option(nameIndex(stack, index))));
    offered = positions;
    list.selectedIndex = positions.findIndex((index) => same(index, chosen));
  };
  return { node, fill };
}

/** Construye la vista de comparación (véase views.js). */
export function compareView(figure) {
  const { stack, model, ui } = figure;
  const plots = SIDES.map((side) => buildPlot("mapa de calor", `${side}. ${ui.title}. ${KEYS}`));
  const captions = SIDES.map(() => element("p", "am-caption"));
  const panels = plots.map((plot, i) => element("div", "am-side", captions[i], plot.node));
  const ofKind = Object.fromEntries(["weights", "scores"].map((kind) => {
    return [kind, stack.positions.filter((index) => stack.kindAt(index) === kind)];
  }));
  const peers = (index) => ofKind[stack.kindAt(index)];
  const repeated = stack.positions.filter((index) => peers(index).length > 1);
  const pickers = ["A", "B"].map((name, side) => positionPicker(name, stack, (index) => pick(side, index)));
  const choice = element("div", "am-choice", ...pickers.map((picker) => picker.node));
  const trio = element("div", "am-trio", ...panels);
  const sentences = sentenceList();
  let maps = []; // A, B y su diferencia

  /** Elige un lado; si cambia la clase de A, B pasa a ser la última de esa clase. */
  function pick(side, index) {
    const pair = model.get("pair").map((old, i) => (i === side ? index : old));
    if (stack.kindAt(pair[0]) !== stack.kindAt(pair[1])) pair[1] = peers(index).at(-1);
    figure.save("pair", pair);
  }

  function read() {
    const pair = model.get("pair");
    const [a, b] = pair.map(figure.mapAt);
    if (a !== maps[0] || b !== maps[1]) maps = [a, b, difference(a, b)];
    pickers[0].fill(repeated, pair[0]);
    pickers[1].fill(peers(pair[0]), pair[1]);
    captions.forEach((node, i) => {
      node.textContent = i < 2 ? `${SIDES[i]}: ${nameIndex(stack, pair[i])}` : SIDES[i];
    });
  }

  /** Tres planes iguales: uno al lado de otro si caben, con o sin números; si no, uno debajo de otro. */
  function arrange(width) {
    const space = measure(numbered(maps[0]), { signed: true, printing: figure.printing });
    const stacked = planLayout({ ...space, width });
    const { left } = stacked;
    const inner = Math.floor((width - left - 2 * SPACE) / 3);
    const fits = ({ cellWidth, right }) => width >= ENOUGH && space.columns * cellWidth + right <= inner;
    const beside = [{ numbers: true }, { numbers: false, dense: true }]
      .map((how) => planLayout({ ...space, ...how, left, width: left + inner, steep: true }))
      .find(fits);
    trio.classList.toggle("am-beside", Boolean(beside));
    return beside ? [beside, { ...beside, left: 0 }, { ...beside, left: 0 }] : [stacked, stacked, stacked];
  }

  function layOut(width) {
    read();
    const plans = arrange(width);
    sentences.write(maps[0]);
    plots.forEach((plot, i) => plot.layOut(numbered(maps[i]), plans[i], figure.palette, figure.lastRow));
  }

  function paint() {
    read();
    plots.forEach((plot, i) => plot.paint(numbered(maps[i]), figure.palette, figure.lastRow));
  }

  function mark() {
    const { cell, pinned } = figure;
    for (const plot of plots) plot.mark({ cell, pinned });
    sentences.mark(cell?.column);
  }

  for (const plot of plots) {
    listen(plot.stage, {
      at: plot.at,
      move: plot.move,
      first: () => ({ row: 0, column: 0 }),
      reveal: (cell) => plots.forEach((other) => other.reveal(cell)),
      figure,
    });
  }

  return {
    node: element("div", "am-compare", choice, trio, sentences.node),
    layOut,
    paint,
    mark,
    sentence() {
      const { cell } = figure;
      if (!cell) return figure.printing ? [] : readCompareHint(maps[2]);
      return readDifference(maps[0], plots[0].blockOf(cell), maps.map(summarise), maps[2].step);
    },
    /** Dónde están A y B entre las demás. */
    place: () => model.get("pair").map((index) => nameIndex(stack, index)).join(" y "),
    /** Los tres dibujos, uno debajo de otro, con su nombre y, si las claves son frases, su lista. */
    svg() {
      const parts = plots.map((plot) => plot.svg());
      let height = 0;
      const nodes = parts.map((part, i) => {
        const name = svgNode("text", { y: 13, "font-size": 13, "font-weight": 600, fill: figure.palette.ink }, captions[i].textContent);
        const body = svgNode("g", { transform: "translate(0 24)" }, part.node);
        const node = svgNode("g", { transform: `translate(0 ${height})` }, name, body);
        height += part.height + 24 + SPACE;
        return node;
      });
      const list = drawSentences(maps[0], figure.palette);
      list.node.setAttribute("transform", `translate(0 ${height})`);
      const width = Math.max(list.width, ...parts.map((part) => part.width));
      return { node: svgNode("g", {}, ...nodes, list.node), width, height: height + list.height };
    },
    /** La entropía media de A y de B. */
    spread() {
      const pair = maps.slice(0, 2);
      return pair.every(isDistribution) ? readSpreads(pair.map((map) => meanEntropy(map, figure.lastRow))) : [];
    },
    legend() {
      const [a, b, delta] = maps;
      const masked = [a, b].some(hasMasked);
      const signed = colourBar("diferencia", delta.domain, figure.palette.colours[delta.kind]);
      const hatch = masked ? [maskedItem()] : [];
      return [...mapLegend(a, figure.palette, false), signed, ...hatch, ...blockLegend(a, summarise(a))];
    },
  };
}
