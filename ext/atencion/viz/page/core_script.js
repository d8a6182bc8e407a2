// El núcleo, en las páginas fijas: va en un guion aparte, que solo se pide cuando una figura calcula.

import { loadScript } from "./load_script.js";

/** El módulo compilado, un carácter por octeto. En un cuaderno lo da core_wasm.js, que escribe bundle.py. */
export async function readCore() {
  const page = globalThis.atencionPage;
  if (page.core === undefined) await loadScript("core.js");
  return page.core;
}
