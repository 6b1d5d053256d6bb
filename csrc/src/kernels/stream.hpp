#pragma once

#include <cstdint>

#include "kadanoff/tensor/dtype.hpp"

namespace kadanoff {

/// Products along one axis of two tensors: elements begin at `left`, `right`, and follow in steps of elements.
struct StreamRun {
    const void *left, *right;
    void* output;
    std::int64_t count;
    std::int64_t left_step, right_step, output_step;
    bool accumulate;  ///< add to the output what is there
};

/// The loops of one instruction set for elements of one type.
struct StreamKernel {
    void (*products)(const StreamRun& run) noexcept;  ///< output[i] = left[i] * right[i]
    void (*sum)(const StreamRun& run) noexcept;       ///< output[0] = the sum of all products
};

StreamKernel scalar_stream(DType dtype) noexcept;
StreamKernel avx2_stream(DType dtype) noexcept;
StreamKernel avx512_stream(DType dtype) noexcept;

}  // namespace kadanoff
