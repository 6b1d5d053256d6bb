#pragma once

#include <cstdint>
#include <vector>

#include "kadanoff/tensor/dtype.hpp"
#include "tensor/axes.hpp"
#include "tensor/gemm.hpp"

namespace kadanoff::tensor {

/// A small contraction, or many of them: loops over offsets that were worked out before.
class Direct {
public:
    /// `m`, `n` and `k` of `axes` must be small.
    Direct(const PairAxes& axes, DType dtype);

    void run(const void* left, const void* right, void* output) const noexcept;

private:
    template <class T>
    void run_as(const T* left, const T* right, T* output) const noexcept;

    struct Output {
        std::int64_t left, right, output;
    };
    struct Term {
        std::int64_t left, right;
    };
    DType dtype_;
    Axes<3> batch_;  ///< those outside the tables, slowest first
    std::vector<Output> outputs_;
    std::vector<Term> terms_;
    std::int64_t repeats_ = 1;  ///< of the tables
};

}  // namespace kadanoff::tensor
