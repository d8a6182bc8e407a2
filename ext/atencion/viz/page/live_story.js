// Una red de memoria entrenada que corre en la página: el lector cambia la historia o la pregunta, y ve la respuesta
// y qué frase lee cada salto. Los rasgos son los de live_story.py; los de HeatMap guardan los saltos de la primera.

import { element } from "./dom.js";
import { openPanel, textField, unknownNote } from "./live_panel.js";
import { recall } from "./memory_network.js";
import { formatNumber, visible } from "./reading.js";
import { argmax, softmax } from "./rows.js";
import { readStack } from "./stack.js";
import { tokenize } from "./text.js";
import { UNKNOWN, makeVocabulary } from "./vocabulary.js";

const LONGEST = 200; // letras que se enseñan de una frase
const LINES = 12; // las que se ven de la historia sin desplazarla
const SPLIT = "Acórtala o pártela en dos líneas.";
const WORD = /[\p{L}\p{N}]/u; // los signos solos no dicen nada
const END_OF_SENTENCE = /[\n\r]+|(?<=[.!?…])[ \t]+/u;

/** Las frases de un texto, cada una con sus piezas: una por línea o, en la misma, hasta el punto. */
function splitSentences(text) {
  const parts = text.split(END_OF_SENTENCE).map((part) => part.trim());
  const read = parts.map((part) => ({ text: part.slice(0, LONGEST), pieces: tokenize(part) }));
  return read.filter(({ pieces }) => pieces.some((piece) => WORD.test(piece)));
}

/** Una línea por respuesta, con su probabilidad como número y como barra. */
function likelyRow([word, share]) {
  const bar = element("span", "al-share");
  bar.style.setProperty("--al-share", share);
  const number = element("span", "al-number", formatNumber(share, 2));
  return element("li", "", element("bdi", "", visible(word)), bar, number);
}

/** Qué frase lee más cada salto. */
function hopRow(name, weights, sentences) {
  const best = argmax(weights);
  const read = element("bdi", "al-read", `${best + 1}. ${visible(sentences[best])}`);
  const share = element("span", "al-number", formatNumber(weights[best], 2));
  return element("li", "", element("span", "al-hop", name), read, share);
}

function render({ model, el }) {
  const texts = (name) => JSON.parse(model.get(name));
  const names = texts("tokens");
  const vocabulary = makeVocabulary(names);
  const stories = texts("stories");
  const hopNames = texts("query_tokens");
  const [memorySize, maxWords] = [model.get("memory_size"), model.get("max_words")];
  const longest = Math.max(...stories.map(({ sentences }) => sentences.length));
  const story = textField(stories[0].sentences.join("\n"), Math.min(longest + 1, LINES));
  const question = textField(stories[0].question, 1);
  const answer = element("bdi", "al-written");
  const likely = element("ol", "al-likely");
  const hops = element("ol", "al-hops");

  function show(shares, weights, sentences) {
    answer.textContent = shares[0][0];
    likely.replaceChildren(...shares.map(likelyRow));
    const row = (hop) => weights.subarray(hop * sentences.length, (hop + 1) * sentences.length);
    hops.replaceChildren(...hopNames.map((name, hop) => hopRow(name, row(hop), sentences)));
  }

  const first = readStack(model).map([]);
  show(texts("likely"), first.values, first.keys);

  /** Por qué no se pueden leer unas piezas, o null. */
  function tooLong(what, { length }, remedy) {
    if (length <= maxWords) return null;
    return `${what} es demasiado larga: tiene ${length} piezas y leo ${maxWords} como mucho. ${remedy}`;
  }

  return openPanel({ model, el }, {
    title: texts("title") || "Cuenta una historia",
    mapTitle: "Qué frase lee cada salto",
    fields: [
      ["Historia: una frase por línea", story],
      ["Pregunta", question],
    ],
    examples: stories.map(({ name, sentences, question: asked }) => [
      name,
      () => {
        story.value = sentences.join("\n");
        question.value = asked;
      },
    ]),
    results: [
      element("p", "al-result", "Respuesta", answer),
      element("div", "al-details", likely, hops),
    ],
    parse() {
      const all = splitSentences(story.value);
      const kept = all.slice(-memorySize);
      const asked = tokenize(question.value);
      if (all.length === 0) return { trouble: "No hay nada que recordar: escribe al menos una frase." };
      if (!asked.some((piece) => WORD.test(piece))) return { trouble: "Falta la pregunta: sin ella no sé qué buscar." };
      const long = kept.map(({ pieces }, i) => tooLong(`La frase ${all.length - kept.length + i + 1}`, pieces, SPLIT));
      const trouble = [...long, tooLong("La pregunta", asked, "Acórtala.")].find((reason) => reason !== null);
      return trouble ? { trouble } : { kept, asked, forgotten: all.length - kept.length };
    },
    read(network, { kept, asked, forgotten }) {
      const everything = [...kept.map(({ pieces }) => pieces), asked];
      const ids = everything.map(vocabulary.encode);
      const { logits, weights } = recall(network, ids.slice(0, -1), ids.at(-1));
      const shares = Array.from(softmax(logits), (share, id) => [names[id], share]).sort((a, b) => b[1] - a[1]);
      const sentences = kept.map(({ text }) => text);
      show(shares.slice(0, texts("likely").length), weights, sentences);
      const pieces = everything.flat();
      const note = unknownNote(pieces.filter((_, i) => ids.flat()[i] === UNKNOWN));
      if (forgotten > 0) note.push(`En la memoria caben ${memorySize} frases: ${forgottenNote(forgotten)}.`);
      return { note, queries: hopNames, keys: sentences, weights };
    },
    clear() {
      answer.textContent = "";
      likely.replaceChildren();
      hops.replaceChildren();
    },
    said: () => answer.textContent,
  });
}

function forgottenNote(count) {
  return count === 1 ? "la primera se olvida" : `las ${count} primeras se olvidan`;
}

export default { render };
