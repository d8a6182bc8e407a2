// Dónde va cada nodo de un grafo: un equilibrio de fuerzas que sale siempre igual. Solo cuentas, sin DOM.

const ROUNDS = 300;
const GRAVITY = 0.9; // sin ella, las partes sueltas se irían cada vez más lejos
const PULL = 0.5; // lo que atrae una arista

/** Un paso de los sitios `x`, `y`: todos se repelen, las aristas atraen y nadie se mueve más que `reach`. */
function relax(x, y, edges, ideal, reach) {
  const moveX = x.map((value) => -GRAVITY * value);
  const moveY = y.map((value) => -GRAVITY * value);
  const pull = (i, j, force) => {
    moveX[i] += (x[j] - x[i]) * force;
    moveY[i] += (y[j] - y[i]) * force;
    moveX[j] -= (x[j] - x[i]) * force;
    moveY[j] -= (y[j] - y[i]) * force;
  };
  const square = (i, j) => Math.max((x[j] - x[i]) ** 2 + (y[j] - y[i]) ** 2, 1e-12);
  for (let i = 0; i < x.length; i++) {
    for (let j = i + 1; j < x.length; j++) pull(i, j, -(ideal * ideal) / square(i, j));
  }
  for (const [i, j] of edges) pull(i, j, (PULL * Math.sqrt(square(i, j))) / ideal);
  for (let i = 0; i < x.length; i++) {
    const size = Math.min(reach / Math.max(Math.hypot(moveX[i], moveY[i]), 1e-9), 0.3);
    x[i] += moveX[i] * size;
    y[i] += moveY[i] * size;
  }
}

/** Sitios [x, y] de `count` nodos unidos por `edges` ([i, j] con i ≠ j). Empieza en un círculo: no hay azar. */
export function forceLayout(count, edges) {
  const turn = (_, i) => (2 * Math.PI * i) / count - Math.PI / 2;
  const x = Float64Array.from({ length: count }, turn).map(Math.cos);
  const y = Float64Array.from({ length: count }, turn).map(Math.sin);
  const ideal = 1.6 / Math.sqrt(count);
  for (let round = 0; round < ROUNDS; round++) relax(x, y, edges, ideal, 0.2 * (1 - round / ROUNDS));
  return Array.from(x, (value, i) => [value, y[i]]);
}

/** Lleva los sitios a una caja de `width` × `height` con `margin`: estirados, o con sus proporciones si `rigid`. */
export function fitInto(places, { width, height, marginX, marginY, rigid }) {
  const range = (axis) => {
    const values = places.map((place) => place[axis]);
    return [Math.min(...values), Math.max(...values)];
  };
  const [[left, right], [top, bottom]] = [range(0), range(1)];
  const room = [width - 2 * marginX, height - 2 * marginY];
  const stretch = [right > left ? room[0] / (right - left) : 0, bottom > top ? room[1] / (bottom - top) : 0];
  if (rigid) stretch.fill(Math.min(...stretch.filter((size) => size > 0), Infinity));
  const scale = stretch.map((size) => (Number.isFinite(size) ? size : 0));
  return places.map(([x, y]) => [
    width / 2 + (x - (left + right) / 2) * scale[0],
    height / 2 + (y - (top + bottom) / 2) * scale[1],
  ]);
}

/** Aparta los nodos { x, y, halfWidth, halfHeight } que se pisan, hasta `gap` píxeles, sin salir de la caja. */
export function spreadOut(nodes, { width, height, marginY }, gap) {
  const apart = nodes.map((node) => ({ ...node }));
  for (let round = 0; round < 120; round++) {
    for (let i = 0; i < apart.length; i++) {
      for (let j = i + 1; j < apart.length; j++) push(apart[i], apart[j], gap);
    }
    for (const node of apart) {
      node.x = Math.min(Math.max(node.x, node.halfWidth + 2), width - node.halfWidth - 2);
      node.y = Math.min(Math.max(node.y, marginY), height - marginY);
    }
  }
  return apart;
}

/** Separa dos nodos por el eje en que menos se pisan. */
function push(a, b, gap) {
  const overX = a.halfWidth + b.halfWidth + gap - Math.abs(b.x - a.x);
  const overY = a.halfHeight + b.halfHeight + gap - Math.abs(b.y - a.y);
  if (overX <= 0 || overY <= 0) return;
  const [axis, over] = overX < overY ? ["x", overX] : ["y", overY];
  const side = b[axis] < a[axis] ? -1 : 1;
  a[axis] -= (side * over) / 2;
  b[axis] += (side * over) / 2;
}
