// Lo que pasa entre JavaScript y la memoria del núcleo: entradas que se copian, salidas que se traen de vuelta y
// arrays residentes. Aquí se comprueban las longitudes: con ellas, el núcleo no puede leer fuera de lo suyo.

const MOST = 2 ** 20; // de un solo eje
const MEMORY_FULL = "El núcleo de la página no tiene memoria para un cálculo tan grande.";

const check = (valid, name, expected, received) => {
  if (!valid) throw new Error(`${name}: se esperaba ${expected}; se recibió ${received}.`);
};
const kindOf = (value) => value?.constructor?.name ?? String(value);

/** Un entero entre dos cotas. */
export function integer(name, value, least = 0, most = MOST) {
  const valid = Number.isInteger(value) && value >= least && value <= most;
  check(valid, name, least === most ? `${least}` : `un entero de ${least} a ${most}`, value);
  return value;
}

/** Un número finito. */
export function finite(name, value) {
  check(Number.isFinite(value), name, "un número finito", value);
  return value;
}

/** Cuántos números hay en una forma: { nQuery: 2, dK: 3 } → 6. */
function sizeOf(shape) {
  return Object.entries(shape).reduce((size, [name, length]) => size * integer(name, length), 1);
}

function checkLength(name, array, shape) {
  const size = sizeOf(shape);
  const axes = Object.keys(shape).join(" × ");
  const lengths = Object.values(shape).join(" × ");
  const expected = lengths === `${size}` ? `${axes} = ${size}` : `${axes} = ${lengths} = ${size}`;
  check(array.length === size, name, `la longitud ${expected}`, array.length);
}

/** Un array que vive en la memoria del núcleo y vale como entrada de cualquier método. */
class Resident {
  constructor(pointer, length) {
    Object.assign(this, { pointer, length });
    Object.freeze(this);
  }
}

/** Una llamada al núcleo: sus entradas, sus salidas y la memoria que ocupan mientras dura. */
class Call {
  constructor(wasm) {
    this.wasm = wasm;
  }

  reserve(bytes) {
    const pointer = bytes < 2 ** 31 ? this.wasm.reserve(bytes) : 0;
    if (pointer === 0) throw new Error(MEMORY_FULL);
    return pointer;
  }

  /** Copia un array del tipo pedido y devuelve su puntero. */
  copy(name, array, Type, shape) {
    check(array instanceof Type, name, `un ${Type.name}`, kindOf(array));
    checkLength(name, array, shape);
    const pointer = this.reserve(array.byteLength);
    new Type(this.wasm.memory.buffer, pointer, array.length).set(array);
    return pointer;
  }

  /** Una entrada de números: un Float32Array o un array residente. */
  input(name, array, shape) {
    if (!(array instanceof Resident)) return this.copy(name, array, Float32Array, shape);
    checkLength(name, array, shape);
    return array.pointer;
  }

  /** Una entrada que puede faltar. */
  optional(name, array, shape) {
    return array == null ? 0 : this.input(name, array, shape);
  }

  /** Una máscara, que puede faltar: 1 donde se puede atender. */
  mask(name, array, shape) {
    return array == null ? 0 : this.copy(name, array, Uint8Array, shape);
  }

  /** Una lista de enteros, dada como Int32Array o como lista corriente. */
  integers(name, values, shape) {
    return this.copy(name, Array.isArray(values) ? Int32Array.from(values) : values, Int32Array, shape);
  }

  output(shape) {
    const length = sizeOf(shape);
    return new Resident(this.reserve(4 * length), length);
  }

  /** Llama a una función del núcleo. Los booleanos van como 0 y 1. */
  run(name, ...values) {
    const plain = values.map((value) => (value instanceof Resident ? value.pointer : Number(value)));
    if (this.wasm[name](...plain) === 0) throw new Error(MEMORY_FULL);
  }

  /** Copia las salidas: las vistas se hacen ahora, porque la memoria puede haber crecido. */
  results(outputs) {
    const read = ({ pointer, length }) => new Float32Array(this.wasm.memory.buffer, pointer, length).slice();
    return Object.fromEntries(Object.entries(outputs).map(([name, output]) => [name, read(output)]));
  }
}

/** La memoria del núcleo: `call` presta la de una llamada; `keep`, la que se queda. */
export class CoreMemory {
  constructor(wasm) {
    this.wasm = wasm;
  }

  /** Todo lo que `body` reserva se devuelve al acabar. */
  call(body) {
    const start = this.wasm.mark();
    try {
      return body(new Call(this.wasm));
    } finally {
      this.wasm.release(start);
    }
  }

  /** Deja un Float32Array en la memoria del núcleo: no se volverá a copiar en cada llamada. */
  keep(array) {
    const length = array?.length;
    return new Resident(new Call(this.wasm).copy("array", array, Float32Array, { length }), length);
  }

  /** Deja en la memoria del núcleo una matriz guardada en 8 bits: cada fila, por su escala. */
  keepQuantised({ codes, scales, rows, columns }) {
    const matrix = new Call(this.wasm).output({ rows, columns });
    this.call((call) => {
      const from = call.copy("codes", codes, Int8Array, { rows, columns });
      call.run("dequantise", from, call.input("scales", scales, { rows }), matrix, rows, columns);
    });
    return matrix;
  }
}
