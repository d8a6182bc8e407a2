// Las claves que son frases no caben sobre sus columnas: allí va su número, y la frase entera, en una lista debajo.
// Es la misma regla que `are_sentences` en reading.py.

import { element, svgNode } from "./dom.js";
import { textWidth } from "./paint.js";
import { visible } from "./reading.js";

const MOST = 32; // una lista más larga no se lee
const WORDS = 3;
const [SIZE, PITCH, LONGEST] = [13, 19, 90]; // en el dibujo que se guarda: letra, separación y letras de una frase

/** ¿Hay entre las claves alguna de tres palabras o más? */
export function areSentences(keys) {
  return keys.length <= MOST && keys.some((key) => key.split(" ").filter(Boolean).length >= WORDS);
}

/** La matriz con las claves numeradas, si son frases; si no, ella misma. */
export function numbered(map) {
  return areSentences(map.keys) ? { ...map, keys: map.keys.map((_, j) => `${j + 1}`) } : map;
}

/** La lista de las frases; vacía si las claves no lo son. Vale también para marcar una: `mark(column)`. */
export function sentenceList() {
  const node = element("ol", "am-sentences");
  return {
    node,
    write({ keys }) {
      const listed = areSentences(keys) ? keys : [];
      node.hidden = listed.length === 0;
      node.replaceChildren(...listed.map((key) => element("li", "", element("bdi", "", visible(key)))));
    },
    mark(column) {
      [...node.children].forEach((item, j) => item.classList.toggle("am-on", j === column));
    },
  };
}

/** La lista, para guardarla debajo de un dibujo: { node, width, height }. */
export function drawSentences({ keys }, { ink }) {
  const cut = (key) => (key.length > LONGEST ? `${visible(key.slice(0, LONGEST))}…` : visible(key));
  const lines = areSentences(keys) ? keys.map((key, j) => `${j + 1}. ${cut(key)}`) : [];
  const texts = lines.map((line, j) => svgNode("text", { y: (j + 1) * PITCH, "font-size": SIZE, fill: ink }, line));
  const width = lines.reduce((most, line) => Math.max(most, textWidth(line, SIZE, 400)), 0);
  return { node: svgNode("g", {}, ...texts), width: Math.ceil(width), height: lines.length * PITCH };
}
