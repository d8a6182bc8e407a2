// Leer un tensor de torch sin cabeceras de torch: puntero, formas, pasos y tipo.
//
// Desde torch 2.10 cada tensor sabe describirse por la tabla C de intercambio de DLPack (40 ns por tensor).
// En versiones anteriores se leen los mismos datos con atributos de Python (0,5 µs). El resultado es el
// mismo.
#pragma once
#include <pybind11/pybind11.h>

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>

#include "../core/arguments/view.hpp"

namespace atencion {

namespace py = pybind11;

constexpr int kMaxAxes = 4;
// Un eje de paso cero, o junto a otro vacío, puede decir que mide cualquier cosa sin ocupar nada: con este
// límite, el producto de dos tamaños cabe de sobra en un entero.
constexpr int64_t kMaxSize = int64_t(1) << 30;

// 'f' float32, 'd' float64, 'b' bool, 'l' int64, '?' otro.
struct Tensor {
    void* data = nullptr;
    int axes = 0;
    int64_t shape[kMaxAxes] = {}, strides[kMaxAxes] = {};
    char type = '?';

    explicit operator bool() const { return axes > 0; }
};

[[noreturn]] inline void reject(const std::string& name, const std::string& expected) {
    throw py::value_error(name + ": se esperaba " + expected);
}

// La parte de DLPack 1.x que usamos, según su especificación (dmlc.github.io/dlpack): la disposición en
// memoria de un tensor prestado y de la tabla de funciones que publica
// `torch.Tensor.__dlpack_c_exchange_api__`.
struct BorrowedTensor {
    void* data;
    struct {
        int32_t type, id;
    } device;
    int32_t axes;
    struct {
        uint8_t code, bits;
        uint16_t lanes;
    } dtype;
    int64_t *shape, *strides;
    uint64_t byte_offset;
};
struct ExchangeTable {
    struct {
        uint32_t major, minor;
        void* previous;
    } header;
    void *allocate, *export_owned, *import_owned;
    int (*borrow)(void* object, BorrowedTensor* out);
    void* stream;
};
enum : uint8_t { kInt = 0, kFloat = 2, kBool = 6 };
enum : int32_t { kCpu = 1 };

inline const ExchangeTable* exchange = nullptr;
inline PyObject *tensor_type = nullptr, *parameter_type = nullptr;

inline char type_of(uint8_t code, uint8_t bits) {
    if (code == kFloat) return bits == 32 ? 'f' : bits == 64 ? 'd' : '?';
    if (code == kInt && bits == 64) return 'l';
    return code == kBool && bits == 8 ? 'b' : '?';
}

inline char type_of(const std::string& dtype) {
    if (dtype == "torch.float32") return 'f';
    if (dtype == "torch.float64") return 'd';
    if (dtype == "torch.int64") return 'l';
    return dtype == "torch.bool" ? 'b' : '?';
}

// Los tensores falsos y los de ceros perezosos no tienen memoria aunque digan tener elementos.
inline void require_memory(const Tensor& t, const char* name) {
    bool empty = false;
    for (int axis = 0; axis < t.axes; ++axis) {
        empty = empty || t.shape[axis] == 0;
        if (t.shape[axis] > kMaxSize) reject(name, "a lo sumo 2^30 elementos por eje");
    }
    if (!empty && !t.data) reject(name, "un tensor con sus números en memoria");
}

// Busca la tabla de intercambio en la clase Tensor de torch; se llama una vez, al cargar el módulo.
inline void find_exchange_table() {
    const py::module_ torch = py::module_::import("torch");
    py::object type = torch.attr("Tensor"), parameter = torch.attr("nn").attr("Parameter");
    tensor_type = py::object(type).release().ptr();  // viven tanto como el proceso
    parameter_type = parameter.release().ptr();
    constexpr const char* kName = "dlpack_exchange_api";
    py::object capsule = py::getattr(type, "__dlpack_c_exchange_api__", py::none());
    if (!PyCapsule_IsValid(capsule.ptr(), kName)) return;
    const auto* table = static_cast<const ExchangeTable*>(PyCapsule_GetPointer(capsule.ptr(), kName));
    if (table && table->header.major == 1 && table->borrow) exchange = table;
}

// Lee `object`; None da un tensor vacío que vale false.
inline Tensor read_tensor(py::handle object, const char* name) {
    Tensor t;
    if (object.is_none()) return t;
    const int is_tensor = PyObject_IsInstance(object.ptr(), tensor_type);
    if (is_tensor < 0) throw py::error_already_set();
    if (!is_tensor) throw py::type_error(std::string(name) + ": se esperaba un tensor de torch");
    if (exchange) {
        BorrowedTensor b{};
        if (exchange->borrow(object.ptr(), &b) != 0) {  // sin memoria, como los de «meta»
            PyErr_Clear();
            reject(name, "un tensor en la CPU");
        }
        if (b.device.type != kCpu) reject(name, "un tensor en la CPU");
        if (b.axes < 1 || b.axes > kMaxAxes) reject(name, "entre uno y cuatro ejes");
        t.data = static_cast<char*>(b.data) + b.byte_offset;
        t.axes = b.axes;
        std::memcpy(t.shape, b.shape, size_t(b.axes) * sizeof(int64_t));
        std::memcpy(t.strides, b.strides, size_t(b.axes) * sizeof(int64_t));
        t.type = type_of(b.dtype.code, b.dtype.bits);
        require_memory(t, name);
        return t;
    }
    if (object.attr("device").attr("type").cast<std::string>() != "cpu") reject(name, "un tensor en la CPU");
    const py::tuple shape = object.attr("shape"), strides = object.attr("stride")();
    t.axes = int(shape.size());
    if (t.axes < 1 || t.axes > kMaxAxes) reject(name, "entre uno y cuatro ejes");
    for (int axis = 0; axis < t.axes; ++axis) {
        t.shape[axis] = shape[size_t(axis)].cast<int64_t>();
        t.strides[axis] = strides[size_t(axis)].cast<int64_t>();
    }
    t.data = reinterpret_cast<void*>(object.attr("data_ptr")().cast<uintptr_t>());
    t.type = type_of(py::str(object.attr("dtype")).cast<std::string>());
    require_memory(t, name);
    return t;
}

// Vista de cuatro ejes (batch, heads, fila, columna), alineada por la derecha: los ejes que faltan o miden 1
// se difunden. Comprueba que las formas encajan. `head_axis` = false para mecanismos sin cabezas (batch,
// fila, columna).
template <class T>
View4<T> view(const Tensor& t, const char* name, index_t batch, index_t heads, index_t rows, index_t columns,
              bool head_axis = true) {
    const index_t sizes[kMaxAxes] = {batch, heads, rows, columns};
    index_t strides[kMaxAxes] = {0, 0, 0, 0};
    int axis = t.axes - 1;
    for (int slot = 3; slot >= 0 && axis >= 0; --slot) {
        if (slot == 1 && !head_axis) continue;
        if (t.shape[axis] != 1 && t.shape[axis] != sizes[slot])
            reject(name, "una forma compatible con los demás tensores");
        strides[slot] = t.shape[axis] == 1 ? 0 : t.strides[axis];
        --axis;
    }
    if (axis >= 0) reject(name, "menos ejes");
    return {static_cast<T*>(t.data), strides[0], strides[1], strides[2], strides[3]};
}

// Un vector por ejemplo, (batch, columns), con la última dimensión contigua.
template <class T>
View4<T> vectors_view(const Tensor& t, const char* name, index_t batch, index_t columns) {
    if (t.axes != 2 || t.shape[0] != batch || t.shape[1] != columns)
        reject(name, "una forma compatible con los demás tensores");
    if (batch > 0 && columns > 1 && t.strides[1] != 1) reject(name, "la última dimensión contigua");
    return {static_cast<T*>(t.data), t.strides[0], 0, 0, 1};
}

// Como view, pero sin difusión: la forma ha de ser exacta y la última dimensión contigua.
template <class T>
View4<T> rows_view(const Tensor& t, const char* name, index_t batch, index_t heads, index_t rows,
                   index_t columns, bool head_axis = true) {
    if (t.axes != (head_axis ? 4 : 3)) reject(name, head_axis ? "cuatro ejes" : "tres ejes");
    const index_t shape[3] = {batch, rows, columns};
    const int rest = head_axis ? 2 : 1;
    if (t.shape[0] != shape[0] || (head_axis && t.shape[1] != heads) || t.shape[rest] != shape[1] ||
        t.shape[rest + 1] != shape[2])
        reject(name, "una forma compatible con los demás tensores");
    const bool empty = batch * heads * rows == 0;  // torch no mueve los pasos de lo que no tiene elementos
    if (!empty && columns > 1 && t.strides[rest + 1] != 1) reject(name, "la última dimensión contigua");
    return {static_cast<T*>(t.data), t.strides[0], head_axis ? t.strides[1] : 0, t.strides[rest], 1};
}

}  // namespace atencion
