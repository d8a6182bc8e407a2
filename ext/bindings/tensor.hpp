// Leer un tensor de torch sin cabeceras de torch: puntero, formas, pasos y tipo.
//
// Desde torch 2.10 cada tensor sabe describirse por la tabla C de intercambio de DLPack (40 ns por tensor).
// En versiones anteriores se leen los mismos datos con atributos de Python (0,5 µs). El resultado es el
// mismo.
#pragma once
#include <pybind11/pybind11.h>

#include <cstdint>
#include <stdexcept>
#include <string>

#include "../core/arguments.hpp"

namespace atencion {

namespace py = pybind11;

constexpr int kMaxAxes = 4;

// 'f' float32, 'd' float64, 'b' bool, 'l' int64, '?' otro.
struct Tensor {
    void* data = nullptr;
    int axes = 0;
    int64_t shape[kMaxAxes] = {}, strides[kMaxAxes] = {};
    char type = '?';

    explicit operator bool() const { return axes > 0; }
};

// Lee `object`; None da un tensor vacío que vale false.
Tensor read_tensor(py::handle object, const char* name);
// Busca la tabla de intercambio en la clase Tensor de torch; se llama una vez, al cargar el módulo.
void find_exchange_table();

[[noreturn]] inline void reject(const std::string& name, const std::string& expected) {
    throw py::value_error(name + ": se esperaba " + expected);
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
    if (columns > 1 && t.strides[rest + 1] != 1) reject(name, "la última dimensión contigua");
    return {static_cast<T*>(t.data), t.strides[0], head_axis ? t.strides[1] : 0, t.strides[rest], 1};
}

// Puntero a un tensor contiguo con exactamente esos elementos, o nullptr si es None.
template <class T>
T* contiguous(const Tensor& t, const char* name, index_t elements) {
    if (!t) return nullptr;
    index_t expected = 1;
    for (int axis = t.axes - 1; axis >= 0; --axis) {
        if (t.shape[axis] != 1 && elements > 0 && t.strides[axis] != expected)
            reject(name, "un tensor contiguo");
        expected *= t.shape[axis];
    }
    if (expected != elements)
        reject(name, std::to_string(elements) + " elementos; se recibieron " + std::to_string(expected));
    return static_cast<T*>(t.data);
}

}  // namespace atencion
