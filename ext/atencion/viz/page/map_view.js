// La vista principal: el mapa de calor, con las consultas en filas y las claves en columnas.
// Una matriz grande se ve por bloques; al abrir uno se ven sus celdas y las de alrededor.

import { button, element, svgNode } from "./dom.js";
import { blockLegend, mapLegend } from "./legend.js";
import { hasMasked, strongest, summarise } from "./matrix.js";
import { buildPlot, measure } from "./plot.js";
import { moveCursor, planLayout } from "./plan.js";
import { listen } from "./pointer.js";
import { readBlock, readRegion } from "./reading.js";
import { cropMap, regionAround, regionTo } from "./regions.js";
import { drawSentences, numbered, sentenceList } from "./sentences.js";

const REGION = 64; // celdas de lado que se ven al abrir un bloque
const KEYS = "Flechas, Inicio y Fin: mover. Intro: fijar la celda. Escape: soltarla.";
const BLOCK_KEYS = "Intro, sobre un bloque: ver sus celdas. Escape: verlo todo.";

/** Construye la vista del mapa (véase views.js). */
export function mapView(figure) {
  const { map: initial, ui } = figure;
  const size = `consultas en filas (${initial.rows}), claves en columnas (${initial.columns})`;
  const help = summarise(initial).large ? `${KEYS} ${BLOCK_KEYS}` : KEYS;
  const plot = buildPlot("mapa de calor", `${ui.title}: ${size}. ${help}`);
  const place = element("span", "am-place");
  const bar = element("div", "am-region", button("Ver todo", () => open(null)), place);
  const sentences = sentenceList();
  const node = element("div", "", bar, plot.node, sentences.node);
  let region = null; // las celdas que se ven de una matriz grande; null: todas, por bloques

  const shown = () => (region ? cropMap(figure.map, region) : numbered(figure.map));

  function layOut(width) {
    const { map, palette, printing, stack, lastRow } = figure;
    if (region && (region.row + region.rows > map.rows || region.column + region.columns > map.columns)) region = null;
    bar.hidden = !region;
    const part = shown();
    const space = measure(part, { signed: stack.signed, printing });
    plot.layOut(part, planLayout({ ...space, width }), palette, lastRow);
    sentences.write(map);
    sayPlace();
  }

  function sayPlace() {
    place.textContent = region ? readRegion(figure.map, region) : "";
  }

  function paint() {
    plot.paint(shown(), figure.palette, figure.lastRow);
  }

  /** Abre una ventana, o la cierra (null), sin perder el foco. */
  function open(next) {
    region = next;
    figure.layOut();
    plot.stage.focus({ preventScroll: true });
  }

  /** Lleva la ventana a donde se vea una celda. */
  function follow(cell) {
    if (!region) return;
    const next = regionTo(region, cell);
    if (next.row === region.row && next.column === region.column) return;
    region = next;
    plot.write(shown());
    paint();
    sayPlace();
  }

  /** La fila del paso y su clave más fuerte. */
  function step() {
    return figure.stepping ? { row: figure.lastRow, column: strongest(figure.map, figure.lastRow) } : null;
  }

  function mark() {
    plot.mark({ cell: figure.cell, pinned: figure.pinned, step: step() });
    sentences.mark(figure.cell?.column);
  }

  /** Elegir, y en una matriz grande vista entera, abrir en vez de fijar. */
  const selection = {
    get cell() {
      return figure.cell;
    },
    get pinned() {
      return figure.pinned;
    },
    choose(cell, pinned = false) {
      if (!pinned || region || !plot.grid.large) {
        if (cell) follow(cell);
        return figure.choose(cell, pinned);
      }
      const { row, column } = plot.blockOf(cell);
      const peak = plot.grid.peak[row * plot.grid.columns + column];
      const { columns } = figure.map;
      const center = peak < 0 ? cell : { row: Math.floor(peak / columns), column: peak % columns };
      figure.cell = center;
      figure.pinned = false;
      open(regionAround(figure.map, center, REGION));
    },
  };

  /** Prohíbe, o permite, las claves de la columna de una celda. */
  function forbid(cell) {
    return figure.explorer.toggleKeys(plot.keysOf(cell));
  }

  listen(plot.stage, {
    at: plot.at,
    move(cell, key, jump) {
      if (!region) return plot.move(cell, key, jump);
      return moveCursor(cell, key, jump, figure.lastRow, figure.map.columns - 1);
    },
    first: () => ({
      row: figure.stepping ? figure.lastRow : (region?.row ?? 0),
      column: region?.column ?? 0,
    }),
    back() {
      if (!region) return false;
      open(null);
      return true;
    },
    reveal: plot.reveal,
    forbid,
    figure: selection,
  });

  plot.columns.addEventListener("click", ({ target }) => {
    const cell = plot.cellUnder(target.closest(".am-label"));
    if (cell) forbid(cell);
  });

  return {
    node,
    layOut,
    paint,
    mark,
    /** Lleva a la vista la clave más fuerte del paso. */
    follow() {
      const current = step();
      if (!current || current.column < 0) return;
      follow(current);
      plot.reveal(current);
    },
    sentence() {
      const { map, cell, pinned } = figure;
      return plot.grid.large && cell && !pinned ? readBlock(map, plot.grid, plot.blockOf(cell)) : null;
    },
    legend() {
      const { map, palette } = figure;
      return [...mapLegend(map, palette, hasMasked(map)), ...blockLegend(map, plot.grid)];
    },
    svg() {
      const map = plot.svg();
      const list = drawSentences(figure.map, figure.palette);
      const below = svgNode("g", { transform: `translate(0 ${map.height})` }, list.node);
      const node = svgNode("g", {}, map.node, below);
      return { node, width: Math.max(map.width, list.width), height: map.height + list.height };
    },
  };
}
