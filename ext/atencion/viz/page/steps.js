// Los pasos de una atención, con sus cuentas: puntuaciones → escala → máscara → softmax → suma ponderada.
//
// Un paso es { name, formula, map, explain(row, column) }: `map` es una matriz como las de la figura, y `explain` da
// en texto la cuenta de una celda. El último tiene una columna por componente del valor. Los productos los hace el
// núcleo.

import { scaleOf } from "./operations.js";
import { formatNumber } from "./reading.js";

const MOST_TERMS = 6; // de una suma que se escribe entera
const MOST_COMPONENTS = 4; // de la suma ponderada
const LARGE = 20; // a partir de aquí, la exponencial se escribe con el máximo restado

/** Un número corto: 0,105 · 7,39 · 4 · −∞; uno positivo que no llega a una milésima, «<0,001». */
export function shortNumber(value) {
  if (value === -Infinity) return "−∞";
  const size = Math.abs(value);
  if (value > 0 && value < 5e-4) return "<0,001";
  const text = formatNumber(value, size >= 1000 ? 0 : size >= 1 ? 2 : 3);
  return text.replace(/(,\d*?)0+$/, "$1").replace(/,$/, "");
}

/** Un factor de un producto, entre paréntesis si es negativo. */
const factor = (value) => (value < 0 ? `(${shortNumber(value)})` : shortNumber(value));

/** Una suma escrita; si es larga, el principio y el final. */
export function writtenSum(terms) {
  return (terms.length <= MOST_TERMS ? terms : [...terms.slice(0, MOST_TERMS - 2), "…", terms.at(-1)]).join(" + ");
}

const rowOf = ({ values, shape: [, columns] }, row) => Array.from(values.subarray(row * columns, (row + 1) * columns));

/** El mayor valor absoluto, o 1 si todos son 0: el extremo de una escala de color. */
const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;

/** Q Kᵀ, con el núcleo. */
function products(core, { query, key }) {
  const [rows, inputs] = query.shape;
  const [outputs] = key.shape;
  return core.linear({ input: query.values, weight: key.values, rows, inputs, outputs });
}

/** Σ v · tanh(q + k), con el núcleo. */
function energies(core, { query, key, score_vector: vector }) {
  const [nQuery, units] = query.shape;
  const [nKey] = key.shape;
  const sums = Float32Array.from({ length: nQuery * nKey * units }, (_, at) => {
    const [pair, unit] = [Math.floor(at / units), at % units];
    return query.values[Math.floor(pair / nKey) * units + unit] + key.values[(pair % nKey) * units + unit];
  });
  const input = core.tanh(sums);
  return core.linear({ input, weight: vector.values, rows: nQuery * nKey, inputs: units, outputs: 1 });
}

const SCORES = {
  dot_product: {
    formula: "q · k",
    compute: products,
    terms(operand, row, column) {
      const key = rowOf(operand.key, column);
      return rowOf(operand.query, row).map((q, k) => `${factor(q)}·${factor(key[k])}`);
    },
  },
  additive: {
    formula: "v · tanh(q + k)",
    compute: energies,
    terms(operand, row, column) {
      const [query, key] = [rowOf(operand.query, row), rowOf(operand.key, column)];
      const vector = Array.from(operand.score_vector.values);
      return vector.map((v, k) => `${factor(v)}·tanh(${shortNumber(query[k])} + ${factor(key[k])})`);
    },
  },
};

/** La escala: su factor, y cómo se escribe, con `÷` o `×` y detrás de una puntuación. */
function scaling(operation, operand, options, temperature) {
  const heat = shortNumber(temperature);
  const divide = (by, divisor) => ({ by, formula: `÷ ${divisor}`, write: (score) => `${score} / ${divisor}` });
  if (operation === "additive") return divide(1 / temperature, heat);
  const scale = scaleOf(operand, options);
  const width = operand.query.shape[1];
  const by = scale / temperature;
  const usual = Math.abs(scale - width ** -0.5) < 1e-6;
  if (usual) return divide(by, temperature === 1 ? `√${width}` : `(√${width} · ${heat})`);
  const written = temperature === 1 ? shortNumber(scale) : `${shortNumber(scale)} / ${heat}`;
  return { by, formula: `× ${written}`, write: (score) => `${score} · ${written}` };
}

