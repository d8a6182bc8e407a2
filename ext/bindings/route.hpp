// ¿Puede una llamada ir derecha al núcleo, sin pasar por el despachador de torch?
#pragma once
#include "tensor.hpp"

namespace atencion {

enum : int { kThroughTorch = 0, kDirect = 1, kDirectWithGradient = 2 };

inline bool is_true(PyObject* object, PyObject* attribute, bool call) {
    PyObject* value =
        call ? PyObject_CallMethodNoArgs(object, attribute) : PyObject_GetAttr(object, attribute);
    if (!value) throw py::error_already_set();
    Py_DECREF(value);  // True y False viven siempre
    return value == Py_True;
}

// Los `tensors` primeros argumentos son tensores o None, y los `inputs` primeros pueden llevar gradiente. Una
// subclase de Tensor ha de ver la operación, y un signo que torch aún no ha aplicado lo resuelve su
// despachador.
inline int route(const py::tuple& arguments, size_t tensors, size_t inputs) {
    static PyObject* const requires_grad = PyUnicode_InternFromString("requires_grad");
    static PyObject* const is_neg = PyUnicode_InternFromString("is_neg");
    int answer = kDirect;
    for (size_t i = 0; i < tensors && i < arguments.size(); ++i) {
        PyObject* object = PyTuple_GET_ITEM(arguments.ptr(), Py_ssize_t(i));
        if (object == Py_None) continue;
        PyObject* type = reinterpret_cast<PyObject*>(Py_TYPE(object));
        if ((type != tensor_type && type != parameter_type) || is_true(object, is_neg, true))
            return kThroughTorch;
        if (!is_true(object, requires_grad, false)) continue;
        if (i >= inputs) return kThroughTorch;  // una opción no lleva gradiente: que lo diga quien comprueba
        answer = kDirectWithGradient;
    }
    return answer;
}

}  // namespace atencion
