// Piezas y números, como Vocabulary en Python. Lo que no está se busca sin tildes, como en dates.encode.

import { withoutAccents } from "./text.js";

export const BOS = 1; // los cuatro primeros números: relleno, principio, fin y desconocida
export const EOS = 2;
export const UNKNOWN = 3;

/** El vocabulario de una lista de piezas, con las cuatro especiales delante. */
export function makeVocabulary(tokens) {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const plain = new Map(tokens.map((token, id) => [withoutAccents(token), id]));
  return {
    encode: (pieces) => pieces.map((piece) => ids.get(piece) ?? plain.get(withoutAccents(piece)) ?? UNKNOWN),
    /** El texto de unos números hasta el primer fin, sin relleno ni principio. */
    decode(numbers) {
      const end = numbers.indexOf(EOS);
      const written = end < 0 ? numbers : numbers.slice(0, end);
      return written.filter((id) => id >= EOS).map((id) => tokens[id]);
    },
  };
}
