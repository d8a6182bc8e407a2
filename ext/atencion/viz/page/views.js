// Las vistas de la figura, por el nombre con que las pide Python (el rasgo `views`, en stack.js).
//
// Cada vista es una función `build(figure)`, que se llama la primera vez que se muestra y devuelve
//
//     node            su elemento, que la figura coloca en su sitio
//     layOut(width)   reparte `width` píxeles y dibuja todo: cambió el ancho, el tema o el tamaño de la matriz
//     paint()         dibuja de nuevo los datos: cambió `figure.map`, del mismo tamaño
//     mark()          lo que depende de la celda elegida: `figure.cell`, `figure.pinned`
//     sentence()      frase para esa celda, o null si sirve la de todas las vistas
//     legend()        nodos de la leyenda
//     spread()        (si la hay) lo que dice del reparto, en vez de lo que dice la figura de `figure.map`
//     hint            (si la hay) la ayuda que se lee cuando no hay nada elegido
//     place()         (si la hay) qué matrices enseña, si no es solo la de la posición elegida
//     svg()           (si la hay) su dibujo para guardar: { node, width, height }; sin ella se guarda el del mapa
//     follow()        (si la hay) lleva a la vista lo que cambia en cada paso
//
// y toma de `figure` (heatmap.js) lo que dibuja. Las celdas se nombran siempre por su fila y columna en la matriz
// (véase selection.js).

import { barsView } from "./bars_view.js";
import { compareView } from "./compare_view.js";
import { gridView } from "./grid_view.js";
import { graphView } from "./graph_view.js";
import { linesView } from "./lines_view.js";
import { mapView } from "./map_view.js";
import { stepsView } from "./steps_view.js";
import { tableView } from "./table_view.js";

export const VIEWS = {
  map: { name: "Mapa", build: mapView },
  grid: { name: "Rejilla", build: gridView },
  compare: { name: "Comparar", build: compareView },
  steps: { name: "Pasos", build: stepsView },
  lines: { name: "Líneas", build: linesView },
  bars: { name: "Barras", build: barsView },
  graph: { name: "Grafo", build: graphView },
  table: { name: "Tabla", build: tableView },
};
