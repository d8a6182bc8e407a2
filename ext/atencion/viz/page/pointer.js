// Puntero y teclado sobre el mapa. Fijar una celda la protege del puntero, no de las flechas.

import { sameCell } from "./selection.js";

/**
 * Conecta la escena con `figure`, que tiene `cell`, `pinned` y `choose`. `at(x, y)`, `move(celda, tecla, salto)` y
 * `first()` dan celdas; `back()` es lo que hace Escape cuando no hay celda que soltar, y dice si ha hecho algo;
 * `forbid(celda)`, lo que hace Supr, y lo dice también.
 */
export function listen(stage, { at, move, first, reveal, back = () => {}, forbid = () => false, figure }) {
  const { choose } = figure;
  const under = (event) => {
    const box = stage.getBoundingClientRect();
    return at(event.clientX - box.left, event.clientY - box.top);
  };
  const keyboard = () => stage.matches(":focus-visible");

  stage.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch" && !figure.pinned) choose(under(event));
  });
  stage.addEventListener("pointerleave", (event) => {
    if (event.pointerType !== "touch" && !figure.pinned && !keyboard()) choose(null);
  });
  stage.addEventListener("click", (event) => {
    const cell = under(event);
    if (cell) choose(cell, !(figure.pinned && sameCell(cell, figure.cell)));
  });
  stage.addEventListener("focus", () => {
    if (!figure.cell && keyboard()) choose(first());
  });
  stage.addEventListener("blur", () => {
    if (!figure.pinned) choose(null);
  });
  stage.addEventListener("keydown", (event) => {
    const press = event.key === "Enter" || event.key === " ";
    const release = event.key === "Escape" && figure.pinned;
    const here = figure.cell ?? first();
    const cell = press || release ? here : move(here, event.key, event.ctrlKey || event.metaKey);
    const backed = event.key === "Escape" && !release && back();
    const removed = event.key === "Delete" && figure.cell && forbid(figure.cell);
    if (!cell && !backed && !removed) return;
    event.preventDefault();
    event.stopPropagation(); // las flechas no deben pasar de página ni mover la celda del cuaderno
    if (!cell) return;
    choose(cell, press || release ? !figure.pinned : figure.pinned);
    reveal(cell);
  });
}
