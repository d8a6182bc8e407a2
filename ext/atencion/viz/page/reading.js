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

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** El tramo número `i` de un eje, de `span` casillas: «claves 17–24» o, si es una sola, «clave «the»». */
function nameSpan(map, noun, i, span) {
  const rows = noun === "consulta";
  const cells = span * (rows ? map.block.rows : map.block.columns);
  if (cells === 1) return [`${noun} `, ...nameToken(rows ? map.queries : map.keys, i)];
  const end = Math.min((i + 1) * cells, rows ? map.size.rows : map.size.columns);
  return [`${noun}s ${i * cells + 1}–${end}`];
}

/** El lugar de un bloque: «Consultas 297–304, claves 17–24: ». */
function nameBlock(map, grid, { row, column }) {
  const [noun, ...rest] = nameSpan(map, "consulta", row, grid.rowSpan);
  return [capital(noun), ...rest, ", ", ...nameSpan(map, "clave", column, grid.columnSpan), ": "];
}

const CELL = { rowSpan: 1, columnSpan: 1 };
const isBlock = ({ block }) => block.rows * block.columns > 1;

/** Lee una celda: «casa» atiende a «white» con peso 0,71. */
export function readCell(map, row, column) {
  const value = map.values[row * map.columns + column];
  if (isBlock(map)) {
    const text = Number.isNaN(value) ? "bloque enmascarado." : `lo más alto, ${amount(map, value)}.`;
    return [...nameBlock(map, CELL, { row, column }), text];
  }
  const query = nameToken(map.queries, row);
  const key = nameToken(map.keys, column);
  if (Number.isNaN(value)) return [...query, " no puede atender a ", ...key, ": celda enmascarada."];
  if (map.kind === "scores") return [...query, " frente a ", ...key, `: ${amount(map, value)}.`];
  return [...query, " atiende a ", ...key, ` con ${amount(map, value)}.`];
}

/** Lee un bloque de una matriz resumida: qué abarca y cuál es su celda más fuerte. */
export function readBlock(map, grid, { row, column }) {
  const place = nameBlock(map, grid, { row, column });
  const cell = grid.peak[row * grid.columns + column];
  if (cell < 0) return [...place, "bloque enmascarado."];
  if (isBlock(map)) return [...place, `lo más alto, ${amount(map, map.values[cell])}.`];
  return [...place, "lo más alto, ", ...readCell(map, Math.floor(cell / map.columns), cell % map.columns)];
}

/** Qué celdas se ven al acercarse: «Consultas 1–64, claves 33–96». */
export function readRegion(map, { row, column, rows, columns }) {
  const span = (start, count, block, total) => `${start * block + 1}–${Math.min((start + count) * block, total)}`;
  const queries = span(row, rows, map.block.rows, map.size.rows);
  return `Consultas ${queries}, claves ${span(column, columns, map.block.columns, map.size.columns)}`;
}

/** Nombra una posición en el margen de la rejilla: su nombre o su número. */
export function nameThumbnail(stack, axis, i) {
  return stack.labels[axis].length > 0 ? visible(stack.labels[axis][i]) : String(i + 1);
}

/** Nombra una matriz del conjunto: «capa 2, cabeza 5». */
export function nameIndex(stack, index) {
  return index.map((i, axis) => `${stack.axes[axis]} ${nameThumbnail(stack, axis, i)}`).join(", ");
}

const OFFSETS = { "-1": "la posición anterior", 0: "la propia posición", 1: "la posición siguiente" };

/** Resume una matriz entre las demás: su entropía y su clave `favourite` o, si no es un reparto, su intervalo. */
export function readSummary(stack, index, map, { mean, best, range }) {
  const place = `${capital(nameIndex(stack, index))}: `;
  const decimals = decimalsFor(map.step);
  if (range === null) return [place, "todas las celdas enmascaradas."];
  if (!mean) {
    const noun = map.kind === "weights" ? "pesos" : "puntuaciones";
    return [place, `${noun} de ${formatNumber(range[0], decimals)} a ${formatNumber(range[1], decimals)}.`];
  }
  const start = [place, `entropía media ${entropy(mean)}; `];
  if (best === null) return [...start, "sin una clave preferida."];
  const weight = ` (peso medio ${formatNumber(best.weight, decimals)}).`;
  if ("offset" in best) return [...start, `atiende sobre todo a ${OFFSETS[best.offset]}${weight}`];
  return [...start, "la clave más atendida es ", ...nameToken(map.keys, best.key), weight];
}

/** Lo que más cambia entre dos matrices, y cómo ver lo demás. */
export function readCompareHint(delta) {
  const largest = delta.values.reduce((most, value) => Math.max(most, Math.abs(value) || 0), 0);
  if (largest === 0) return ["A y B son iguales."];
  const most = formatNumber(largest, decimalsFor(delta.step));
  return [`La mayor diferencia es de ${most}. Señala una celda para leerla en A y en B.`];
}

/** Lee la misma celda de dos matrices y su diferencia; `plots` son sus tres resúmenes (`summarise`). */
export function readDifference(map, { row, column }, [a, b, delta], step) {
  const at = row * a.columns + column;
  const decimals = decimalsFor(step);
  const say = (value, sign) => {
    if (Number.isNaN(value)) return "enmascarada";
    const text = formatNumber(value, decimals);
    return sign && value > 0 ? `+${text}` : text;
  };
  const values = `A ${say(a.values[at])}; B ${say(b.values[at])}; diferencia ${say(delta.values[at], true)}.`;
  if (a.large || isBlock(map)) return [...nameBlock(map, a, { row, column }), "lo más alto, ", values];
  return [...nameToken(map.queries, row), " → ", ...nameToken(map.keys, column), ": ", values];
}

/** Lee una fila recién dibujada: qué clave se lleva el valor más alto. */
export function readRow(map, row, best) {
  const place = `Paso ${row + 1} de ${map.rows}: `;
  if (isBlock(map)) return [place, ...readCell(map, row, Math.max(best, 0))];
  const query = nameToken(map.queries, row);
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

/** Resume el reparto de dos matrices que se comparan. */
export function readSpreads([a, b]) {
  return [`Entropía media de las filas: A ${entropy(a)}; B ${entropy(b)}.`];
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
