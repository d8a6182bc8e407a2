// Las operaciones de red que rodean a la atención en un modelo, sobre el núcleo y con las ecuaciones de torch.
import { finite } from "./core_memory.js";

export function layerMethods(memory) {
  const map = (name) => (array) =>
    memory.call((call) => {
      const length = array?.length;
      const input = call.input("array", array, { length });
      const output = call.output({ length });
      call.run(name, input, output, length);
      return call.results({ output }).output;
    });

  /** Las entradas comunes a las dos celdas recurrentes; los pesos llevan una puerta detrás de otra. */
  function cellInputs(call, gates, cell) {
    const { rows, inputs, units } = cell;
    return {
      before: [call.input("input", cell.input, { rows, inputs }), call.input("state", cell.state, { rows, units })],
      weights: [
        call.input("inputWeight", cell.inputWeight, { gates, units, inputs }),
        call.input("stateWeight", cell.stateWeight, { gates, "units (filas)": units, units }),
        call.optional("inputBias", cell.inputBias, { gates, units }),
        call.optional("stateBias", cell.stateBias, { gates, units }),
      ],
      sizes: [rows, inputs, units],
    };
  }

  return {
    /** input · weightᵀ + bias: input (rows, inputs), weight (outputs, inputs), bias (outputs) o nada. */
    linear({ input, weight, bias = null, rows, inputs, outputs }) {
      return memory.call((call) => {
        const from = [
          call.input("input", input, { rows, inputs }),
          call.input("weight", weight, { outputs, inputs }),
          call.optional("bias", bias, { outputs }),
        ];
        const output = call.output({ rows, outputs });
        call.run("linear_layer", ...from, output, rows, inputs, outputs);
        return call.results({ output }).output;
      });
    },

    /** Un paso de GRU: da el estado nuevo (rows, units). Puertas en el orden de torch: r, z, n. */
    gruCell(cell) {
      return memory.call((call) => {
        const { before, weights, sizes } = cellInputs(call, 3, cell);
        const output = call.output({ rows: cell.rows, units: cell.units });
        call.run("gru_cell", ...before, ...weights, output, ...sizes);
        return call.results({ output }).output;
      });
    },

    /** Un paso de LSTM: da { state, cell }. Puertas en el orden de torch: i, f, g, o. */
    lstmCell(given) {
      return memory.call((call) => {
        const { before, weights, sizes } = cellInputs(call, 4, given);
        const shape = { rows: given.rows, units: given.units };
        before.push(call.input("cell", given.cell, shape));
        const state = call.output(shape);
        const cell = call.output(shape);
        call.run("lstm_cell", ...before, ...weights, state, cell, ...sizes);
        return call.results({ state, cell });
      });
    },

    /** Normaliza cada fila de input (rows, width); scale y shift (width) o nada. */
    layerNorm({ input, rows, width, scale = null, shift = null, epsilon = 1e-5 }) {
      return memory.call((call) => {
        const from = [
          call.input("input", input, { rows, width }),
          call.optional("scale", scale, { width }),
          call.optional("shift", shift, { width }),
        ];
        const output = call.output({ rows, width });
        call.run("layer_norm", ...from, output, rows, width, finite("epsilon", epsilon));
        return call.results({ output }).output;
      });
    },

    gelu: map("map_gelu"),
    tanh: map("map_tanh"),
    sigmoid: map("map_sigmoid"),
  };
}
