#include "tensor/network/additions.hpp"

#include <complex>

namespace kadanoff::networks {

namespace {

template <class T, class Real>
void add_axes(const Addition& addition, std::size_t axis, const T* from, T* to, Real factor) {
    if (axis == addition.extents.size()) {
        *to += *from * factor;
        return;
    }
    const std::int64_t step_from = addition.from[axis], step_to = addition.to[axis];
    if (axis + 1 < addition.extents.size()) {
        for (std::int64_t i = 0; i < addition.extents[axis]; ++i) {
            add_axes(addition, axis + 1, from + i * step_from, to + i * step_to, factor);
        }
        return;
    }
    for (std::int64_t i = 0; i < addition.extents[axis]; ++i) to[i * step_to] += from[i * step_from] * factor;
}

template <class T, class Real>
void add(const Addition& addition, const void* from, void* to, std::int64_t offset, double factor) {
    add_axes(addition, 0, static_cast<const T*>(from), static_cast<T*>(to) + offset, static_cast<Real>(factor));
}

}  // namespace

void add_to(DType dtype, const Addition& addition, const void* from, void* to, std::int64_t offset, double factor) {
    switch (dtype) {
        case DType::float32: return add<float, float>(addition, from, to, offset, factor);
        case DType::float64: return add<double, double>(addition, from, to, offset, factor);
        case DType::complex64: return add<std::complex<float>, float>(addition, from, to, offset, factor);
        case DType::complex128: return add<std::complex<double>, double>(addition, from, to, offset, factor);
    }
}

}  // namespace kadanoff::networks
