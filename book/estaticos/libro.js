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

// Una fórmula que no cabe se desplaza con el teclado y lleva nombre; en la que cabe no se detiene el foco.
function nameWideFormula(formula, number) {
  const wide = formula.scrollWidth > formula.clientWidth;
  for (const [name, value] of [["tabindex", "0"], ["role", "region"], ["aria-label", `Fórmula ${number}`]]) {
    if (wide) formula.setAttribute(name, value);
    else formula.removeAttribute(name);
  }
}

document.addEventListener("DOMContentLoaded", () => {
  // Cada una se mide cuando el navegador ya la ha colocado: medirlas antes lo obligaría a colocar la página entera.
  const formulas = [...document.querySelectorAll("div.math")];
  const watcher = new ResizeObserver((changes) => {
    for (const { target } of changes) nameWideFormula(target, formulas.indexOf(target) + 1);
  });
  for (const formula of formulas) watcher.observe(formula);

  // Botón que sphinx-togglebutton añade a cada recuadro plegable.
  for (const button of document.querySelectorAll('button[aria-label="Toggle hidden content"]')) {
    button.setAttribute("aria-label", "Mostrar u ocultar el contenido");
  }
});
