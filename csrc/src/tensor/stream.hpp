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
    void fill(Tensors at, std::int64_t count, std::int64_t rows) const;
    void take_rows();

    StreamKernel kernel_;
    std::int64_t element_bytes_;
    Axes<3> kept_, summed_;  ///< those of the loops, slowest first; strides in bytes
    Axis<3> inner_, rows_;   ///< those of the kernel, strides in elements
    bool sums_;              ///< whether the inner axis is summed over
    bool cut_rows_ = false;  ///< whether it is the rows that are cut into blocks, not the inner axis
    std::int64_t blocks_ = 1;
    double work_;  ///< number of products
};

}  // namespace kadanoff::tensor
