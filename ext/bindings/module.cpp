// El módulo atencion._core: recibe tensores, rellena los argumentos del núcleo y suelta el GIL. Ni
// matemáticas ni decisiones: los mensajes para el lector los da atencion.ops; aquí solo se comprueba que nada
// lea fuera de su memoria.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include "dispatch.hpp"
#include "tensor.hpp"

namespace atencion {
namespace {

template <class T>
constexpr char kType = sizeof(T) == 4 ? 'f' : 'd';

const char* dtype_name(char type) {
    switch (type) {
        case 'f':
            return "float32";
        case 'd':
            return "float64";
        case 'b':
            return "bool";
        case 'l':
            return "int64";
        default:
            return "otro";
    }
}

Tensor typed(py::handle object, const char* name, char type) {
    Tensor t = read_tensor(object, name);
    if (t && t.type != type)
        reject(name, std::string("dtype ") + dtype_name(type) + "; se recibió " + dtype_name(t.type));
    return t;
}

Tensor required(py::handle object, const char* name, char type) {
    const Tensor t = typed(object, name, type);
    if (!t) reject(name, "un tensor");
    return t;
}

template <class T>
Restrictions<T> restrictions(py::handle mask, py::handle key_lengths, py::handle bias, py::handle slopes,
                             bool causal, int64_t window, index_t batch, index_t heads, index_t rows,
                             index_t columns, bool head_axis) {
    Restrictions<T> r{};
    r.causal = causal;
    r.window = window;
    if (const Tensor t = typed(mask, "mask", 'b'))
        r.mask = view<const uint8_t>(t, "mask", batch, heads, rows, columns, head_axis);
    if (const Tensor t = typed(bias, "bias", kType<T>))
        r.bias = view<const T>(t, "bias", batch, heads, rows, columns, head_axis);
    r.alibi_slopes = contiguous<const T>(typed(slopes, "alibi_slopes", kType<T>), "alibi_slopes", heads);
    r.key_lengths = contiguous<const int64_t>(typed(key_lengths, "key_lengths", 'l'), "key_lengths", batch);
    for (index_t b = 0; r.key_lengths && b < batch; ++b)
        if (r.key_lengths[b] < 0 || r.key_lengths[b] > columns)
            reject("key_lengths", "valores de 0 a n_key = " + std::to_string(columns) + "; se recibió " +
                                      std::to_string(r.key_lengths[b]));
    return r;
}

template <class T>
DotProductArgs<T> dot_product_args(const Tensor& q, const Tensor& k, const Tensor& v, py::handle output,
                                   py::handle logsumexp, py::handle weights, py::handle mask,
                                   py::handle key_lengths, py::handle bias, py::handle slopes, bool causal,
                                   int64_t window, double scale) {
    DotProductArgs<T> a{};
    if (q.axes != 4 || k.axes != 4 || v.axes != 4) reject("query, key, value", "cuatro ejes");
    a.batch = q.shape[0], a.heads = q.shape[1], a.n_query = q.shape[2], a.d_k = q.shape[3];
    a.kv_heads = k.shape[1], a.n_key = k.shape[2], a.d_v = v.shape[3];
    if (a.kv_heads < 1 || a.heads % a.kv_heads != 0) reject("key", "kv_heads divisor de heads");
    a.query = rows_view<const T>(q, "query", a.batch, a.heads, a.n_query, a.d_k);
    a.key = rows_view<const T>(k, "key", a.batch, a.kv_heads, a.n_key, a.d_k);
    a.value = rows_view<const T>(v, "value", a.batch, a.kv_heads, a.n_key, a.d_v);
    a.output = rows_view<T>(typed(output, "output", kType<T>), "output", a.batch, a.heads, a.n_query, a.d_v);
    const index_t rows = a.batch * a.heads * a.n_query;
    a.logsumexp = contiguous<T>(required(logsumexp, "logsumexp", kType<T>), "logsumexp", rows);
    a.weights = contiguous<T>(typed(weights, "weights", kType<T>), "weights", rows * a.n_key);
    a.restrictions = restrictions<T>(mask, key_lengths, bias, slopes, causal, window, a.batch, a.heads,
                                     a.n_query, a.n_key, true);
    a.scale = T(scale);
    return a;
}

template <class T>
AdditiveArgs<T> additive_args(const Tensor& q, const Tensor& k, const Tensor& v, py::handle score_vector,
                              py::handle output, py::handle logsumexp, py::handle weights, py::handle mask,
                              py::handle key_lengths) {
    AdditiveArgs<T> a{};
    if (q.axes != 3 || k.axes != 3 || v.axes != 3) reject("query, key, value", "tres ejes");
    a.batch = q.shape[0], a.n_query = q.shape[1], a.units = q.shape[2], a.n_key = k.shape[1],
    a.d_v = v.shape[2];
    a.query = rows_view<const T>(q, "query", a.batch, 1, a.n_query, a.units, false);
    a.key = rows_view<const T>(k, "key", a.batch, 1, a.n_key, a.units, false);
    a.value = rows_view<const T>(v, "value", a.batch, 1, a.n_key, a.d_v, false);
    a.score_vector =
        contiguous<const T>(required(score_vector, "score_vector", kType<T>), "score_vector", a.units);
    const index_t rows = a.batch * a.n_query;
    a.output = contiguous<T>(typed(output, "output", kType<T>), "output", rows * a.d_v);
    a.logsumexp = contiguous<T>(required(logsumexp, "logsumexp", kType<T>), "logsumexp", rows);
    a.weights = contiguous<T>(typed(weights, "weights", kType<T>), "weights", rows * a.n_key);
    a.restrictions = restrictions<T>(mask, key_lengths, py::none(), py::none(), false, -1, a.batch, 1,
                                     a.n_query, a.n_key, false);
    return a;
}

// Llama a f(tipo) con float o double según el dtype de la consulta.
template <class F>
void with_type(const Tensor& query, F&& f) {
    if (query.type == 'f')
        f(float{});
    else if (query.type == 'd')
        f(double{});
    else
        reject("query", "dtype float32 o float64");
}
Tensor like(py::handle object, const char* name, const Tensor& query) {
    return typed(object, name, query.type);
}

void dot_product_forward(py::handle query, py::handle key, py::handle value, py::handle output,
                         py::handle logsumexp, py::handle weights, py::handle mask, py::handle key_lengths,
                         py::handle bias, py::handle slopes, bool causal, int64_t window, double scale,
                         int threads) {
    const Tensor q = read_tensor(query, "query"), k = like(key, "key", q), v = like(value, "value", q);
    with_type(q, [&](auto zero) {
        using T = decltype(zero);
        const auto a = dot_product_args<T>(q, k, v, output, logsumexp, weights, mask, key_lengths, bias,
                                           slopes, causal, window, scale);
        py::gil_scoped_release release;
        active_kernel().ops<T>().dot_product_forward(a, threads);
    });
}

void dot_product_backward(py::handle grad_output, py::handle grad_logsumexp, py::handle grad_weights,
                          py::handle query, py::handle key, py::handle value, py::handle output,
                          py::handle logsumexp, py::handle weights, py::handle mask, py::handle key_lengths,
                          py::handle bias, py::handle slopes, bool causal, int64_t window, double scale,
                          py::handle grad_query, py::handle grad_key, py::handle grad_value,
                          py::handle grad_bias, int threads) {
    const Tensor q = read_tensor(query, "query"), k = like(key, "key", q), v = like(value, "value", q);
    with_type(q, [&](auto zero) {
        using T = decltype(zero);
        DotProductGradArgs<T> g{};
        const auto& a = g.forward = dot_product_args<T>(q, k, v, output, logsumexp, weights, mask,
                                                        key_lengths, bias, slopes, causal, window, scale);
        const index_t rows = a.batch * a.heads * a.n_query, keys = a.batch * a.kv_heads * a.n_key;
        g.grad_output = rows_view<const T>(like(grad_output, "grad_output", q), "grad_output", a.batch,
                                           a.heads, a.n_query, a.d_v);
        g.grad_logsumexp =
            contiguous<const T>(like(grad_logsumexp, "grad_logsumexp", q), "grad_logsumexp", rows);
        g.grad_weights =
            contiguous<const T>(like(grad_weights, "grad_weights", q), "grad_weights", rows * a.n_key);
        if (g.grad_weights && !a.weights) reject("weights", "los pesos, porque llega su gradiente");
        g.grad_query = contiguous<T>(required(grad_query, "grad_query", q.type), "grad_query", rows * a.d_k);
        g.grad_key = contiguous<T>(required(grad_key, "grad_key", q.type), "grad_key", keys * a.d_k);
        g.grad_value = contiguous<T>(required(grad_value, "grad_value", q.type), "grad_value", keys * a.d_v);
        g.grad_bias = contiguous<T>(like(grad_bias, "grad_bias", q), "grad_bias", rows * a.n_key);
        py::gil_scoped_release release;
        active_kernel().ops<T>().dot_product_backward(g, threads);
    });
}

void additive_forward(py::handle query, py::handle key, py::handle value, py::handle score_vector,
                      py::handle output, py::handle logsumexp, py::handle weights, py::handle mask,
                      py::handle key_lengths, int threads) {
    const Tensor q = read_tensor(query, "query"), k = like(key, "key", q), v = like(value, "value", q);
    required(output, "output", q.type);
    with_type(q, [&](auto zero) {
        using T = decltype(zero);
        const auto a = additive_args<T>(q, k, v, score_vector, output, logsumexp, weights, mask, key_lengths);
        py::gil_scoped_release release;
        active_kernel().ops<T>().additive_forward(a, threads);
    });
}

void additive_backward(py::handle grad_output, py::handle grad_logsumexp, py::handle grad_weights,
                       py::handle query, py::handle key, py::handle value, py::handle score_vector,
                       py::handle logsumexp, py::handle mask, py::handle key_lengths, py::handle grad_query,
                       py::handle grad_key, py::handle grad_value, py::handle grad_score_vector,
                       int threads) {
    const Tensor q = read_tensor(query, "query"), k = like(key, "key", q), v = like(value, "value", q);
    with_type(q, [&](auto zero) {
        using T = decltype(zero);
        AdditiveGradArgs<T> g{};
        const auto& a = g.forward =
            additive_args<T>(q, k, v, score_vector, py::none(), logsumexp, py::none(), mask, key_lengths);
        const index_t rows = a.batch * a.n_query, keys = a.batch * a.n_key;
        g.grad_output = rows_view<const T>(like(grad_output, "grad_output", q), "grad_output", a.batch, 1,
                                           a.n_query, a.d_v, false);
        g.grad_logsumexp =
            contiguous<const T>(like(grad_logsumexp, "grad_logsumexp", q), "grad_logsumexp", rows);
        g.grad_weights =
            contiguous<const T>(like(grad_weights, "grad_weights", q), "grad_weights", rows * a.n_key);
        g.grad_query =
            contiguous<T>(required(grad_query, "grad_query", q.type), "grad_query", rows * a.units);
        g.grad_key = contiguous<T>(required(grad_key, "grad_key", q.type), "grad_key", keys * a.units);
        g.grad_value = contiguous<T>(required(grad_value, "grad_value", q.type), "grad_value", keys * a.d_v);
        g.grad_score_vector = contiguous<T>(required(grad_score_vector, "grad_score_vector", q.type),
                                            "grad_score_vector", a.batch * a.units);
        py::gil_scoped_release release;
        active_kernel().ops<T>().additive_backward(g, threads);
    });
}

}  // namespace
}  // namespace atencion

PYBIND11_MODULE(_core, m) {
    atencion::find_exchange_table();
    m.doc() = "Núcleo compilado de atencion. Es privado: usa atencion.ops.";
    m.def("available_kernels", &atencion::available_kernels);
    m.def("active_kernel", [] { return std::string(atencion::active_kernel().name); });
    m.def("use_kernel", &atencion::use_kernel);
    m.def("dot_product_forward", &atencion::dot_product_forward);
    m.def("dot_product_backward", &atencion::dot_product_backward);
    m.def("additive_forward", &atencion::additive_forward);
    m.def("additive_backward", &atencion::additive_backward);
}
