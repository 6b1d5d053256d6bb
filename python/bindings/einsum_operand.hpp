#pragma once

#include <pybind11/numpy.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "kadanoff/tensor/dtype.hpp"
#include "kadanoff/tensor/einsum.hpp"

namespace kadanoff::python {

/// Addresses from the first byte of an array to the one after its last.
struct MemoryBounds {
    std::uintptr_t begin = 0, end = 0;
    bool overlap(const MemoryBounds& other) const { return begin < other.end && other.begin < end; }
};

/// A NumPy array in which the kernels can work, read without a call into Python; it borrows the object.
class OperandView {
public:
    explicit OperandView(PyObject* object);

    /// A plain array of a dtype of the kernels, native and aligned, its strides whole elements. Nothing else may be
    /// asked of one that is not.
    bool ready() const { return array_ != nullptr; }
    bool writeable() const;
    DType dtype() const { return dtype_; }
    void* data() const { return array_->data; }

    /// Shape and strides as words of a key.
    void append(std::vector<std::uint64_t>& key) const;
    TensorLayout layout() const;
    MemoryBounds bounds() const;
    bool has_shape(const std::vector<std::int64_t>& shape) const;
    /// Reads the number of axes and the extents, as 64-bit integers; where they end, or null if they are not this
    /// array's. Null stays null.
    const char* match_shape(const char* at, const char* end) const;
    /// Whether two elements are surely not at one address.
    bool elements_are_apart() const;

    /// A view, which keeps the array alive; a scalar where it has no axes. New reference; null with an error set.
    PyObject* view(const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides) const;
    /// A new array of its dtype, in C order.
    pybind11::object like(const std::vector<std::int64_t>& shape) const;

private:
    pybind11::detail::PyArray_Proxy* array_ = nullptr;
    DType dtype_ = DType::float64;
};

/// NumPy's scalar of an array without axes; any other array as it is. New reference; null with an error set.
PyObject* scalar_if_no_axes(pybind11::object array);

}  // namespace kadanoff::python
