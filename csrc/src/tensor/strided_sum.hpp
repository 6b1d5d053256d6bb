#pragma once

#include <cstddef>
#include <cstdint>

#include "kadanoff/tensor/dtype.hpp"
#include "tensor/axes.hpp"

namespace kadanoff::tensor {

/// Sums over axes of a tensor. The order of additions depends on the strides alone.
class StridedSum {
public:
    /// `kept`: strides in input and output; of `summed` the second ones do not count.
    StridedSum(Axes<2> kept, Axes<2> summed, DType dtype);

    void run(const void* input, void* output, int threads) const;

private:
    template <class T, int Reals>
    void run_as(const T* input, T* output, int threads) const;

    DType dtype_;
    bool along_kept_ = false;  ///< the neighbours in the input are in `row_`, and not in `row_` of the summed ones
    Axis<2> row_;              ///< the fastest axis of the input
    Axes<2> kept_, summed_;    ///< the others, slowest first
    std::int64_t base_[2] = {};
    std::int64_t outputs_ = 1;
};

}  // namespace kadanoff::tensor
