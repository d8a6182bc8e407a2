// Los tensores de una llamada: los que llegan, comprobados, y los que se crean para el resultado.
//
// Aquí solo se comprueba que nadie lea ni escriba fuera de su memoria: los mensajes para el lector los da
// atencion.ops, que comprueba los argumentos si esta llamada los rechaza.
#pragma once
#include <pybind11/pybind11.h>

#include <array>
#include <cmath>
#include <initializer_list>
#include <type_traits>
#include <vector>

#include "dispatch.hpp"
#include "tensor.hpp"

namespace atencion {

template <class T>
constexpr char kType = sizeof(T) == 4 ? 'f' : 'd';

inline const char* dtype_name(char type) {
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

constexpr size_t kMaxResults = 8;

// torch no pudo dar memoria y lo ha dicho con un RuntimeError.
[[noreturn]] inline void out_of_memory(const std::string& name) {
    if (PyErr_ExceptionMatches(PyExc_RuntimeError))
        PyErr_SetString(PyExc_MemoryError, (name + ": no hay memoria para un tensor de ese tamaño").c_str());
    throw py::error_already_set();
}

class Call {
  public:
    // El primer tensor da el tipo numérico de todos los demás.
    Call(py::handle first, const char* name) : first_(first) {
        type_ = read_tensor(first, name).type;
        if (type_ != 'f' && type_ != 'd') reject(name, "dtype float32 o float64");
    }

    // Llama a f(float{}) o a f(double{}), según el tipo de la llamada.
    template <class F>
    void with_type(F&& f) const {
        if (type_ == 'f')
            f(float{});
        else
            f(double{});
    }

    // Un tensor opcional de cualquier paso; el tipo por omisión es el de la llamada.
    Tensor optional(py::handle object, const char* name, char type = 0) {
        const Tensor t = read_tensor(object, name);
        const char wanted = type ? type : type_;
        if (t && t.type != wanted)
            reject(name, std::string("dtype ") + dtype_name(wanted) + "; se recibió " + dtype_name(t.type));
        return is_aligned(t) ? t : copy(object, name, "clone");
    }
    // Un tensor obligatorio con la última dimensión contigua: si no lo es, se copia.
    Tensor rows(py::handle object, const char* name, char type = 0) {
        const Tensor t = optional(object, name, type);
        if (!t) reject(name, "un tensor");
        const int last = t.axes - 1;
        return t.shape[last] <= 1 || t.strides[last] == 1 ? t : copy(object, name, "contiguous");
    }
    // Puntero a los elementos de un tensor opcional de forma exacta, contiguo: si no lo es, se copia.
    template <class T, class Shape = std::initializer_list<index_t>>
    const T* packed(py::handle object, const char* name, const Shape& shape) {
        constexpr char type = std::is_same<T, uint8_t>::value   ? 'b'
                              : std::is_same<T, int64_t>::value ? 'l'
                                                                : 0;
        Tensor t = optional(object, name, type);
        if (!t) return nullptr;
        require_shape(t, name, shape);
        return static_cast<const T*>((is_contiguous(t) ? t : copy(object, name, "contiguous")).data);
    }
    // Lo mismo, obligatorio.
    template <class T, class Shape = std::initializer_list<index_t>>
    const T* required(py::handle object, const char* name, const Shape& shape) {
        if (object.is_none()) reject(name, "un tensor");
        return packed<T>(object, name, shape);
    }

    // El gradiente que llega a una salida; si no llega ninguno, ceros.
    Tensor gradient(py::handle object, const char* name, const Tensor& output) {
        if (!object.is_none()) return rows(object, name);
        py::tuple shape(size_t(output.axes));
        for (int axis = 0; axis < output.axes; ++axis) shape[size_t(axis)] = output.shape[axis];
        kept_.push_back(first_.attr("new_zeros")(shape));
        return read_tensor(kept_.back(), name);
    }

    // Un tensor nuevo, contiguo y sin iniciar.
    template <class Shape = std::initializer_list<index_t>>
    py::object make(const Shape& shape) const {
        PyObject* arguments[1 + kMaxAxes] = {first_.ptr()};
        size_t count = 1;
        for (const index_t size : shape) arguments[count++] = PyLong_FromSsize_t(size);
        static PyObject* const name = PyUnicode_InternFromString("new_empty");
        PyObject* made = PyObject_VectorcallMethod(name, arguments, count, nullptr);
        for (size_t i = 1; i < count; ++i) Py_DECREF(arguments[i]);
        if (!made) out_of_memory("resultado");
        return py::reinterpret_steal<py::object>(made);
    }
    // Lo mismo, que además se añade al resultado; `create(false, …)` añade None.
    template <class T, class Shape = std::initializer_list<index_t>>
    T* create(bool wanted, const Shape& shape) {
        py::object& result = results_[results_count_++];
        result = wanted ? make(shape) : py::none();
        return wanted ? static_cast<T*>(read_tensor(result, "resultado").data) : nullptr;
    }
    py::tuple results() const {
        py::tuple all(results_count_);
        for (size_t i = 0; i < results_count_; ++i) all[i] = results_[i];
        return all;
    }

    template <class Shape = std::initializer_list<index_t>>
    static void require_shape(const Tensor& t, const char* name, const Shape& shape) {
        bool same = size_t(t.axes) == shape.size();
        int axis = 0;
        for (const index_t size : shape) same = same && t.shape[axis++] == size;
        if (!same) reject(name, "otra forma");
    }

  private:
    static bool is_contiguous(const Tensor& t) {
        index_t expected = 1;
        bool yes = true, empty = false;
        for (int axis = t.axes - 1; axis >= 0; --axis) {
            yes = yes && (t.shape[axis] == 1 || t.strides[axis] == expected);
            empty = empty || t.shape[axis] == 0;
            expected *= t.shape[axis];
        }
        return yes || empty;
    }
    // torch.frombuffer puede dar tensores que empiezan en cualquier byte.
    static bool is_aligned(const Tensor& t) {
        const uintptr_t bytes = t.type == 'f' ? sizeof(float) : t.type == 'b' ? 1 : sizeof(double);
        return reinterpret_cast<uintptr_t>(t.data) % bytes == 0;
    }
    Tensor copy(py::handle object, const char* name, const char* method) {
        PyObject* made = PyObject_CallMethod(object.ptr(), method, nullptr);
        if (!made) out_of_memory(name);
        kept_.push_back(py::reinterpret_steal<py::object>(made));
        return read_tensor(made, name);
    }

    py::handle first_;
    char type_;
    std::vector<py::object> kept_;
    std::array<py::object, kMaxResults> results_;
    size_t results_count_ = 0;
};

inline py::handle item(const py::tuple& tuple, size_t i) {
    if (i >= tuple.size()) reject("tupla", "más elementos");
    return PyTuple_GET_ITEM(tuple.ptr(), Py_ssize_t(i));
}

inline bool read_flag(py::handle object, const char* name) {
    if (object.ptr() != Py_True && object.ptr() != Py_False)
        throw py::type_error(std::string(name) + ": se esperaba True o False");
    return object.ptr() == Py_True;
}

// Un entero ≥ 0, o −1 si es None.
inline int64_t read_optional_count(py::handle object, const char* name) {
    if (object.is_none()) return -1;
    if (!PyLong_CheckExact(object.ptr()))
        throw py::type_error(std::string(name) + ": se esperaba un entero o None");
    const int64_t number = PyLong_AsLongLong(object.ptr());
    if (number == -1 && PyErr_Occurred()) PyErr_Clear();
    if (number < 0) reject(name, "un entero ≥ 0 que quepa en 64 bits");
    return number;
}

// Un número de Python, o `otherwise` si es None.
inline double read_optional_number(py::handle object, const char* name, double otherwise) {
    if (object.is_none()) return otherwise;
    if (!PyFloat_Check(object.ptr()) && !PyLong_CheckExact(object.ptr()))
        throw py::type_error(std::string(name) + ": se esperaba un número o None");
    const double number = PyFloat_AsDouble(object.ptr());
    if (number == -1.0 && PyErr_Occurred()) {  // un entero que no cabe
        PyErr_Clear();
        reject(name, "un número que quepa en float64");
    }
    return number;
}

// Longitudes (batch,) de 0 a `limit`, o nullptr.
inline const int64_t* read_lengths(Call& call, py::handle object, const char* name, index_t batch,
                                   index_t limit) {
    const int64_t* lengths = call.packed<int64_t>(object, name, {batch});
    for (index_t b = 0; lengths && b < batch; ++b)
        if (lengths[b] < 0 || lengths[b] > limit)
            reject(name,
                   "valores de 0 a " + std::to_string(limit) + "; se recibió " + std::to_string(lengths[b]));
    return lengths;
}

}  // namespace atencion
