#pragma once

#include <cstdint>

#include "kadanoff/update/potts_sweep.hpp"

namespace kadanoff {

/// Updates the stripes [first, last) of a block of sites.
using PottsKernel = void (*)(const PottsJob& job, std::int64_t first, std::int64_t last) noexcept;

/// `metropolis`: else heat bath. `direct`: a position has 16 words or more.
PottsKernel scalar_potts(bool metropolis, bool direct) noexcept;
PottsKernel avx2_potts(bool metropolis, bool direct) noexcept;
PottsKernel avx512_potts(bool metropolis, bool direct) noexcept;

}  // namespace kadanoff
