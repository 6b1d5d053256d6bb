#pragma once

#include <cstdint>

#include "kadanoff/update/rbm_job.hpp"

namespace kadanoff {

/// The kernels of one instruction set for one precision.
struct RbmKernel {
    /// Draws the units [first, last) of the chains of the words [first_word, last_word) from the other layer.
    void (*update)(const RbmJob& job, std::int64_t first_word, std::int64_t last_word, std::int64_t first,
                   std::int64_t last) noexcept;
    /// Makes the tables of the units [first, last) of `job`; null if the kernel has none.
    void (*fill)(const RbmJob& job, std::int64_t first, std::int64_t last, std::uint32_t* tables) noexcept;
    std::int64_t tile;   ///< units are drawn in multiples of this
    std::int64_t words;  ///< that are drawn together
};

RbmKernel scalar_rbm(bool fixed16) noexcept;
RbmKernel avx2_rbm(bool fixed16) noexcept;
RbmKernel avx512_rbm(bool fixed16) noexcept;

}  // namespace kadanoff
