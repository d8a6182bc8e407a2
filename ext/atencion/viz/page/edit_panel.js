// El panel «Editar números»: los números y las palabras de una figura que calcula, en tablas pequeñas.

import { button, element } from "./dom.js";
import { LARGEST, MOST_ROWS, MOST_WORDS } from "./live.js";
import { visible } from "./reading.js";
import { matricesOf, shortest } from "./tensor.js";
import { disclosure } from "./toolbar.js";

const NAMES = {
  query: "Consultas",
  key: "Claves",
  value: "Valores",
  bias: "Sesgo",
  score_vector: "Vector de puntuación",
  transition: "Transición",
  document: "Documento",
  question: "Pregunta",
  document_sentinel: "Centinela del documento",
  question_sentinel: "Centinela de la pregunta",
  context: "Contexto",
  score_weights: "Pesos de la puntuación",
  embeddings: "Embeddings",
  query_projection: "Matriz de las consultas",
  key_projection: "Matriz de las claves",
  value_projection: "Matriz de los valores",
};
const NUMBER = /^[+\-−]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?$/i;
const NEEDED = "no es un número de −1 000 000 a 1 000 000";

/** El número que dice un texto, con coma o con punto, o null si no es un número. */
export function parseNumber(text) {
  const written = text.trim();
  if (!NUMBER.test(written)) return null;
  const value = Math.fround(Number(written.replace("−", "-").replace(",", ".")));
  return Math.abs(value) <= LARGEST ? value : null;
}

/** Qué se hace con una frase de la que se conocen `known` palabras y no las de `missing`; vacío si se usa entera. */
function remark(known, missing) {
  const names = missing.map((word) => `«${visible(word)}»`).join(", ");
  const unused = missing.length > 0 ? [`Sin vector en la tabla, no se usa: ${names}.`] : [];
  if (known === 0) unused.push("Falta alguna palabra de la tabla: queda la frase de antes.");
  if (known > MOST_WORDS) unused.push(`Se usan las ${MOST_WORDS} primeras palabras.`);
  return unused.join(" ");
}

/** Un número como lo escribiría el lector. */
export const editedText = (value) => String(shortest(value)).replace("-", "−").replace(".", ",");

