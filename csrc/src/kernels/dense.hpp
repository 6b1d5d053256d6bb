#pragma once

#include <cstdint>

#include "kadanoff/update/dense_sweep.hpp"

namespace kadanoff {

/// The dense kernels of one instruction set, for one rule.
struct DenseKernel {
    void (*sweep)(const DenseJob& job) noexcept;
    /// The first `replicas` of a block; a few more may be measured.
    void (*measure)(const DenseMeasure& in, std::int64_t replicas, DenseSums& out) noexcept;
};

/// `rule`: position in registry.hpp's Rules.
DenseKernel scalar_dense(int rule) noexcept;
DenseKernel avx2_dense(int rule) noexcept;
DenseKernel avx512_dense(int rule) noexcept;

}  // namespace kadanoff
