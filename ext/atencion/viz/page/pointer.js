// Puntero y teclado sobre el mapa. Fijar una celda la protege del puntero, no de las flechas.

/** Conecta la escena con `figure`: `at(x, y)`, `move(celda, tecla, salto)` y `first()` dan celdas. */
export function listen(stage, { at, move, first, reveal, figure }) {
  const { choose } = figure;
  const under = (event) => {
    const box = stage.getBoundingClientRect();
    return at(event.clientX - box.left, event.clientY - box.top);
  };
  const chosen = (cell) => cell.row === figure.cell?.row && cell.column === figure.cell?.column;
  const keyboard = () => stage.matches(":focus-visible");

  stage.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch" && !figure.pinned) choose(under(event));
  });
  stage.addEventListener("pointerleave", (event) => {
    if (event.pointerType !== "touch" && !figure.pinned && !keyboard()) choose(null);
  });
  stage.addEventListener("click", (event) => {
    const cell = under(event);
    if (cell) choose(cell, !(figure.pinned && chosen(cell)));
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
    if (event.key === "Delete" && figure.cell) return figure.explorer.toggleKeys([figure.cell.column]);
    const cell = press || release ? here : move(here, event.key, event.ctrlKey || event.metaKey);
    if (!cell) return;
    event.preventDefault();
    event.stopPropagation(); // las flechas no deben pasar de página ni mover la celda del cuaderno
    choose(cell, press || release ? !figure.pinned : figure.pinned);
    reveal(cell);
  });
}
