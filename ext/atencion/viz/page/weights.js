// Los parámetros que guarda weights.py: de los bytes a matrices que el núcleo usa y filas que la página lee.
//
//     clase     bytes, little endian, desde un múltiplo de 4
//     rows      escalas float32 (una por fila) y códigos int8, por filas: valor = código · escala; las filas son los
//               vectores de la última dimensión
//     float32   los valores

/** Los bytes, en un bloque propio y alineado: los del estado de la página pueden no estarlo. */
function alignedBytes(data) {
  const view = ArrayBuffer.isView(data) ? data : new Uint8Array(data);
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice().buffer;
}

/** Lee los parámetros: Map de nombre a { shape, values } o a { shape, rows, columns, scales, codes }. */
export function readWeights(index, data) {
  const bytes = alignedBytes(data);
  const weights = new Map();
  for (const { name, shape, kind, offset } of index) {
    const size = shape.reduce((product, length) => product * length, 1);
    if (kind === "float32") {
      weights.set(name, { shape, values: new Float32Array(bytes, offset, size) });
    } else {
      const columns = shape.at(-1);
      const rows = size / columns;
      const scales = new Float32Array(bytes, offset, rows);
      const codes = new Int8Array(bytes, offset + scales.byteLength, size);
      weights.set(name, { shape, rows, columns, scales, codes });
    }
  }
  return weights;
}

/** La fila `i` de una matriz cuantizada, en float32. */
export function readRow({ scales, codes, columns }, i) {
  return Float32Array.from(codes.subarray(i * columns, (i + 1) * columns), (code) => code * scales[i]);
}
