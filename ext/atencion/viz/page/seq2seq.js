// El traductor de Bahdanau, Cho y Bengio (2015): el BahdanauSeq2Seq de Python, de frase en frase.

import { argmax, concatenate, joinColumns, maxOfPairs } from "./rows.js";
import { BOS, EOS } from "./vocabulary.js";

/** Traduce: en cada paso, la pieza más probable, hasta el fin. Devuelve { tokens, weights }, una fila por paso. */
export function translate(network, source, maxLength) {
  const { core } = network;
  const steps = source.length;

  // h_j = [→h_j ; ←h_j], U_a h_j y s_0 = tanh(W_s ←h_1)
  const words = network.embed("encoder.embedding", source);
  const forward = network.gru("encoder.gru", words);
  const backward = network.gru("encoder.gru", words, { reverse: true });
  const annotations = joinColumns(steps, forward, backward);
  const key = network.linear("attention.key_projection", annotations);
  const scoreVector = network.resident("attention.score_vector");
  let state = core.tanh(network.linear("initial_state", backward.subarray(0, backward.length / steps)));

  const sizes = { nQuery: 1, nKey: steps, units: key.length / steps, dV: annotations.length / steps };
  const tokens = [];
  const weights = [];
  let token = BOS;
  while (token !== EOS && tokens.length < maxLength) {
    // α_i = softmax_j v_aᵀ tanh(W_a s_{i−1} + U_a h_j) y c_i = Σ_j α_ij h_j
    const query = network.linear("attention.query_projection", state);
    const look = core.additive({ query, key, value: annotations, scoreVector, ...sizes });
    // y_i sale de s_{i−1}, E y_{i−1} y c_i; s_i = GRU([E y_{i−1} ; c_i], s_{i−1})
    const previous = network.embed("embedding", [token]);
    const pairs = network.linear("deep_output", concatenate(state, previous, look.output));
    token = argmax(network.linear("output", maxOfPairs(pairs)));
    state = network.gruCell("cell", concatenate(previous, look.output), state);
    tokens.push(token);
    weights.push(look.weights);
  }
  return { tokens, weights: concatenate(...weights) };
}
