// La geometría de la vista de barras, en píxeles CSS: solo cuentas, sin DOM.

import { ranked } from "./ranking.js";

const TOP = 28; // encima va lo que miden las barras
const NUMBER = 50; // lo que ocupa el valor junto a su barra
const WIDEST = 600;
export const MOST_BARS = 32; // de más de 64 claves, las de mayor valor
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** Las claves que se dibujan y en qué orden; de un mapa grande, las de mayor valor. */
export function barOrder(values, sorted) {
  const large = values.length > 2 * MOST_BARS;
  const every = Array.from(values.keys());
  if (!sorted && !large) return every;
  const order = ranked(values);
  return large ? order.slice(0, MOST_BARS) : [...order, ...every.filter((i) => Number.isNaN(values[i]))];
}

/** `peak` es el valor absoluto que ocupa toda la barra; con `signed`, el cero queda en el centro. */
export function planBars({ width, count, keyLabel, signed, peak, coarse }) {
  const total = Math.min(width, WIDEST);
  const left = clamp(keyLabel, 40, total * 0.32) + 18;
  const room = total - left - NUMBER;
  const pitch = Math.max(count <= 16 ? 28 : count <= 32 ? 24 : 20, coarse ? 26 : 0);
  return {
    width: total,
    height: TOP + count * pitch + 4,
    top: TOP,
    pitch,
    left,
    labelWidth: left - 18,
    zero: signed ? left + NUMBER + (room - NUMBER) / 2 : left,
    scale: peak > 0 ? (signed ? (room - NUMBER) / 2 : room) / peak : 0,
  };
}

/** El rectángulo de un valor y dónde se escribe su número. */
export function barAt(plan, position, value) {
  const y = plan.top + position * plan.pitch;
  const size = Number.isNaN(value) ? 0 : Math.abs(value) * plan.scale;
  const negative = value < 0;
  return {
    x: negative ? plan.zero - size : plan.zero,
    y: y + 3,
    width: size,
    height: plan.pitch - 6,
    middle: y + plan.pitch / 2,
    textX: negative ? plan.zero - size - 6 : plan.zero + size + 6,
    anchor: negative ? "end" : "start",
  };
}

/** El número de barra bajo una altura, o -1. */
export function barUnder(plan, count, y) {
  const position = Math.floor((y - plan.top) / plan.pitch);
  return position >= 0 && position < count ? position : -1;
}
