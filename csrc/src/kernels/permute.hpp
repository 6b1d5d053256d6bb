#pragma once

#include <cstdint>

namespace kadanoff {

/// A matrix to be transposed: element (y, x) is source[y * source_step + x], and goes to target[x * target_step + y].
struct TransposeJob {
    const void* source;
    void* target;
    std::int64_t height, width;
    std::int64_t source_step, target_step;
    bool stream;  ///< the target is too large to be found in a cache afterwards
};

/// The moves of one instruction set for elements of one size.
struct PermuteKernel {
    void (*transpose)(const TransposeJob& job) noexcept;
    /// `count` runs of `length` elements, that begin `source_step` and `target_step` apart.
    void (*copy)(const void* source, void* target, std::int64_t count, std::int64_t length, std::int64_t source_step,
                 std::int64_t target_step) noexcept;
};

/// `bytes` of an element: 4, 8 or 16.
PermuteKernel scalar_permute(int bytes) noexcept;
PermuteKernel avx2_permute(int bytes) noexcept;
PermuteKernel avx512_permute(int bytes) noexcept;

}  // namespace kadanoff
