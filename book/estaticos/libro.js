// Retoques que solo pueden hacerse con la página ya cargada: textos en español y búsqueda sin servidor.
"use strict";

// Mensajes de la página de búsqueda: completan y corrigen los de Sphinx.
Documentation.addTranslations({
  locale: "es",
  plural_expr: "n == 1 ? 0 : 1",
  messages: {
    "Search finished, found ${resultCount} page(s) matching the search query.": "Páginas encontradas: ${resultCount}.",
    "Your search did not match any documents. Please make sure that all words are spelled correctly and that you've selected enough categories.":
      "Ninguna página contiene todas esas palabras. Prueba con menos o con otra forma de la palabra.",
  },
});

// Desde una carpeta (file://) el navegador no deja leer otras páginas: la búsqueda lista los títulos, sin extractos.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// Lo que puede no caber a lo ancho: se desplaza con el teclado si no cabe, y en lo que cabe no se detiene el foco.
const FORMULA = "div.math";
const SCROLLABLE = `${FORMULA}, pre, .cell_output > .output, .pst-scrollable-table-container`;

function overflows(box) {
  return box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
}

function setAttributes(element, attributes, present) {
  for (const [name, value] of Object.entries(attributes)) {
    if (present) element.setAttribute(name, value);
    else element.removeAttribute(name);
  }
}

// El índice de la página señala el apartado que se lee, y el que hay dentro de él: el último que empieza por encima de
// esta parte de la ventana.
const READING_LINE = 0.4;

function readSections(parent) {
  const sections = [...parent.children].filter((child) => child.localName === "section");
  const current = sections.filter((section) => section.getBoundingClientRect().top <= innerHeight * READING_LINE).pop();
  return current ? [current.id, ...readSections(current)] : [];
}

function watchReading(chapter, links) {
  let pending = false;
  function mark() {
    pending = false;
    const reading = readSections(chapter);
    for (const link of links) {
      const here = reading.includes(decodeURIComponent(link.hash.slice(1)));
      for (const element of [link, link.parentElement]) element.classList.toggle("active", here);
      setAttributes(link, { "aria-current": "location" }, here);
    }
  }
  function soon() {
    if (!pending) requestAnimationFrame(mark);
    pending = true;
  }
  addEventListener("scroll", soon, { passive: true });
  addEventListener("resize", soon);
}

document.addEventListener("DOMContentLoaded", () => {
  const chapter = document.querySelector(".bd-article > section");
  const links = [...document.querySelectorAll("#pst-page-toc-nav a")];
  if (chapter && links.length > 0) watchReading(chapter, links);

  const formulas = [...document.querySelectorAll(FORMULA)];
  const names = new Map(formulas.map((formula, i) => [formula, { role: "region", "aria-label": `Fórmula ${i + 1}` }]));

  // Cada caja se mide cuando el navegador ya la ha colocado, y todas las de un aviso antes que el primer cambio: de otro
  // modo lo obligaríamos a colocar la página entera, o a recalcularla una vez por caja.
  const watcher = new ResizeObserver((changes) => {
    const measured = changes.map(({ target }) => [target, overflows(target)]);
    for (const [box, wide] of measured) setAttributes(box, { tabindex: "0", ...names.get(box) }, wide);
  });
  for (const box of document.querySelectorAll(SCROLLABLE)) watcher.observe(box);

  // Botón que sphinx-togglebutton añade a cada recuadro plegable.
  for (const button of document.querySelectorAll('button[aria-label="Toggle hidden content"]')) {
    button.setAttribute("aria-label", "Mostrar u ocultar el contenido");
  }
});
