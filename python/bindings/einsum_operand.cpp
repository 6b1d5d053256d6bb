#include "einsum_operand.hpp"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace kadanoff::python {

namespace py = pybind11;

namespace {

using Api = py::detail::npy_api;

const Api& api() {
    static const Api& loaded = Api::get();
    return loaded;
}

constexpr char native_order = std::endian::native == std::endian::little ? '<' : '>';

std::optional<DType> dtype_of(const py::detail::PyArray_Proxy& array) {
    const auto* descriptor = py::detail::array_descriptor_proxy(array.descr);
    if (descriptor->byteorder != '=' && descriptor->byteorder != native_order) return {};
    switch (descriptor->type_num) {
        case Api::NPY_FLOAT_: return DType::float32;
        case Api::NPY_DOUBLE_: return DType::float64;
        case Api::NPY_CFLOAT_: return DType::complex64;
        case Api::NPY_CDOUBLE_: return DType::complex128;
        default: return {};
    }
}

/// 64-bit integers as NumPy's.
std::vector<py::ssize_t> sizes(const std::vector<std::int64_t>& values, std::int64_t factor = 1) {
    std::vector<py::ssize_t> result;
    for (const std::int64_t value : values) result.push_back(static_cast<py::ssize_t>(value * factor));
    return result;
}

}  // namespace

OperandView::OperandView(PyObject* object) {
    if (Py_TYPE(object) != api().PyArray_Type_) return;
    auto* array = py::detail::array_proxy(object);
    const std::optional<DType> dtype = dtype_of(*array);
    if (!dtype || (array->flags & Api::NPY_ARRAY_ALIGNED_) == 0) return;
    dtype_ = *dtype;
    const auto element = static_cast<std::size_t>(size_of(dtype_)) - 1;
    std::size_t odd = 0;
    for (int axis = 0; axis < array->nd; ++axis) odd |= static_cast<std::size_t>(array->strides[axis]) & element;
    if (odd == 0) array_ = array;
}

bool OperandView::writeable() const { return (array_->flags & Api::NPY_ARRAY_WRITEABLE_) != 0; }

void OperandView::append(std::vector<std::uint64_t>& key) const {
    key.push_back(static_cast<std::uint64_t>(array_->nd));
    for (int axis = 0; axis < array_->nd; ++axis) {
        key.push_back(static_cast<std::uint64_t>(array_->dimensions[axis]));
        key.push_back(static_cast<std::uint64_t>(array_->strides[axis]));
    }
}

TensorLayout OperandView::layout() const {
    TensorLayout result;
    const auto element = static_cast<std::int64_t>(size_of(dtype_));
    for (int axis = 0; axis < array_->nd; ++axis) {
        result.shape.push_back(array_->dimensions[axis]);
        result.strides.push_back(array_->strides[axis] / element);
    }
    return result;
}

MemoryBounds OperandView::bounds() const {
    const auto begin = reinterpret_cast<std::uintptr_t>(array_->data);
    MemoryBounds result{begin, begin + size_of(dtype_)};
    for (int axis = 0; axis < array_->nd; ++axis) {
        if (array_->dimensions[axis] == 0) return {};
        const auto reach = static_cast<std::uintptr_t>((array_->dimensions[axis] - 1) * array_->strides[axis]);
        (array_->strides[axis] < 0 ? result.begin : result.end) += reach;
    }
    return result;
}

bool OperandView::has_shape(const std::vector<std::int64_t>& shape) const {
    return shape.size() == static_cast<std::size_t>(array_->nd) &&
           std::equal(shape.begin(), shape.end(), array_->dimensions);
}

const char* OperandView::match_shape(const char* at, const char* end) const {
    const std::size_t bytes = static_cast<std::size_t>(array_->nd) * sizeof(std::int64_t);
    if (at == nullptr || static_cast<std::size_t>(end - at) < bytes + sizeof(std::int64_t)) return nullptr;
    std::int64_t axes = 0;
    std::memcpy(&axes, at, sizeof axes);
    at += sizeof axes;
    if (axes != array_->nd || std::memcmp(at, array_->dimensions, bytes) != 0) return nullptr;
    return at + bytes;
}

bool OperandView::elements_are_apart() const {
    if ((array_->flags & (Api::NPY_ARRAY_C_CONTIGUOUS_ | Api::NPY_ARRAY_F_CONTIGUOUS_)) != 0) return true;
    std::vector<std::pair<py::ssize_t, py::ssize_t>> axes;
    for (int axis = 0; axis < array_->nd; ++axis) {
        if (array_->dimensions[axis] > 1) axes.emplace_back(std::abs(array_->strides[axis]), array_->dimensions[axis]);
    }
    std::sort(axes.begin(), axes.end());
    py::ssize_t reach = 0;
    for (const auto& [stride, extent] : axes) {
        if (stride <= reach) return false;
        reach += stride * (extent - 1);
    }
    return true;
}

PyObject* OperandView::view(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides) const {
    const auto dimensions = sizes(shape), steps = sizes(strides, static_cast<std::int64_t>(size_of(dtype_)));
    Py_INCREF(array_->descr);
    auto result = py::reinterpret_steal<py::object>(api().PyArray_NewFromDescr_(
        api().PyArray_Type_, array_->descr, static_cast<int>(shape.size()), dimensions.data(), steps.data(),
        array_->data, array_->flags & Api::NPY_ARRAY_WRITEABLE_, nullptr));
    if (!result) return nullptr;
    auto* base = reinterpret_cast<PyObject*>(array_);
    Py_INCREF(base);
    if (api().PyArray_SetBaseObject_(result.ptr(), base) != 0) return nullptr;
    return scalar_if_no_axes(std::move(result));
}

py::object OperandView::like(const std::vector<std::int64_t>& shape) const {
    static_assert(sizeof(py::ssize_t) == sizeof(std::int64_t));
    Py_INCREF(array_->descr);
    auto result = py::reinterpret_steal<py::object>(
        api().PyArray_NewFromDescr_(api().PyArray_Type_, array_->descr, static_cast<int>(shape.size()),
                                    reinterpret_cast<const Py_intptr_t*>(shape.data()), nullptr, nullptr, 0, nullptr));
    if (!result) throw py::error_already_set();
    return result;
}

PyObject* scalar_if_no_axes(py::object array) {
    if (py::detail::array_proxy(array.ptr())->nd > 0) return array.release().ptr();
    static const py::handle all = PyTuple_New(0);
    return PyObject_GetItem(array.ptr(), all.ptr());
}

}  // namespace kadanoff::python
