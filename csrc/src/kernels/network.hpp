#pragma once

#include <cstdint>

#include "kadanoff/isa.hpp"
#include "kadanoff/tensor/dtype.hpp"

namespace kadanoff {

/// One axis of a loop over parts of three tensors: how often, and how far apart in each, in elements.
struct NetworkLoop {
    std::int64_t count = 1;
    std::int64_t a = 0, b = 0, c = 0;
};

/// A pair of which one tensor, b, is small. Offsets and strides are in elements.
///
/// stream: c[i, n] = sum over k of a[i, k] b[k, n], where i runs through stretches of `length` elements that are
/// contiguous in a and in c. reduce: c[m, n] = sum over i of a[m, i] b[i, n], of stretches contiguous in a and in b;
/// the offsets of m are a_k and c_k. multiply: c[i, n] = sum over k of a[i, k] b[i, k, n], of stretches contiguous in
/// all three.
struct NetworkJob {
    std::int64_t k = 1, n = 1, length = 1;
    const std::int64_t *a_k = nullptr, *b_k = nullptr, *b_n = nullptr, *c_n = nullptr, *c_k = nullptr;
    NetworkLoop rows;                    ///< the innermost loop over stretches
    const NetworkLoop* loops = nullptr;  ///< those around it, outermost first
    int depth = 0;
};

/// Loops around the rows are no more than this.
constexpr int network_loops = 64;

/// The kernels of one instruction set and type of element.
struct NetworkKernel {
    /// Rows [first, last) of all. `packed` has room for k * n elements of b.
    void (*stream)(const NetworkJob& job, const void* a, const void* b, void* c, void* packed, std::int64_t first,
                   std::int64_t last) noexcept;
    /// As stream; `packed` is not used.
    void (*multiply)(const NetworkJob& job, const void* a, const void* b, void* c, void* packed, std::int64_t first,
                     std::int64_t last) noexcept;
    /// Overwrites c. `packed` has room for k * n vectors of 64 bytes, twice that for complex numbers.
    void (*reduce)(const NetworkJob& job, const void* a, const void* b, void* c, void* packed) noexcept;
    /// The largest absolute value of a real or imaginary part; NaN is passed over.
    double (*largest)(const void* values, std::int64_t count) noexcept;
    void (*scale)(void* values, std::int64_t count, double factor) noexcept;
};

NetworkKernel scalar_network(DType dtype) noexcept;
NetworkKernel avx2_network(DType dtype) noexcept;
NetworkKernel avx512_network(DType dtype) noexcept;

}  // namespace kadanoff
