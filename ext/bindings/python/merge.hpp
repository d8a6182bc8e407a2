// Unión de atenciones parciales: de los tensores de torch a los argumentos del núcleo. Llegan primero las
// salidas de todas las partes y después sus logsumexp.
#pragma once
#include "../../core/arguments/merge.hpp"
#include "../call.hpp"

namespace atencion {
namespace merge {

using Shape = std::vector<index_t>;

// Las tablas de punteros que leen los argumentos, con las formas comunes a todas las partes.
template <class T>
struct Parts {
    std::vector<const T*> outputs, logsumexps;
    Shape output, logsumexp;
    MergeArgs<T> arguments{};

    Parts(Call& call, const py::args& tensors) {
        const size_t parts = tensors.size() / 2;
        if (parts == 0 || tensors.size() % 2) reject("parts", "una salida y un logsumexp por parte");
        const Tensor first = read_tensor(tensors[0], "output");
        if (first.axes < 2) reject("output", "dos ejes o más");
        output.assign(first.shape, first.shape + first.axes);
        logsumexp.assign(first.shape, first.shape + first.axes - 1);
        for (size_t b = 0; b < parts; ++b) {
            outputs.push_back(call.required<T>(tensors[b], "output", output));
            logsumexps.push_back(call.required<T>(tensors[parts + b], "logsumexp", logsumexp));
        }
        arguments.outputs = outputs.data(), arguments.logsumexps = logsumexps.data();
        arguments.parts = index_t(parts), arguments.rows = 1, arguments.d_v = output.back();
        for (const index_t size : logsumexp) arguments.rows *= size;
    }
};

// Los `inputs` tensores de los argumentos, sin los hilos, que van detrás.
inline py::args tensors_of(const py::args& arguments, int& threads) {
    if (arguments.empty()) reject("parts", "al menos una parte");
    threads = arguments[arguments.size() - 1].cast<int>();
    return py::args(arguments[py::slice(0, -1, 1)]);
}

inline py::tuple forward(const py::args& all) {
    int threads = 1;
    const py::args tensors = tensors_of(all, threads);
    Call call(all[0], "output");
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        Parts<T> parts(call, tensors);
        auto& a = parts.arguments;
        a.output = call.create<T>(true, parts.output);
        a.logsumexp = call.create<T>(true, parts.logsumexp);
        py::gil_scoped_release release;
        run(a, threads);
    });
    return call.results();
}

inline py::tuple backward(const py::tuple& grads, const py::tuple& outputs, const py::tuple& needs,
                          const py::args& all) {
    int threads = 1;
    const py::args tensors = tensors_of(all, threads);
    Call call(all[0], "output");
    py::tuple found;
    call.with_type([&](auto zero) {
        using T = decltype(zero);
        Parts<T> parts(call, tensors);
        MergeGradArgs<T> g{};
        auto& a = g.forward = parts.arguments;
        a.output = const_cast<T*>(call.required<T>(item(outputs, 0), "output", parts.output));
        a.logsumexp = const_cast<T*>(call.required<T>(item(outputs, 1), "logsumexp", parts.logsumexp));
        py::object arriving = py::reinterpret_borrow<py::object>(item(grads, 0));
        if (arriving.is_none()) arriving = all[0].attr("new_zeros")(all[0].attr("shape"));
        g.grad_output = call.required<T>(arriving, "grad_output", parts.output);
        g.grad_logsumexp = call.packed<T>(item(grads, 1), "grad_logsumexp", parts.logsumexp);
        std::vector<T*> results(tensors.size(), nullptr);
        found = py::tuple(tensors.size());
        for (size_t i = 0; i < tensors.size(); ++i) {
            found[i] = py::none();
            if (item(needs, i).ptr() != Py_True) continue;
            const py::object made = call.make(i < size_t(a.parts) ? parts.output : parts.logsumexp);
            results[i] = static_cast<T*>(read_tensor(made, "resultado").data);
            found[i] = made;
        }
        g.grad_outputs = results.data(), g.grad_logsumexps = results.data() + a.parts;
        py::gil_scoped_release release;
        run(g, threads);
    });
    return found;
}

inline void bind(py::module_& m) {
    m.def("merge_forward", forward);
    m.def("merge_backward", backward);
}

}  // namespace merge
}  // namespace atencion
