#pragma once

#include <cstdint>

namespace kadanoff {

/// Rows of neighbours that are added to sums.
struct SumRun {
    const void* input;
    void* sums;
    std::int64_t count;           ///< numbers of a row
    std::int64_t rows, row_step;  ///< in numbers
};

/// The loops of one instruction set for float or double. All instruction sets add in the same order.
struct SumKernel {
    static constexpr int width_bytes = 64;
    void (*across)(const SumRun& run) noexcept;  ///< sums[i] += number i of every row
    /// Each row has `width_bytes` of sums: number i goes to one of them that has i's place modulo their count.
    void (*along)(const SumRun& run) noexcept;
};

SumKernel scalar_sum(bool single) noexcept;
SumKernel avx2_sum(bool single) noexcept;
SumKernel avx512_sum(bool single) noexcept;

}  // namespace kadanoff
