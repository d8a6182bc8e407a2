// Trae a una página fija los demás guiones que necesita, cuando los necesita. Son guiones clásicos, así que también
// llegan desde file://. Están en la carpeta de este (véase page_scripts.py).

const folder = document.currentScript?.src || document.baseURI;
const arriving = new Map();

/** Pide un guion una sola vez; si no llega, se rechaza y se podrá pedir de nuevo. */
export function loadScript(name) {
  if (!arriving.has(name)) {
    const arrival = new Promise((resolve, reject) => {
      const script = document.createElement("script");
      const version = globalThis.atencionPage.versions[name];
      script.src = new URL(version ? `${name}?v=${version}` : name, folder);
      script.async = false; // los que se piden juntos corren en ese orden
      script.addEventListener("load", resolve);
      script.addEventListener("error", () => reject(new Error(`no ha llegado ${name}`)));
      document.head.append(script);
    });
    arriving.set(name, arrival);
    arrival.catch(() => arriving.delete(name));
  }
  return arriving.get(name);
}