/** La cuenta de la softmax de una celda; con puntuaciones grandes, con el máximo de la fila restado. */
function explainSoftmax(scores, weights, row, column) {
  const seen = rowOf(scores, row).filter((score) => !Number.isNaN(score));
  const score = rowOf(scores, row)[column];
  if (seen.length === 0) return "No queda ninguna clave visible: todos los pesos son 0.";
  if (Number.isNaN(score)) return "exp(−∞) = 0: el peso de una clave tapada es 0.";
  const lowered = seen.some((one) => Math.abs(one) > LARGE) ? Math.max(...seen) : 0;
  const power = (one) => `exp(${shortNumber(one)}${lowered === 0 ? "" : ` − ${factor(lowered)}`})`;
  const total = seen.reduce((sum, one) => sum + Math.exp(one - lowered), 0);
  const share = `${shortNumber(Math.exp(score - lowered))} / ${shortNumber(total)}`;
  return `${power(score)} / (${writtenSum(seen.map(power))}) = ${share} = ${shortNumber(rowOf(weights, row)[column])}`;
}

/** La suma ponderada de una fila, una línea por componente del valor. */
function explainSum(weights, value, output, row) {
  const [, components] = value.shape;
  const seen = Array.from(rowOf(weights, row).entries()).filter(([, weight]) => !Number.isNaN(weight));
  const lines = rowOf(output, row).slice(0, MOST_COMPONENTS).map((sum, k) => {
    const terms = seen.map(([j, weight]) => `${shortNumber(weight)}·${factor(rowOf(value, j)[k])}`);
    const left = components === 1 ? "Σ peso · valor" : `componente ${k + 1}: Σ peso · valor`;
    return `${left} = ${writtenSum(terms) || "0"} = ${shortNumber(sum)}`;
  });
  return (components > MOST_COMPONENTS ? [...lines, "…"] : lines).join("\n");
}

/** Los pasos de un cálculo de live.js, o null si la operación no se cuenta así. */
export function attentionSteps(core, operation, { operand, mask, temperature, maps, output }, options) {
  const kind = SCORES[operation];
  if (kind === undefined) return null;
  const [weights] = maps;
  const scale = scaling(operation, operand, options, temperature);
  const bias = operand.bias?.values.map((value) => value / temperature);
  const scores = Float64Array.from(kind.compute(core, operand));
  const scaled = scores.map((score, at) => score * scale.by + (bias?.[at] ?? 0));
  const masked = scaled.map((score, at) => (mask === null || mask[at] ? score : NaN));

  const top = Math.max(largest(scores), largest(scaled));
  const drawn = (values) => ({ ...weights, values, kind: "scores", domain: [-top, top] });
  const matrix = ({ values, columns }) => ({ values, shape: [values.length / columns, columns] });
  const [, components] = operand.value.shape;
  const result = { values: Float64Array.from(output), columns: components };
  const names = Array.from({ length: components }, (_, k) => (components === 1 ? "valor" : `${k + 1}`));
  const limit = largest(result.values);

  const at = (row, column) => row * weights.columns + column;
  const explainScale = (row, column) => {
    const added = bias ? ` + ${factor(bias[at(row, column)])}` : "";
    return `${scale.write(shortNumber(scores[at(row, column)]))}${added} = ${shortNumber(scaled[at(row, column)])}`;
  };
  const explainMask = (row, column) => {
    const score = masked[at(row, column)];
    return Number.isNaN(score) ? "tapada: pasa a −∞" : `visible: se queda en ${shortNumber(score)}`;
  };
  const steps = [
    {
      name: "Puntuaciones",
      formula: kind.formula,
      map: drawn(scores),
      explain(row, column) {
        const sum = writtenSum(kind.terms(operand, row, column));
        return `${kind.formula} = ${sum} = ${shortNumber(scores[at(row, column)])}`;
      },
    },
    {
      name: "Escala",
      formula: bias ? `${scale.formula} + sesgo` : scale.formula,
      map: drawn(scaled),
      explain: explainScale,
    },
    { name: "Máscara", formula: "lo tapado, −∞", map: drawn(masked), explain: explainMask },
    {
      name: "Softmax",
      formula: "exp(s) / Σ exp",
      map: weights,
      explain: (row, column) => explainSoftmax(matrix(drawn(masked)), matrix(weights), row, column),
    },
    {
      name: "Suma",
      formula: "Σ peso · valor",
      map: { ...drawn(result.values), columns: components, keys: names, domain: [-limit, limit] },
      explain: (row) => explainSum(matrix(weights), operand.value, matrix(result), row),
    },
  ];
  return operation === "additive" && temperature === 1 ? steps.filter(({ name }) => name !== "Escala") : steps;
}
