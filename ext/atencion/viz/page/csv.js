// La matriz como hoja de cálculo en español: punto y coma, coma decimal y marca UTF-8, que Excel y LibreOffice
// abren sin preguntar.

const FORMULA = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/; // una celda que empieza así se ejecutaría

function quoted(text) {
  const plain = FORMULA.test(text) ? `'${text}` : text;
  return `"${plain.replaceAll('"', '""')}"`;
}

/** El texto CSV (RFC 4180) de una matriz: la primera columna, las consultas; vacía, la celda enmascarada. */
export function csvText(map) {
  const kept = Math.ceil(-Math.log10(map.step || 1e-4)) + 1; // las cifras que la cuantización conserva
  const digits = Math.min(8, Math.max(2, kept));
  const number = (value) => (Number.isNaN(value) ? "" : value.toFixed(digits).replace(".", ","));
  const head = ["consulta ↓ clave →", ...map.keys].map(quoted).join(";");
  const lines = map.queries.map((query, i) => {
    const values = map.values.subarray(i * map.columns, (i + 1) * map.columns);
    return [quoted(query), ...Array.from(values, number)].join(";");
  });
  return `\ufeff${[head, ...lines].join("\r\n")}\r\n`;
}

/** Un nombre de archivo que todos los sistemas admiten: «Alineación, capa 2» → «alineacion-capa-2». */
export function fileName(title) {
  const plain = title.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  const name = Array.from(plain.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "")).slice(0, 60).join("");
  const reserved = /^(con|prn|aux|nul|com\d|lpt\d)?$/.test(name); // Windows
  return reserved ? ["figura", name].filter(Boolean).join("-") : name;
}
