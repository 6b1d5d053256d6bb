#pragma once

#include <cstdint>

#include "kadanoff/update/plain_sweep.hpp"

namespace kadanoff {

/// The plain kernels of one instruction set, for one rule and width.
struct PlainKernel {
    /// Updates the stripes [first, last) of a block of sites.
    void (*update)(const PlainJob& job, std::int64_t first, std::int64_t last) noexcept;
    /// Adds up items of 1, 2 or 4 corners, see sum_plain.
    void (*sum)(const PlainSum& sum, int corners, double* out) noexcept;
};

/// `rule`: position in registry.hpp's Rules. `direct`: a position has 16 words or more.
PlainKernel scalar_plain(int rule, bool direct) noexcept;
PlainKernel avx2_plain(int rule, bool direct) noexcept;
PlainKernel avx512_plain(int rule, bool direct) noexcept;

}  // namespace kadanoff
