// Lectura de tensores de torch: por la tabla C de DLPack si existe, por atributos si no.
#include "tensor.hpp"

#include <cstring>

namespace atencion {
namespace {

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

const ExchangeTable* exchange = nullptr;
PyObject* tensor_type = nullptr;

char type_of(uint8_t code, uint8_t bits) {
    if (code == kFloat) return bits == 32 ? 'f' : bits == 64 ? 'd' : '?';
    if (code == kInt && bits == 64) return 'l';
    return code == kBool && bits == 8 ? 'b' : '?';
}

char type_of(const std::string& dtype) {
    if (dtype == "torch.float32") return 'f';
    if (dtype == "torch.float64") return 'd';
    if (dtype == "torch.int64") return 'l';
    return dtype == "torch.bool" ? 'b' : '?';
}

// Los tensores falsos y los de ceros perezosos no tienen memoria aunque digan tener elementos.
void require_memory(const Tensor& t, const char* name) {
    int64_t elements = 1;
    for (int axis = 0; axis < t.axes; ++axis) elements *= t.shape[axis];
    if (elements > 0 && !t.data) reject(name, "un tensor con sus números en memoria");
}

}  // namespace

void find_exchange_table() {
    py::object type = py::module_::import("torch").attr("Tensor");
    tensor_type = py::object(type).release().ptr();  // vive tanto como el proceso
    constexpr const char* kName = "dlpack_exchange_api";
    py::object capsule = py::getattr(type, "__dlpack_c_exchange_api__", py::none());
    if (!PyCapsule_IsValid(capsule.ptr(), kName)) return;
    const auto* table = static_cast<const ExchangeTable*>(PyCapsule_GetPointer(capsule.ptr(), kName));
    if (table && table->header.major == 1 && table->borrow) exchange = table;
}

Tensor read_tensor(py::handle object, const char* name) {
    Tensor t;
    if (object.is_none()) return t;
    const int is_tensor = PyObject_IsInstance(object.ptr(), tensor_type);
    if (is_tensor < 0) throw py::error_already_set();
    if (!is_tensor) throw py::type_error(std::string(name) + ": se esperaba un tensor de torch");
    if (exchange) {
        BorrowedTensor b{};
        if (exchange->borrow(object.ptr(), &b) != 0) throw py::error_already_set();
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

}  // namespace atencion
