// La geometría del grafo, en píxeles CSS: nodos, flechas y bucles. Solo cuentas, sin DOM.

const BEND = 0.16; // cuánto se curva una arista cuando también existe la contraria
const round = (value) => value.toFixed(1);
const point = ([x, y]) => `${round(x)} ${round(y)}`;

/** Las parejas unidas: { from, to, value }, de la clave a la consulta que la atiende, de menor a mayor peso. */
export function edgesOf(map, lastRow) {
  const edges = [];
  for (let to = 0; to <= lastRow; to++) {
    for (let from = 0; from < map.columns; from++) {
      const value = map.values[to * map.columns + from];
      if (value > 0) edges.push({ from, to, value }); // una celda enmascarada (NaN) tampoco pasa
    }
  }
  return edges.sort((a, b) => a.value - b.value);
}

/** Dónde corta el borde de un nodo (centro, mitades del ancho y del alto) la recta hacia `target`. */
export function borderPoint({ x, y, halfWidth, halfHeight }, [tx, ty], gap) {
  const [dx, dy] = [tx - x, ty - y];
  const distance = Math.hypot(dx, dy);
  if (distance === 0) return [x, y - halfHeight - gap];
  const share = Math.min(halfWidth / Math.max(Math.abs(dx), 1e-9), halfHeight / Math.max(Math.abs(dy), 1e-9));
  const reach = Math.min(share * distance + gap, distance);
  return [x + (dx / distance) * reach, y + (dy / distance) * reach];
}

/** La punta de flecha en `tip`, que viene de `from`. */
function arrowHead(tip, from, size) {
  const angle = Math.atan2(tip[1] - from[1], tip[0] - from[0]);
  const corner = (turn) => [tip[0] - size * Math.cos(angle + turn), tip[1] - size * Math.sin(angle + turn)];
  return `M${point(tip)}L${point(corner(0.45))}L${point(corner(-0.45))}Z`;
}

/** De qué lado va el bucle de cada nodo: 1, abajo; -1, arriba; donde sus otras aristas quedan más lejos. */
export function loopSides(nodes, edges) {
  const level = nodes.map(() => [-1, 1]); // el seno más alto y el más bajo de las aristas de cada nodo
  for (const { from, to } of edges) {
    if (from === to) continue;
    const [dx, dy] = [nodes[to].x - nodes[from].x, nodes[to].y - nodes[from].y];
    const sine = dy / Math.max(Math.hypot(dx, dy), 1e-9);
    for (const [i, value] of [[from, sine], [to, -sine]]) {
      level[i] = [Math.max(level[i][0], value), Math.min(level[i][1], value)];
    }
  }
  return level.map(([lowest, highest]) => (lowest < -highest ? 1 : -1));
}

/** La arista de un nodo a sí mismo: un bucle por encima o por debajo. */
function loop(node, size, side) {
  const y = node.y + side * (node.halfHeight + 1);
  const reach = Math.min(8, node.halfWidth);
  const top = y + side * 30;
  const tip = [node.x + reach, y];
  const end = [tip[0] + 2, tip[1] + side * size * 0.7];
  const line = `M${point([node.x - reach, y])}C${point([node.x - 24, top])} ${point([node.x + 24, top])} ${point(end)}`;
  return { line, head: arrowHead(tip, [node.x + 14, top], size), label: [node.x, y + side * 33] };
}

/** Una flecha entre dos nodos: { line, head, label }; `label` es donde se escribe su peso. */
export function arrow(source, target, { width, both, loopSide }) {
  const size = 6 + 1.6 * width;
  if (source === target) return loop(source, size, loopSide);
  const [dx, dy] = [target.x - source.x, target.y - source.y];
  const bend = both ? BEND : 0;
  const control = [(source.x + target.x) / 2 - dy * bend, (source.y + target.y) / 2 + dx * bend];
  const start = borderPoint(source, control, 1);
  const tip = borderPoint(target, control, 2);
  const back = Math.atan2(tip[1] - control[1], tip[0] - control[0]);
  const end = [tip[0] - 0.8 * size * Math.cos(back), tip[1] - 0.8 * size * Math.sin(back)];
  const label = [0, 1].map((k) => 0.25 * start[k] + 0.5 * control[k] + 0.25 * end[k]);
  return { line: `M${point(start)}Q${point(control)} ${point(end)}`, head: arrowHead(tip, control, size), label };
}

/** El nodo bajo un punto, o el más cercano a menos de 14 píxeles de su borde; -1 si no hay. */
export function nodeUnder(nodes, x, y) {
  const away = nodes.map((node) => {
    return Math.hypot(
      Math.max(Math.abs(x - node.x) - node.halfWidth, 0),
      Math.max(Math.abs(y - node.y) - node.halfHeight, 0),
    );
  });
  const nearest = away.indexOf(Math.min(...away));
  return away[nearest] <= 14 ? nearest : -1;
}
