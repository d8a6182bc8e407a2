// Puntero y teclado sobre el mapa. Fijar una celda la protege del puntero, no de las flechas.

/** Conecta la escena: `at(x, y)` y `move(celda, tecla, salto)` dan celdas; `choose` cambia `view`. */
export function listen(stage, { at, move, first, reveal, view, choose }) {
  const under = (event) => {
    const box = stage.getBoundingClientRect();
    return at(event.clientX - box.left, event.clientY - box.top);
  };
  const chosen = (cell) => cell.row === view.cell?.row && cell.column === view.cell?.column;
  const keyboard = () => stage.matches(":focus-visible");

  stage.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch" && !view.pinned) choose(under(event));
  });
  stage.addEventListener("pointerleave", (event) => {
    if (event.pointerType !== "touch" && !view.pinned && !keyboard()) choose(null);
  });
  stage.addEventListener("click", (event) => {
    const cell = under(event);
    if (cell) choose(cell, !(view.pinned && chosen(cell)));
  });
  stage.addEventListener("focus", () => {
    if (!view.cell && keyboard()) choose(first());
  });
  stage.addEventListener("blur", () => {
    if (!view.pinned) choose(null);
  });
  stage.addEventListener("keydown", (event) => {
    const press = event.key === "Enter" || event.key === " ";
    const release = event.key === "Escape" && view.pinned;
    const here = view.cell ?? first();
    const cell = press || release ? here : move(here, event.key, event.ctrlKey || event.metaKey);
    if (!cell) return;
    event.preventDefault();
    event.stopPropagation(); // las flechas no deben pasar de página ni mover la celda del cuaderno
    choose(cell, press || release ? !view.pinned : view.pinned);
    reveal(cell);
  });
}
