// Las celdas del mapa como rectángulos SVG: lo que paint.js pinta en el lienzo, para guardarlo.

import { svgNode } from "./dom.js";
import { decimalsFor, formatNumber } from "./reading.js";
import { inkOn, makeScale } from "./theme.js";

function hatchPattern(palette) {
  const lines = svgNode("path", { d: "M-1 7L7 -1M-1 1L1 -1M5 7L7 5", stroke: palette.hatch, fill: "none" });
  return svgNode("pattern", { id: "trama", width: 6, height: 6, patternUnits: "userSpaceOnUse" }, lines);
}

/** Todas las celdas hasta la fila `lastRow`, con sus números si el mapa los lleva. */
export function drawCells(grid, map, plan, palette, lastRow) {
  const scale = makeScale(palette.colours[map.kind]);
  const [low, high] = map.domain;
  const group = svgNode("g", {}, hatchPattern(palette));
  const size = { width: plan.cellWidth - plan.gap, height: plan.cellHeight - plan.gap };
  const font = { "font-size": plan.cellWidth < 40 ? 11 : 12, "text-anchor": "middle", dy: "0.35em" };
  for (let i = 0; i <= lastRow; i++) {
    for (let j = 0; j < grid.columns; j++) {
      const value = grid.values[i * grid.columns + j];
      const [x, y] = [j * plan.cellWidth, plan.top + i * plan.cellHeight];
      const masked = Number.isNaN(value);
      const rgb = masked ? null : scale((value - low) / (high - low));
      group.append(svgNode("rect", { x, y, ...size, fill: masked ? "url(#trama)" : `rgb(${rgb.join(",")})` }));
      if (plan.withValues && !masked) {
        const place = { ...font, x: x + size.width / 2, y: y + size.height / 2, fill: inkOn(rgb) };
        group.append(svgNode("text", place, formatNumber(value, decimalsFor(map.step))));
      }
    }
  }
  return group;
}
