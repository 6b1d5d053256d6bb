#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "kadanoff/isa.hpp"
#include "kadanoff/tensor/dtype.hpp"
#include "kernels/stream.hpp"
#include "tensor/axes.hpp"
#include "tensor/gemm.hpp"

namespace kadanoff::tensor {

/// A pair in which every product needs an element of its own from memory: products of elements, products of vectors,
/// a matrix times a vector. Nothing is gained by packing, so the tensors are read where they lie.
class Stream {
public:
    static bool serves(const PairAxes& axes);

    Stream(const PairAxes& axes, DType dtype, Isa isa);

    /// The bits do not depend on `threads`. Throws Unavailable if these cannot be started.
    void run(const void* left, const void* right, void* output, int threads) const;

private:
    using Tensors = std::array<const std::byte*, 3>;

    void work(const Tensors& tensors, std::int64_t first, std::int64_t last) const;
    void fill(Tensors at, std::int64_t count) const;

    StreamKernel kernel_;
    std::int64_t element_bytes_;
    Axes<3> kept_, summed_;  ///< those of the loops, slowest first; strides in bytes
    Axis<3> inner_;          ///< that of the kernel, strides in elements
    bool sums_;              ///< whether it is summed over
    std::int64_t blocks_;    ///< into which it is cut
    double work_;            ///< number of products
};

}  // namespace kadanoff::tensor
