// Controles deslizantes y reproducción.

import { button, element } from "./dom.js";
import { namePosition } from "./reading.js";

/**
 * Control deslizante con nombre y valor visible; `say(i)` nombra cada posición. Devuelve { node, set, resize }:
 * `resize(count)` cambia cuántas posiciones hay.
 */
export function slider(name, count, say, onInput) {
  const input = element("input", "am-range");
  Object.assign(input, { type: "range", min: 0, max: count - 1, step: 1 });
  const output = element("output", "am-value");
  const node = element("label", "am-control", element("span", "am-name", name), input, output);
  const set = (i) => {
    input.value = i;
    input.style.setProperty("--am-share", i / input.max);
    input.setAttribute("aria-valuetext", say(i));
    output.textContent = say(i);
  };
  const resize = (total) => {
    input.max = total - 1;
  };
  input.addEventListener("input", () => onInput(Number(input.value)));
  return { node, set, resize };
}

/** Botón que avanza solo: llama a `advance()` hasta que devuelve false. Devuelve { node, stop }. */
function player(advance) {
  let timer = null;
  const stop = () => {
    clearInterval(timer);
    timer = null;
    node.textContent = "Reproducir";
  };
  const tick = () => {
    if (!advance()) stop();
  };
  const node = button("Reproducir", () => {
    if (timer !== null) return stop();
    node.textContent = "Pausar";
    timer = setInterval(tick, 900);
    tick();
  });
  return { node, stop };
}

/**
 * Los controles de la figura: uno por eje delantero y, si avanza por pasos, el de la fila actual.
 * Devuelve { nodes, sync, stop }.
 */
export function buildControls({ stack, model, save }) {
  const nodes = [];
  const updates = []; // lleva a cada control el valor del modelo
  stack.leading.forEach((count, axis) => {
    if (count < 2) return;
    const move = (i) => save("index", model.get("index").map((old, other) => (other === axis ? i : old)));
    const control = slider(stack.axes[axis], count, (i) => namePosition(stack, axis, i), move);
    control.node.classList.add("am-index");
    updates.push(() => control.set(model.get("index")[axis]));
    nodes.push(control.node);
  });
  const play = player(() => {
    const row = (model.get("row") + 1) % stack.rows; // desde el final, vuelve a empezar
    save("row", row);
    return row < stack.rows - 1;
  });
  if (stack.progressive && stack.rows > 1) {
    const move = (i) => {
      play.stop();
      save("row", i);
    };
    const control = slider("paso", stack.rows, (i) => `${i + 1} de ${stack.rows}`, move);
    control.node.classList.add("am-step");
    updates.push(() => control.set(model.get("row")));
    nodes.push(control.node, play.node);
  }
  return { nodes, sync: () => updates.forEach((update) => update()), stop: play.stop };
}
