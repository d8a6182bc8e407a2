// Suma de punteros (Attention Sum Reader, Kadlec et al., 2016): la atención es la respuesta.
//
//   s_i = softmax_i(f_i · g)     P(w) = Σ_{i : w_i = w} s_i
//
//   query g (batch, d)   key f (batch, n_key, d)   token_ids w (batch, n_key)   output P (batch, n_output)
//   weights s (batch, n_key)   logsumexp (batch,)
//
// Coste: O(n_key · d + n_output). Cada palabra del documento encuentra su candidato en una tabla de
// dispersión, sin comparar todos con todos.
#pragma once
#include "arguments/pointer.hpp"
#include "softmax.hpp"
#include "tiles.hpp"

namespace atencion {
inline namespace ATENCION_KERNEL {

// A qué salida va cada token. Sin candidatos, la salida es el propio token; con ellos, el primer candidato
// igual a él: los repetidos copian después a su primero.
template <class T>
class TokenSlots {
  public:
    // `table` tiene sitio para capacity(n_output) números.
    TokenSlots(const PointerArgs<T>& a, index_t batch, T* table)
        : candidates_(a.candidates.at(batch, 0)),
          table_(reinterpret_cast<int32_t*>(table)),
          vocabulary_(a.vocabulary),
          count_(a.n_output),
          last_(capacity(count_) - 1) {
        if (vocabulary_) return;
        for (index_t i = 0; i <= last_; ++i) table_[i] = -1;
        for (index_t c = 0; c < count_; ++c) {
            int32_t& slot = table_[find(candidates_[c])];
            if (slot < 0) slot = int32_t(c);
        }
    }
    // −1 si no es ninguna salida.
    index_t operator()(int64_t token) const {
        if (!vocabulary_) return table_[find(token)];
        return token >= 0 && token < count_ ? index_t(token) : -1;
    }
    // La salida que recibe lo que toca a la salida c: ella misma, o el primer candidato igual.
    index_t owner(index_t c) const { return vocabulary_ ? c : (*this)(candidates_[c]); }

    // Potencia de dos, al menos el doble de los candidatos: las búsquedas son de uno o dos pasos.
    static index_t capacity(index_t count) {
        index_t size = 2;
        while (size < 2 * count) size *= 2;
        return size;
    }

  private:
    index_t find(int64_t token) const {
        index_t i = index_t((uint64_t(token) * 0x9e3779b97f4a7c15ull) >> 32) & last_;
        while (table_[i] >= 0 && candidates_[table_[i]] != token) i = (i + 1) & last_;
        return i;
    }
    const int64_t* candidates_;
    int32_t* table_;
    bool vocabulary_;
    index_t count_, last_;
};

template <class T>
index_t pointer_scratch(const PointerArgs<T>& a) {
    return a.n_key + a.n_output + (a.vocabulary ? 0 : TokenSlots<T>::capacity(a.n_output));
}

// Una tarea: un ejemplo.
template <class T>
void pointer_forward(const PointerArgs<T>& a, index_t batch, T* scratch) {
    const HeadRestrictions<T> r(a.restrictions, batch, 0, 1, a.n_key);
    const index_t keys = r.key_end;
    const int64_t* ids = a.token_ids.at(batch, 0);
    const TokenSlots<T> slot(a, batch, scratch);
    T *p = a.weights + batch * a.n_key, *out = a.output + batch * a.n_output;
    pairwise_dot(a.query.at(batch, 0), 0, a.key.at(batch, 0), a.key.row, 1, keys, a.d, p, 0);
    a.logsumexp[batch] = softmax_row(r, 0, 0, keys, p);
    clear(p + keys, a.n_key - keys);
    clear(out, a.n_output);
    for (index_t j = 0; j < keys; ++j) {
        const index_t to = r.allows(0, j) ? slot(ids[j]) : -1;
        if (to >= 0) out[to] += p[j];
    }
    for (index_t c = 0; c < a.n_output; ++c) out[c] = out[slot.owner(c)];
}

// ds = s ∘ (ds' − Σ s ds' + dlogsumexp), con ds'_i = Σ_{c : w_c = w_i} dP_c + dpesos_i;
// dg = Σ ds_i f_i     df_i = ds_i g.
template <class T>
void pointer_backward(const PointerGradArgs<T>& g, index_t batch, T* scratch) {
    const PointerArgs<T>& a = g.forward;
    const HeadRestrictions<T> r(a.restrictions, batch, 0, 1, a.n_key);
    const index_t keys = r.key_end;
    const int64_t* ids = a.token_ids.at(batch, 0);
    T *dS = scratch, *arriving = dS + a.n_key;
    const TokenSlots<T> slot(a, batch, arriving + a.n_output);
    const T *grad = g.grad_output.at(batch, 0), *query = a.query.at(batch, 0);
    clear(arriving, a.n_output);
    for (index_t c = 0; c < a.n_output; ++c) arriving[slot.owner(c)] += grad[c];
    for (index_t j = 0; j < keys; ++j) {
        const index_t from = r.allows(0, j) ? slot(ids[j]) : -1;
        dS[j] = (from >= 0 ? arriving[from] : T(0)) +
                (g.grad_weights ? g.grad_weights[batch * a.n_key + j] : T(0));
    }
    softmax_row_backward(a.weights + batch * a.n_key, keys, g.grad_logsumexp ? g.grad_logsumexp[batch] : T(0),
                         dS);
    T *grad_query = g.grad_query + batch * a.d, *grad_key = g.grad_key + batch * a.n_key * a.d;
    clear(grad_query, a.d);
    accumulate_row<T>(a.d, keys, dS, a.key.at(batch, 0), a.key.row, grad_query);
    outer_product(dS, keys, query, a.d, grad_key);
    clear(grad_key + keys * a.d, (a.n_key - keys) * a.d);
}

}  // namespace ATENCION_KERNEL
}  // namespace atencion
