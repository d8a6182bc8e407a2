// Lo que la figura dice en español: números, tokens y frases.
// Una frase es una lista de trozos: cadenas y { token }, que se pintan aislados y siempre como texto.

const MARKS = { "\n": "↵", "\r": "↵", "\t": "⇥" };
const CONTROL = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const codePoint = (c) => `U+${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;

/** Hace visible un token: marca espacios del borde y saltos, y nombra los caracteres de control. */
export function visible(token) {
  const core = token.replace(/^ +/, "").replace(/ +$/, "");
  if (core === "") return "␣".repeat(token.length) || "∅";
  const named = (c) => MARKS[c] ?? codePoint(c);
  if (!/[^\p{C}\p{Z}\p{M}\s]/u.test(core)) return Array.from(token, named).join("");
  const edges = token.replace(/^ +| +$/g, (spaces) => "␣".repeat(spaces.length));
  return edges.replace(CONTROL, named);
}

/** Cuántos decimales dice con honradez una matriz cuantizada con este paso: dos como mucho. */
export function decimalsFor(step) {
  return [2, 1, 0].find((digits) => step <= 10 ** -digits) ?? 0;
}

/** Escribe un número con coma decimal y signo menos tipográfico. */
export function formatNumber(value, decimals) {
  const text = value.toFixed(decimals);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−").replace(".", ",");
}

/** Nombra una posición de un eje delantero: «softmax (4 de 4)», o «2 de 6» si no tiene nombres. */
export function namePosition(stack, axis, i) {
  const place = `${i + 1} de ${stack.leading[axis]}`;
  const names = stack.labels[axis];
  return names.length > 0 ? `${visible(names[i])} (${place})` : place;
}

/** El token, con su posición si se repite: «0» (posición 3). */
export function nameToken(tokens, i) {
  const repeated = tokens.indexOf(tokens[i]) !== tokens.lastIndexOf(tokens[i]);
  return [{ token: visible(tokens[i]) }, repeated ? ` (posición ${i + 1})` : ""];
}

/** El valor con su nombre: «peso 0,71». */
export function amount(map, value) {
  const decimals = decimalsFor(map.step);
  const noun = map.kind === "weights" ? "peso" : "puntuación";
  const least = 10 ** -decimals;
  if (map.kind === "weights" && value > 0 && value < least / 2) {
    return `${noun} menor que ${formatNumber(least, decimals)}`;
  }
  return `${noun} ${formatNumber(value, decimals)}`;
}

/** Lee una celda: «casa» atiende a «white» con peso 0,71. */
export function readCell(map, row, column) {
  const value = map.values[row * map.columns + column];
  const query = nameToken(map.queries, row);
  const key = nameToken(map.keys, column);
  if (Number.isNaN(value)) return [...query, " no puede atender a ", ...key, ": celda enmascarada."];
  if (map.kind === "scores") return [...query, " frente a ", ...key, `: ${amount(map, value)}.`];
  return [...query, " atiende a ", ...key, ` con ${amount(map, value)}.`];
}

/** Lee un bloque de una matriz resumida: qué abarca y cuál es su celda más fuerte. */
export function readBlock(map, grid, { row, column }) {
  const span = (start, size, total) => `${start * size + 1}–${Math.min((start + 1) * size, total)}`;
  const queries = span(row, grid.rowSpan, map.rows);
  const keys = span(column, grid.columnSpan, map.columns);
  const place = `Consultas ${queries}, claves ${keys}: `;
  const cell = grid.peak[row * grid.columns + column];
  if (cell < 0) return [place, "bloque enmascarado."];
  const [i, j] = [Math.floor(cell / map.columns), cell % map.columns];
  return [place, "lo más alto, ", ...readCell(map, i, j)];
}

/** Lee una fila recién dibujada: qué clave se lleva el valor más alto. */
export function readRow(map, row, best) {
  const query = nameToken(map.queries, row);
  const place = `Paso ${row + 1} de ${map.rows}: `;
  if (best < 0) return [place, ...query, " no atiende a ninguna clave: fila enmascarada."];
  const value = map.values[row * map.columns + best];
  const key = nameToken(map.keys, best);
  const scores = map.kind === "scores";
  const verb = scores ? " puntúa más alto a " : " atiende sobre todo a ";
  return [place, ...query, verb, ...key, `${scores ? ":" : ", con"} ${amount(map, value)}.`];
}

const entropy = ({ bits, most }) => `${formatNumber(bits, 2)} de ${formatNumber(most, 2)} bits`;

/** Resume el reparto de todas las filas. */
export function readMeanSpread(mean) {
  return [`Entropía media de las filas: ${entropy(mean)}.`];
}

/** Resume el reparto de una fila: su entropía y su clave más fuerte. */
export function readSpread(map, row, spread, best) {
  if (best < 0) return [];
  const top = formatNumber(map.values[row * map.columns + best], decimalsFor(map.step));
  const key = nameToken(map.keys, best);
  return ["Fila ", ...nameToken(map.queries, row), `: entropía ${entropy(spread)}; máximo, `, ...key, ` (${top}).`];
}

/** Escribe una frase en un elemento: solo nodos de texto, cada token aislado de la dirección de los demás. */
export function writeSentence(element, parts) {
  element.replaceChildren(
    ...parts.map((part) => {
      if (typeof part === "string") return part;
      const token = document.createElement("bdi");
      token.className = "am-token";
      token.textContent = `«${part.token}»`;
      return token;
    }),
  );
}
