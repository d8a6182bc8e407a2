// De un texto a piezas: las mismas que da atencion.data.text en Python.
//
// Las clases de caracteres son las de Python, escritas con propiedades de Unicode: allí \w no incluye las marcas,
// \d son las cifras decimales de cualquier escritura y \s tiene cinco controles que JavaScript no cuenta y le falta
// U+FEFF. Solo pueden diferir los caracteres que una de las dos versiones de Unicode aún no conoce.

const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const LETTER = "\\p{L}\\p{Nl}\\p{No}"; // [^\W\d_]
// Guion opcional, anchura cero, sentido de la escritura…
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;
const ORDINAL_MARK = /[ºª]/g; // a grado antes de normalizar: si no, «1.º» sería «1.o»
const ORDINAL = /(\p{Nd}) ?\.?°/gu;
const DASH = /[\u2010-\u2015\u2212]/g; // guiones y menos tipográficos
const ABBREVIATION = new RegExp(`([${LETTER}])\\.+`, "gu"); // el punto de «sept.», no el de «25.03.1973»
const SPACES = new RegExp(`[${SPACE}]+`, "gu");
const TOKEN = new RegExp(`\\p{Nd}|[${LETTER}]+|[^${LETTER}\\p{Nd}_${SPACE}]|_`, "gu");

/** Unifica las maneras de escribir lo mismo: mayúsculas, espacios, guiones, cifras anchas, abreviaturas. */
export function normalize(text) {
  const marked = text.replace(INVISIBLE, "").replace(ORDINAL_MARK, "°");
  const folded = marked.normalize("NFKC").toLowerCase().normalize("NFC");
  const plain = folded.replace(DASH, "-").replace(ORDINAL, "$1").replace(ABBREVIATION, "$1");
  return plain.replace(SPACES, " ").replace(/^ | $/g, "");
}

/** Parte un texto en palabras, cifras sueltas y signos, ya normalizados. */
export function tokenize(text) {
  return normalize(text).match(TOKEN) ?? [];
}

/** ¿Se combina con la letra anterior? Solo entonces Unicode la cambia de orden junto a otra marca. */
function combines(mark) {
  return [`${mark}\u0334`, `\u0345${mark}`].some((pair) => pair.normalize("NFD") !== pair);
}

/** La pieza sin sus tildes. */
export function withoutAccents(token) {
  return Array.from(token.normalize("NFD")).filter((c) => !combines(c)).join("");
}
