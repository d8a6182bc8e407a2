// El aspecto de la figura: sigue el tema de quien la aloja, y toma los colores de la hoja de estilo.

/** Claro u oscuro, según la página (pydata, Colab, VS Code, JupyterLab) o, si calla, según el sistema. */
export function detectTheme(root, body, prefersDark) {
  const page = root.dataset.theme ?? root.getAttribute("theme");
  const declared = page ?? body.dataset.vscodeThemeKind ?? body.dataset.jpThemeLight;
  if (declared === undefined || declared === "auto") return prefersDark ? "dark" : "light";
  if (declared === "vscode-high-contrast" || declared === "false") return "dark";
  return declared.includes("dark") ? "dark" : "light";
}

/** Llama a `apply(theme, printing)` ahora y cada vez que el tema cambie o se imprima; devuelve cómo parar. */
export function watchTheme(apply) {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const print = matchMedia("print");
  const update = () => {
    const theme = detectTheme(document.documentElement, document.body, dark.matches);
    apply(print.matches ? "light" : theme, print.matches);
  };
  const observer = new MutationObserver(update);
  const attributeFilter = ["data-theme", "theme", "data-jp-theme-light", "data-vscode-theme-kind"];
  for (const node of [document.documentElement, document.body]) {
    observer.observe(node, { attributes: true, attributeFilter });
  }
  for (const media of [dark, print]) media.addEventListener("change", update);
  update();
  return () => {
    observer.disconnect();
    for (const media of [dark, print]) media.removeEventListener("change", update);
  };
}

const channels = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

/** Escala continua que une una lista de colores `#rrggbb`; `t` va de 0 a 1 y fuera se satura. */
export function makeScale(colours) {
  const stops = colours.map(channels);
  return (t) => {
    const at = (t > 0 ? Math.min(t, 1) : 0) * (stops.length - 1); // NaN, como 0
    const left = Math.min(Math.floor(at), stops.length - 2);
    const mix = (channel, k) => Math.round(channel + (stops[left + 1][k] - channel) * (at - left));
    return stops[left].map(mix);
  };
}

const SHADES = 1024;
const tables = new WeakMap();

/** La escala en `SHADES` pasos, como píxeles de una imagen; cada lista de colores se calcula una sola vez. */
function shadeTable(colours) {
  if (!tables.has(colours)) {
    const scale = makeScale(colours);
    const bytes = new Uint8ClampedArray(4 * SHADES);
    for (let k = 0; k < SHADES; k++) bytes.set([...scale(k / (SHADES - 1)), 255], 4 * k);
    tables.set(colours, new Uint32Array(bytes.buffer));
  }
  return tables.get(colours);
}

/** Los valores como imagen, un píxel por valor; las celdas enmascaradas (NaN) quedan transparentes. */
export function shade(values, width, height, { kind, domain }, palette) {
  const table = shadeTable(palette.colours[kind]);
  const [low, high] = domain;
  const factor = (SHADES - 1) / (high - low);
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let k = 0; k < pixels.length; k++) {
    const place = (values[k] - low) * factor;
    if (place === place) pixels[k] = table[Math.min(Math.max(Math.round(place), 0), SHADES - 1)];
  }
  return image;
}

const FIRST_SEEN = { weights: 0.625, scores: 0.35 }; // desde aquí, cada escala contrasta con el fondo 3 a 1 o más

/** El color de una línea o una barra: la parte de la escala que se ve sobre el fondo. `share` va de -1 o 0 a 1. */
export function strokeColour(colours, kind, share) {
  const start = FIRST_SEEN[kind];
  const size = Math.min(Math.abs(share), 1);
  const t = kind === "weights" ? start + size * (1 - start) : 0.5 + Math.sign(share) * (start + size * (0.5 - start));
  const hex = makeScale(colours[kind])(t).map((channel) => channel.toString(16).padStart(2, "0"));
  return `#${hex.join("")}`;
}

/** La tinta que más contrasta con un fondo `[r, g, b]`: al menos 4,5 a 1 en cualquier caso. */
export function inkOn(rgb) {
  const [red, green, blue] = rgb.map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000000" : "#ffffff";
}

/** Los colores que la hoja de estilo asigna ahora a la figura, o null si aún no está en la página. */
export function readPalette(figure) {
  const style = getComputedStyle(figure);
  if (style.getPropertyValue("--am-surface") === "") return null;
  const list = (name) => style.getPropertyValue(name).split(",").map((colour) => colour.trim());
  return {
    colours: { weights: list("--am-weights"), scores: list("--am-scores") },
    surface: list("--am-surface")[0],
    hatch: list("--am-hatch")[0],
    ink: list("--am-ink")[0],
    muted: list("--am-muted")[0],
  };
}
