// El menú «Guardar»: la figura como imagen o como dibujo, y la matriz como hoja de cálculo.

import { csvText, fileName } from "./csv.js";
import { button, element } from "./dom.js";
import { drawFigure } from "./drawing.js";
import { disclosure } from "./toolbar.js";

const SHARPNESS = 2; // píxeles de la imagen por cada píxel CSS
const FORBIDDEN = "Este visor no deja guardar archivos: abre la figura en una pestaña del navegador.";

/** ¿Está la figura en un marco aislado sin permiso de descarga? De un marco ajeno no se puede saber: se prueba. */
function isForbidden() {
  if (window === window.top) return false;
  const frame = window.frameElement;
  if (frame) return frame.hasAttribute("sandbox") && !frame.sandbox.contains("allow-downloads");
  return window.origin === "null" && location.protocol !== "file:";
}

function download(blob, name) {
  const link = element("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // el navegador puede tardar en leerlo
}

/** El dibujo como imagen PNG. */
async function pngBlob({ text, width, height }) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = element("canvas");
  canvas.width = width * SHARPNESS;
  canvas.height = height * SHARPNESS;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("la imagen es demasiado grande"))), "image/png");
  });
}

/** El menú y el botón que lo abre: { opener, panel }; `currentView()` da la vista que se muestra. */
export function buildSaveMenu(figure, currentView) {
  const draw = () => drawFigure(figure, currentView());
  const instead = (extension) =>
    extension !== "csv" && !currentView().svg ? " Esta vista no es un dibujo: se guarda el mapa." : "";
  const formats = [
    ["Imagen PNG", "png", () => pngBlob(draw())],
    ["Dibujo SVG", "svg", () => new Blob([draw().text], { type: "image/svg+xml" })],
    ["Datos CSV", "csv", () => new Blob([csvText(figure.map)], { type: "text/csv;charset=utf-8" })],
  ];
  const buttons = formats.map(([text, extension, make]) => {
    return button(text, async () => {
      if (isForbidden()) return figure.say(FORBIDDEN);
      const name = `${fileName([figure.ui.title, currentView().place?.() ?? figure.place].join(" "))}.${extension}`;
      try {
        download(await make(), name);
        figure.say(`Guardando ${name}. Si no llega a tus descargas, este visor no las permite.${instead(extension)}`);
      } catch (error) {
        figure.say(`No se ha podido guardar ${name}: ${error.message}.`);
      }
    });
  });
  buttons[2].title = "Para hojas de cálculo en español: punto y coma entre columnas y coma decimal";
  const panel = element("div", "am-save", ...buttons);
  panel.setAttribute("role", "group");
  panel.setAttribute("aria-label", "Guardar");
  return { opener: disclosure("Guardar", panel, () => figure.say("")), panel };
}
