// El núcleo de C++ dentro de la página: los mismos bucles que usa el libro, compilados a WebAssembly. El módulo
// viaja como texto dentro de un guion (core_wasm.js), porque desde file:// no se puede pedir otra clase de archivo.
import { attentionMethods } from "./core_attention.js";
import { layerMethods } from "./core_layers.js";
import { CoreMemory } from "./core_memory.js";
import { twoWayMethods } from "./core_two_way.js";
import { readCore } from "./core_wasm.js";

/** Lo que se dice al lector cuando el navegador no deja correr el núcleo. */
export const WITHOUT_CORE =
  "Este navegador o esta página no permite WebAssembly: la figura se ve, pero no se puede recalcular.";

/** Los octetos de un texto, uno por carácter. Con un bucle: Uint8Array.from tarda varias veces más. */
function octets(text) {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = text.charCodeAt(i);
  return bytes;
}

async function start() {
  try {
    const { instance } = await WebAssembly.instantiate(octets(await readCore()), {});
    const memory = new CoreMemory(instance.exports);
    return Object.freeze({
      ...attentionMethods(memory),
      ...twoWayMethods(memory),
      ...layerMethods(memory),
      keep: (array) => memory.keep(array),
      keepQuantised: (matrix) => memory.keepQuantised(matrix),
    });
  } catch (cause) {
    throw new Error(WITHOUT_CORE, { cause });
  }
}

let loading = null;

/** El núcleo, que se prepara una sola vez; si no se puede, se rechaza con WITHOUT_CORE. */
export async function loadCore() {
  loading ??= start();
  return loading;
}
