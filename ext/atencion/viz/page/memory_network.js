// La red de memoria de Sukhbaatar y otros (2015), con pesos adyacentes: el MemN2N de Python, de historia en historia.
//
//     word_embeddings     (hops + 1, V, d): la tabla k es C^k = A^{k+1}; la 0 es B = A¹, y la última, Wᵀ
//     time_embeddings     (hops + 1, memory_size, d); la fila 0 es la de la frase más reciente
//     position_encoding   l, las filas de (max_words, d), seguidas

import { add, concatenate } from "./rows.js";

const range = (length, start = 0) => Array.from({ length }, (_, i) => start + i);

/** Responde: da { logits (V), weights (hops, frases) } de una historia y una pregunta, listas de números de palabra. */
export function recall(network, sentences, question) {
  const [tables, vocabulary, width] = network.parameter("word_embeddings").shape;
  const [, memorySize] = network.parameter("time_embeddings").shape;
  const { values: position } = network.parameter("position_encoding");
  const [hops, nKey] = [tables - 1, sentences.length];

  /** Σ_j l_j ∘ x_j, con los embeddings de una tabla. */
  function bag(table, ids) {
    const words = network.rowsOf("word_embeddings", ids.map((id) => table * vocabulary + id));
    const sum = new Float32Array(width);
    words.forEach((value, at) => (sum[at % width] += position[at] * value));
    return sum;
  }

  const sentence = (table, i) =>
    add(bag(table, sentences[i]), network.rowsOf("time_embeddings", [table * memorySize + nKey - 1 - i]));
  const memories = range(tables).map((table) => concatenate(...range(nKey).map((i) => sentence(table, i))));

  // p = softmax(uᵏ · mᵏ) y uᵏ⁺¹ = uᵏ + Σ_i p_i c_iᵏ, salto tras salto
  const { output, weights } = network.core.memory({
    query: bag(0, question),
    key: concatenate(...memories.slice(0, hops)),
    value: concatenate(...memories.slice(1)),
    ...{ hops, nKey, width },
  });
  const logits = network.core.linear({
    input: output.subarray((hops - 1) * width),
    weight: network.rowsOf("word_embeddings", range(vocabulary, hops * vocabulary)),
    ...{ rows: 1, inputs: width, outputs: vocabulary },
  });
  return { logits, weights };
}
