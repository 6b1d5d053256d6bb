#pragma once

#include <cstdint>
#include <optional>

#include "kadanoff/isa.hpp"
#include "kadanoff/tensor/dtype.hpp"
#include "kernels/gemm.hpp"
#include "tensor/axes.hpp"
#include "tensor/gemm.hpp"

namespace kadanoff::tensor {

/// Products of matrices that stay in a cache, one or a batch of them: packing would cost more than it saves.
class SmallProducts {
public:
    /// None where the matrices are too large, or do not lie so that a vector of the output is one of an operand.
    static std::optional<SmallProducts> plan(const PairAxes& axes, DType dtype, Isa isa);

    /// The bits do not depend on `threads`. Throws Unavailable if these cannot be started.
    void run(const void* left, const void* right, void* output, int threads) const;

private:
    struct Range {
        std::int64_t first, last;
    };

    SmallProducts(PairAxes axes, DType dtype, Isa isa, bool swapped);

    bool lie_well(const PairAxes& axes) const;
    void fill_run(const Axis<3>& m, const Axis<3>& n, const Axis<3>& k);
    void work(const std::byte* const* tensors, Range products, Range columns) const;

    GemmKernel kernel_;
    std::int64_t element_bytes_, reals_;
    bool swapped_;  ///< the right operand plays A
    bool serves_ = false;
    ProductRun run_{};  ///< but for pointers and count
    Axis<3> inner_;     ///< of the batch: that of the kernel
    Axes<3> outer_;     ///< the others, slowest first
    std::int64_t base_[3] = {};
    std::int64_t products_ = 0;  ///< in the batch
};

}  // namespace kadanoff::tensor
