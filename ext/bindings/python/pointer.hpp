// Suma de punteros: de los tensores de torch a los argumentos del núcleo.
#pragma once
#include "../../core/arguments/pointer.hpp"
#include "restrictions.hpp"

namespace atencion {
namespace pointer {

struct Options {
    py::handle token_ids, candidates, mask, key_lengths, n_tokens;
};

template <class T>
PointerArgs<T> arguments(Call& call, py::handle query, py::handle key, const Options& options) {
    PointerArgs<T> a{};
    const Tensor k = call.rows(key, "key");
    if (k.axes != 3) reject("key", "tres ejes");
    a.batch = k.shape[0], a.n_key = k.shape[1], a.d = k.shape[2];
    a.query = vectors_view<const T>(call.rows(query, "query"), "query", a.batch, a.d);
    a.key = rows_view<const T>(k, "key", a.batch, 1, a.n_key, a.d, false);
    a.token_ids = vectors_view<const int64_t>(call.rows(options.token_ids, "token_ids", 'l'), "token_ids",
                                              a.batch, a.n_key);
    a.n_output = read_optional_count(options.n_tokens, "n_tokens");
    a.vocabulary = options.candidates.is_none();
    if (a.vocabulary == options.n_tokens.is_none())
        reject("candidates", "candidates o n_tokens, y solo uno de los dos");
    if (!a.vocabulary) {
        const Tensor c = call.rows(options.candidates, "candidates", 'l');
        a.n_output = c.shape[c.axes - 1];
        a.candidates = vectors_view<const int64_t>(c, "candidates", a.batch, a.n_output);
    }
    if (a.n_output > kMaxSize) reject("n_tokens", "a lo sumo 2^30");
    // La máscara (batch, n_key) se lee como (1, batch, n_key) y se gira: sus filas son los ejemplos.
    const Tensor mask = call.optional(options.mask, "mask", 'b');
    if (mask.axes > 2) reject("mask", "uno o dos ejes");
    a.restrictions = read_restrictions<T>(call, {1, -1, a.batch, a.n_key}, options.mask, py::none());
    a.restrictions.mask.batch = a.restrictions.mask.row;
    a.restrictions.mask.row = 0;
    a.restrictions.key_lengths = read_lengths(call, options.key_lengths, "key_lengths", a.batch, a.n_key);
    return a;
}

// Sin candidatos, cada token que cuente ha de estar en el vocabulario. Los tapados no se miran.
template <class T>
void require_known_tokens(const PointerArgs<T>& a) {
    if (!a.vocabulary) return;
    const View4<const uint8_t>& mask = a.restrictions.mask;
    for (index_t b = 0; b < a.batch; ++b) {
        const index_t end = a.restrictions.key_lengths ? a.restrictions.key_lengths[b] : a.n_key;
        for (index_t j = 0; j < end; ++j) {
            if (mask.data && !mask.at(b, 0)[j * mask.column]) continue;
            const int64_t id = a.token_ids.at(b, 0)[j];
            if (id < 0 || id >= a.n_output)
                reject("token_ids", "valores de 0 a n_tokens − 1 = " + std::to_string(a.n_output - 1) +
                                        "; se recibió " + std::to_string(id));
        }
    }
}

// Los pesos son pocos, (batch, n_key): se crean siempre y la vuelta los aprovecha.
inline py::tuple forward(py::handle query, py::handle key, py::handle token_ids, py::handle candidates,
                         py::handle mask, py::handle key_lengths, py::handle n_tokens, int threads) {
    Call call(query, "query");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        auto a = arguments<T>(call, query, key, {token_ids, candidates, mask, key_lengths, n_tokens});
        require_known_tokens(a);
        a.output = call.create<T>(true, {a.batch, a.n_output});
        a.weights = call.create<T>(true, {a.batch, a.n_key});
        a.logsumexp = call.create<T>(true, {a.batch});
        py::gil_scoped_release release;
        run(a, threads);
    });
    return call.results();
}

inline py::tuple backward(const py::tuple& grads, const py::tuple& outputs, const py::tuple&,
                          py::handle query, py::handle key, py::handle token_ids, py::handle candidates,
                          py::handle mask, py::handle key_lengths, py::handle n_tokens, int threads) {
    Call call(query, "query");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        PointerGradArgs<T> g{};
        auto& a = g.forward =
            arguments<T>(call, query, key, {token_ids, candidates, mask, key_lengths, n_tokens});
        a.weights = const_cast<T*>(call.required<T>(item(outputs, 1), "weights", {a.batch, a.n_key}));
        const Tensor grad =
            call.gradient(item(grads, 0), "grad_output", call.rows(item(outputs, 0), "output"));
        g.grad_output = vectors_view<const T>(grad, "grad_output", a.batch, a.n_output);
        g.grad_weights = call.packed<T>(item(grads, 1), "grad_weights", {a.batch, a.n_key});
        g.grad_logsumexp = call.packed<T>(item(grads, 2), "grad_logsumexp", {a.batch});
        g.grad_query = call.create<T>(true, {a.batch, a.d});
        g.grad_key = call.create<T>(true, {a.batch, a.n_key, a.d});
        py::gil_scoped_release release;
        run(g, threads);
    });
    return call.results();
}

inline void bind(py::module_& m) {
    m.def("pointer_forward", forward);
    m.def("pointer_backward", backward);
}

}  // namespace pointer
}  // namespace atencion
