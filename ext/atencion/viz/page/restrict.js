// Qué cambia el lector al explorar un mapa: la temperatura de la softmax y a qué claves se puede atender.

/** Nada cambiado: temperatura 1 y sin más máscara que la del mapa. */
export const UNCHANGED = Object.freeze({ temperature: 1, causal: false, window: null, padding: 0, forbidden: [] });

export function isUnchanged({ temperature, causal, window, padding, forbidden }) {
  return temperature === 1 && !causal && window === null && padding === 0 && forbidden.length === 0;
}

/**
 * Máscara de las celdas a las que se puede atender (1) en un mapa con estos ajustes.
 * Causal y ventana se alinean al final, como en el núcleo: la última consulta está a la altura de la última clave.
 */
export function maskOf(map, { causal, window, padding, forbidden }) {
  const mask = new Uint8Array(map.rows * map.columns);
  const offset = map.columns - map.rows;
  const closed = new Set(forbidden);
  for (let row = 0; row < map.rows; row++) {
    for (let column = 0; column < map.columns - padding; column++) {
      const distance = column - row - offset;
      const allowed = !(causal && distance > 0) && !(window !== null && Math.abs(distance) > window);
      const cell = row * map.columns + column;
      mask[cell] = allowed && !closed.has(column) && !Number.isNaN(map.values[cell]) ? 1 : 0;
    }
  }
  return mask;
}

/**
 * El mapa con los ajustes: softmax(s / temperatura) sobre las claves permitidas, calculado por el núcleo.
 * De las puntuaciones s basta saber log w: softmax no distingue una constante por fila.
 */
export function restrict(core, map, settings) {
  const mask = maskOf(map, settings);
  const bias = Float32Array.from(map.values, (value, i) => (mask[i] ? Math.log(value) / settings.temperature : 0));
  const [query, key] = [new Float32Array(map.rows), new Float32Array(map.columns)];
  const sizes = { nQuery: map.rows, nKey: map.columns, dK: 1, dV: 1 };
  const { weights } = core.dotProduct({ query, key, value: key, ...sizes, mask, bias });
  return withWeights(map, weights, mask);
}

/** El mismo mapa con otros pesos; lo que la máscara cierra queda enmascarado. */
function withWeights(map, weights, mask) {
  const values = Float64Array.from(weights, (weight, i) => (mask[i] ? weight : NaN));
  const largest = weights.reduce((most, weight) => Math.max(most, weight), 0);
  return { ...map, values, domain: largest > 1.001 * map.domain[1] ? [0, 1] : map.domain };
}
