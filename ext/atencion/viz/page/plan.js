// La geometría de la figura, en píxeles CSS: solo cuentas, sin DOM.

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/**
 * Lado de las celdas, márgenes e inclinación de las etiquetas para un ancho disponible.
 * `rowLabel` y `columnLabel` son el ancho de la etiqueta más larga con letra de 13 píxeles. `dense` permite celdas
 * diminutas, `left` fija el margen de las etiquetas, sin `numbers` no se escriben los valores, y con `steep` las
 * etiquetas de las columnas que no caben van en vertical, sin salirse por la derecha.
 */
export function planLayout(space) {
  const { width, rows, columns, rowLabel, columnLabel, signed, coarse, dense, numbers = true, steep = false } = space;
  const withValues = numbers && columns <= 8;
  const left = space.left ?? Math.ceil(clamp(rowLabel, 60, width < 480 ? 84 : 150)) + 10;
  const touchable = coarse ? 18 : 12;
  const smallest = withValues ? (signed ? 42 : 34) : dense ? 3 : touchable; // lo que no cabe se desplaza
  const largest = withValues ? 54 : columns <= 24 ? 32 : 24;
  const cellWidth = clamp(Math.floor((width - left - 8) / columns), smallest, largest);
  const tallest = rows > 32 ? 24 : rows > 12 ? 30 : largest;
  const cellHeight = withValues ? Math.min(cellWidth, tallest) : cellWidth;

  const font = cellHeight >= 18 ? 13 : clamp(cellHeight, 9, 11);
  const labelWidth = Math.min((columnLabel * font) / 13, 120);
  const apart = columnLabel < 20 ? 0 : 6; // las letras sueltas pueden tocarse; las palabras, no
  const angle = labelWidth <= cellWidth - apart ? 0 : cellWidth >= 20 && !steep ? 45 : 90;
  const rise = { 0: 12, 45: labelWidth * Math.SQRT1_2 + 12, 90: labelWidth }[angle];
  const right = angle === 45 ? Math.max(0, labelWidth * Math.SQRT1_2 - cellWidth / 2 + 8) : 2;
  return {
    cellWidth,
    cellHeight,
    gap: cellHeight >= 10 ? 1 : 0,
    left,
    top: Math.ceil(28 + rise), // encima van «claves (key) →» y las etiquetas
    right: Math.ceil(right),
    angle,
    labelWidth,
    font,
    every: Math.ceil(font / (cellHeight + 1)), // de las etiquetas que no caben, se escribe una de cada tantas
    withValues,
  };
}

/** La celda bajo un punto (relativo a la esquina de la primera celda), o null si cae fuera. */
export function cellAt(plan, rows, columns, x, y) {
  const row = Math.floor(y / plan.cellHeight);
  const column = Math.floor(x / plan.cellWidth);
  return row >= 0 && row < rows && column >= 0 && column < columns ? { row, column } : null;
}

/** La celda a la que lleva una tecla, o null si la tecla no mueve. `lastRow` es la última fila dibujada. */
export function moveCursor(cell, key, jump, lastRow, lastColumn) {
  const { row, column } = cell;
  const target = {
    ArrowUp: [row - 1, column],
    ArrowDown: [row + 1, column],
    ArrowLeft: [row, column - 1],
    ArrowRight: [row, column + 1],
    Home: [jump ? 0 : row, 0],
    End: [jump ? lastRow : row, lastColumn],
  }[key];
  return target ? { row: clamp(target[0], 0, lastRow), column: clamp(target[1], 0, lastColumn) } : null;
}

/**
 * La rejilla de miniaturas: con dos ejes delanteros, uno en filas y otro en columnas; con uno, en filas parejas.
 * `aspect` es el alto de una matriz entre su ancho. Las casillas miden cellWidth × cellHeight, separación incluida.
 */
export function planThumbnails({ width, leading, aspect, rowLabel }) {
  const crossed = leading.length === 2;
  const count = leading.reduce((total, size) => total * size, 1);
  const left = crossed ? Math.ceil(clamp(rowLabel, 44, width < 480 ? 72 : 130)) + 10 : 0;
  const wide = width - left - 8;
  const lines = crossed ? leading[0] : Math.ceil(count / clamp(Math.floor(wide / 120), 1, count));
  const columns = crossed ? leading[1] : Math.ceil(count / lines);
  const cellWidth = clamp(Math.floor(wide / columns), 36, crossed ? 128 : 168);
  const gap = cellWidth < 60 ? 4 : 8;
  const caption = crossed ? 0 : 20; // el nombre, bajo cada miniatura
  const thumbWidth = cellWidth - gap;
  const thumbHeight = Math.round(thumbWidth * clamp(aspect, 0.4, 1.8));
  const top = crossed ? 46 : 4;
  return {
    rows: lines,
    columns,
    count,
    cellWidth,
    cellHeight: thumbHeight + caption + gap,
    thumbWidth,
    thumbHeight,
    gap,
    left,
    top,
    crossed,
  };
}
