#pragma once

#include <cstdint>

#include "kadanoff/isa.hpp"
#include "kadanoff/tensor/dtype.hpp"
#include "kernels/sum.hpp"
#include "tensor/axes.hpp"

namespace kadanoff::tensor {

/// Sums over axes of a tensor. The order of additions depends on the strides alone.
class StridedSum {
public:
    /// `kept`: strides in input and output; of `summed` the second ones do not count.
    StridedSum(Axes<2> kept, Axes<2> summed, DType dtype, Isa isa);

    void run(const void* input, void* output, int threads) const;

private:
    /// Which numbers are next to each other in the input: some of one output each, some of one output, none.
    enum class Way { across, along, scattered };

    void choose(Axes<2>& kept, Axes<2>& summed);
    void join_rows();
    template <class T, int Reals>
    void run_as(const T* input, T* output, int threads) const;
    template <class T, int Reals>
    void sum_block(const T* input, T* output, std::int64_t begin, std::int64_t count) const;
    template <class T, int Reals>
    void sum_across(const T* input, T* output, std::int64_t begin, std::int64_t count) const;
    template <class T, int Reals>
    void sum_along(const T* input, T* output, std::int64_t count) const;
    template <class T, int Reals>
    void sum_scattered(const T* input, T* output, std::int64_t count) const;

    DType dtype_;
    SumKernel kernel_;
    Way way_ = Way::scattered;
    Axis<2> outputs_, row_;    ///< a kept and a summed axis
    std::int64_t joined_ = 1;  ///< rows that are taken as one, where they are short
    Axes<2> kept_, summed_;    ///< the others, slowest first
    std::int64_t base_[2] = {};
    std::int64_t block_ = 1, blocks_ = 1;  ///< outputs that are worked out at a time
};

}  // namespace kadanoff::tensor
