// Los mecanismos de dos vías, un documento frente a una pregunta, sobre el núcleo. Máscaras de Uint8Array: 1 en las
// palabras que valen.

export function twoWayMethods(memory) {
  return {
    /** scoreWeights (3 width): [w1; w2; w3]. output (nContext, 4 width). */
    attentionFlow({
      context, question, scoreWeights, nContext, nQuestion, width, contextMask = null, questionMask = null,
    }) {
      return memory.call((call) => {
        const inputs = [
          call.input("context", context, { nContext, width }),
          call.input("question", question, { nQuestion, width }),
          call.input("scoreWeights", scoreWeights, { "3": 3, width }),
          call.mask("contextMask", contextMask, { nContext }),
          call.mask("questionMask", questionMask, { nQuestion }),
        ];
        const output = call.output({ nContext, "4": 4, width });
        const contextToQuestion = call.output({ nContext, nQuestion });
        const questionToContext = call.output({ nContext });
        const sizes = [nContext, nQuestion, width];
        call.run("attention_flow", ...inputs, output, contextToQuestion, questionToContext, ...sizes);
        return call.results({ output, contextToQuestion, questionToContext });
      });
    },

    /** output (nDocument): cuánto se atiende a cada palabra del documento. */
    attentionOverAttention({
      document, question, nDocument, nQuestion, width, documentMask = null, questionMask = null,
    }) {
      return memory.call((call) => {
        const inputs = [
          call.input("document", document, { nDocument, width }),
          call.input("question", question, { nQuestion, width }),
          call.mask("documentMask", documentMask, { nDocument }),
          call.mask("questionMask", questionMask, { nQuestion }),
        ];
        const output = call.output({ nDocument });
        const questionImportance = call.output({ nQuestion });
        const documentWeights = call.output({ nDocument, nQuestion });
        const questionWeights = call.output({ nDocument, nQuestion });
        const outputs = [output, questionImportance, documentWeights, questionWeights];
        call.run("attention_over_attention", ...inputs, ...outputs, nDocument, nQuestion, width);
        return call.results({ output, questionImportance, documentWeights, questionWeights });
      });
    },

    /** output (nDocument, 2 width). Un centinela añade una última fila o columna a los pesos. */
    coattention({
      document, question, nDocument, nQuestion, width, documentSentinel = null, questionSentinel = null,
      documentMask = null, questionMask = null,
    }) {
      return memory.call((call) => {
        const inputs = [
          call.input("document", document, { nDocument, width }),
          call.input("question", question, { nQuestion, width }),
          call.optional("documentSentinel", documentSentinel, { width }),
          call.optional("questionSentinel", questionSentinel, { width }),
          call.mask("documentMask", documentMask, { nDocument }),
          call.mask("questionMask", questionMask, { nQuestion }),
        ];
        const rows = nDocument + (documentSentinel == null ? 0 : 1);
        const columns = nQuestion + (questionSentinel == null ? 0 : 1);
        const output = call.output({ nDocument, "2": 2, width });
        const documentWeights = call.output({ rows, columns });
        const questionWeights = call.output({ rows, columns });
        const sizes = [nDocument, nQuestion, width];
        call.run("coattention", ...inputs, output, documentWeights, questionWeights, ...sizes);
        return call.results({ output, documentWeights, questionWeights });
      });
    },
  };
}
