#pragma once

#include <cstdint>

#include "kadanoff/tensor/dtype.hpp"

namespace kadanoff {

/// Products along two axes of two tensors, in steps of elements. A row of which the output has no axis is added to it.
struct StreamRun {
    const void *left, *right;
    void* output;
    std::int64_t count, rows;
    std::int64_t left_step, right_step, output_step;
    std::int64_t left_row, right_row, output_row;
    bool accumulate;  ///< add to the output what is there
};

/// The loops of one instruction set for elements of one type.
struct StreamKernel {
    void (*products)(const StreamRun& run) noexcept;  ///< output[row, i] = left[row, i] * right[row, i]
    void (*sum)(const StreamRun& run) noexcept;       ///< output[row] = the sum of the row's products
};

StreamKernel scalar_stream(DType dtype) noexcept;
StreamKernel avx2_stream(DType dtype) noexcept;
StreamKernel avx512_stream(DType dtype) noexcept;

}  // namespace kadanoff
