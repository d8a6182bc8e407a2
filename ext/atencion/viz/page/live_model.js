// Un traductor entrenado que corre en la página: a cada tecla cambian su resultado y su alineamiento.
// Los rasgos son los de live_model.py; los que comparte con HeatMap guardan el resultado del primer texto.

import { element } from "./dom.js";
import { openPanel, textField, unknownNote } from "./live_panel.js";
import { translate } from "./seq2seq.js";
import { tokenize } from "./text.js";
import { EOS, UNKNOWN, makeVocabulary } from "./vocabulary.js";

const END = "‹fin›";

function render({ model, el }) {
  const texts = (name) => JSON.parse(model.get(name));
  const names = texts("target_tokens");
  const source = makeVocabulary(texts("source_tokens"));
  const target = makeVocabulary(names);
  const input = textField(texts("text"), 2);
  const written = element("bdi", "al-written", texts("written"));

  return openPanel({ model, el }, {
    title: texts("title") || "Escribe un texto",
    mapTitle: "Adónde mira al escribir cada pieza",
    fields: [["Escribe aquí", input]],
    examples: texts("examples").map((text) => [text, () => Object.assign(input, { value: text })]),
    results: [element("p", "al-result", "Resultado", written)],
    parse() {
      const pieces = tokenize(input.value);
      const most = model.get("max_pieces");
      if (pieces.length === 0) return { trouble: "No hay nada que leer: escribe una palabra, una cifra o un signo." };
      if (pieces.length <= most) return { pieces };
      return { trouble: `Es demasiado largo: tiene ${pieces.length} piezas y leo ${most} como mucho.` };
    },
    read(network, { pieces }) {
      const ids = source.encode(pieces);
      const { tokens, weights } = translate(network, ids, model.get("max_length"));
      const ended = tokens.at(-1) === EOS;
      const note = unknownNote(pieces.filter((_, i) => ids[i] === UNKNOWN));
      if (!ended) note.push(`No ha sabido terminar: se queda en ${tokens.length} piezas.`);
      written.textContent = target.decode(tokens).join("") + (ended ? "" : "…");
      return { note, queries: tokens.map((id) => (id === EOS ? END : names[id])), keys: pieces, weights };
    },
    clear() {
      written.textContent = "";
    },
    said: () => written.textContent,
  });
}

export default { render };