/** El botón y el panel. Devuelve { nodes, panel }. */
export function buildEditPanel(live) {
  const panel = element("div", "am-edit");
  const tables = element("div", "am-edit-tables");
  const message = element("p", "am-edit-message");
  message.setAttribute("role", "status");
  const headers = { queries: [], keys: [] }; // los rótulos que repiten una palabra que se edita en otra tabla
  const wrong = new Set();

  function tell() {
    const count = wrong.size;
    message.textContent =
      count === 0 ? "" : count === 1 ? `Lo escrito ${NEEDED}: se ignora.` : `${count} casillas no tienen un número válido: se ignoran.`;
  }

  function field(text, label, className) {
    const input = element("input", className);
    Object.assign(input, { type: "text", value: text, autocomplete: "off", spellcheck: false });
    input.setAttribute("aria-label", label);
    return input;
  }

  function numberCell(name, at, label) {
    const input = field(editedText(live.draft.inputs[name].values[at]), label, "am-number");
    input.inputMode = "decimal";
    input.addEventListener("input", () => {
      const value = parseNumber(input.value);
      input.setAttribute("aria-invalid", value === null);
      if (value === null) wrong.add(input);
      else wrong.delete(input);
      tell();
      if (value !== null) live.write(name, at, value);
    });
    return element("td", "", input);
  }

  /** El nombre de una fila: se edita en la primera tabla de su eje; en las demás se repite. */
  function rowHeader(axis, i, count, owner) {
    const cell = element("th", "");
    cell.scope = "row";
    if (axis === null) {
      cell.textContent = count > 1 ? String(i + 1) : "";
      return cell;
    }
    const word = live.draft[axis][i];
    if (!owner || !live.renames) {
      cell.textContent = visible(word);
      headers[axis].push({ i, cell });
      return cell;
    }
    const input = field(word, `Palabra ${i + 1}`, "am-word");
    input.addEventListener("input", () => {
      live.rename(axis, i, input.value);
      for (const other of headers[axis]) if (other.i === i) other.cell.textContent = visible(live.draft[axis][i]);
    });
    cell.append(input);
    return cell;
  }

  function sizeButtons(axis, count) {
    const resize = (rows) => () => {
      live.resize(axis, rows);
      panel.querySelector(`[data-axis="${axis}"] .am-button:not(:disabled)`)?.focus();
    };
    const buttons = element(
      "div",
      "am-edit-size",
      button("Añadir palabra", resize(count + 1)),
      button("Quitar la última", resize(count - 1)),
    );
    const [add, remove] = buttons.children;
    add.disabled = count >= MOST_ROWS;
    remove.disabled = count <= 1;
    buttons.dataset.axis = axis;
    return buttons;
  }

  /** La tabla de una matriz. Con vocabulario, de los embeddings solo salen las palabras de la frase. */
  function tableOf(name, part, title, owner) {
    const axis = live.rowsOf(name);
    const words = name === "embeddings" ? [...new Set(live.draft.queries)] : null;
    const rows = words ? words.map((word) => live.vocabulary.indexOf(word)) : [...Array(part.rows).keys()];
    const head = element("tr", "", element("td", ""));
    for (let column = 0; column < part.columns; column++) {
      const heading = element("th", "", String(column + 1));
      heading.scope = "col";
      head.append(heading);
    }
    const body = rows.map((row, i) => {
      const header = words ? element("th", "", visible(words[i])) : rowHeader(axis, row, part.rows, owner);
      header.scope = "row";
      const place = words ? visible(words[i]) : `fila ${row + 1}`;
      const cells = Array.from({ length: part.columns }, (_, column) =>
        numberCell(name, part.start + row * part.columns + column, `${title}, ${place}, columna ${column + 1}`),
      );
      return element("tr", "", header, ...cells);
    });
    const table = element("table", "am-numbers", element("caption", "", element("span", "", title)));
    table.append(element("thead", "", head), element("tbody", "", ...body));
    const block = element("div", "am-edit-block", table);
    if (owner && live.growable) block.append(sizeButtons(axis, part.rows));
    return block;
  }

  function sentenceField() {
    const input = field(live.draft.queries.join(" "), "Frase", "am-sentence");
    const unknown = element("span", "am-unknown");
    unknown.setAttribute("role", "status");
    input.addEventListener("input", () => {
      const missing = live.rewrite(input.value);
      input.setAttribute("aria-invalid", missing.length > 0);
      unknown.textContent = remark(input.value.split(/\s+/).filter(Boolean).length - missing.length, missing);
    });
    const vocabulary = live.vocabulary.map((word) => visible(word)).join(" · ");
    const known = element("p", "am-edit-note", `Palabras con vector: ${vocabulary}`);
    const label = element("label", "", element("span", "am-name", "Frase"), input);
    const sync = () => {
      if (input.matches(":focus")) return; // la está escribiendo el lector
      input.value = live.draft.queries.join(" ");
      input.removeAttribute("aria-invalid");
      unknown.textContent = "";
    };
    return { node: element("div", "am-edit-sentence", label, unknown, known), sync };
  }

  const sentence = live.vocabulary ? sentenceField() : null;

  function build() {
    wrong.clear();
    tell();
    headers.queries = [];
    headers.keys = [];
    const owned = new Set();
    const blocks = live.editable.flatMap((name) => {
      const axis = live.rowsOf(name);
      const parts = matricesOf(live.draft.inputs[name]);
      return parts.map((part, i) => {
        const owner = axis !== null && !owned.has(axis);
        if (owner) owned.add(axis);
        const title = parts.length > 1 ? `${NAMES[name]}, salto ${i + 1}` : NAMES[name];
        return tableOf(name, part, title, owner);
      });
    });
    tables.replaceChildren(...blocks);
  }

  /** Las flechas suben y bajan por una columna; el tabulador recorre las filas. */
  tables.addEventListener("keydown", (event) => {
    const cell = event.target.closest("td");
    const next = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
    const input = cell && next && cell.parentNode[next]?.cells[cell.cellIndex].querySelector("input");
    if (!input) return;
    event.preventDefault();
    input.focus();
    input.select();
  });

  panel.append(...(sentence ? [sentence.node] : []), tables, message, button("Restablecer", live.reset));
  const node = disclosure("Editar números", panel);
  node.disabled = true; // hasta que haya núcleo

  live.onChange((structure) => {
    node.disabled = !live.ready;
    if (!structure) return;
    sentence?.sync();
    build();
  });
  build();
  return { nodes: [node], panel };
}
