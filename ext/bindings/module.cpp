// El módulo atencion._core: las funciones de cada mecanismo y la elección del núcleo. Ni matemáticas ni
// decisiones.
#include "python/additive.hpp"
#include "python/attention_flow.hpp"
#include "python/attention_over_attention.hpp"
#include "python/coattention.hpp"
#include "python/dot_product.hpp"
#include "python/graph.hpp"
#include "python/key_value_predict.hpp"
#include "python/linear.hpp"
#include "python/memory.hpp"
#include "python/merge.hpp"
#include "python/pointer.hpp"
#include "python/sparse.hpp"
#include "python/word_by_word.hpp"
#include "route.hpp"

PYBIND11_MODULE(_core, m) {
    atencion::find_exchange_table();
    pybind11::register_local_exception_translator([](std::exception_ptr thrown) {
        try {
            std::rethrow_exception(thrown);
        } catch (const std::bad_alloc&) {
            PyErr_SetString(PyExc_MemoryError, "memoria de trabajo: no hay memoria para este cálculo");
        }
    });
    m.doc() = "Núcleo compilado de atencion. Es privado: usa atencion.ops.";
    m.def("available_kernels", [] {
        pybind11::list names;
        for (const std::string& name : atencion::available_kernels()) names.append(name);
        return names;
    });
    m.def("active_kernel", &atencion::active_kernel);
    m.def("use_kernel", &atencion::use_kernel);
    m.def("route", &atencion::route);
    atencion::additive::bind(m);
    atencion::attention_flow::bind(m);
    atencion::attention_over_attention::bind(m);
    atencion::coattention::bind(m);
    atencion::dot_product::bind(m);
    atencion::graph::bind(m);
    atencion::key_value_predict::bind(m);
    atencion::linear::bind(m);
    atencion::memory::bind(m);
    atencion::merge::bind(m);
    atencion::pointer::bind(m);
    atencion::sparse::bind(m);
    atencion::word_by_word::bind(m);
}
