#pragma once

#include <cstdint>

#include "kadanoff/update/packed_count.hpp"
#include "kadanoff/update/packed_sweep.hpp"

namespace kadanoff {

/// The replica-packed kernels of one instruction set, for one rule, number of neighbours and width.
struct PackedKernel {
    /// Updates the stripes [first, last) of a block of sites.
    void (*update)(const PackedJob& job, std::int64_t first, std::int64_t last) noexcept;
};

/// What to run: the rule's position in registry.hpp's Rules, whether the model has no field, the number of
/// neighbours of the sites, and whether a position has 16 words or more.
struct PackedChoice {
    int rule;
    bool symmetric;
    int degree;
    bool direct;
};

using PackedCount = void (*)(const PackedSum& sum, std::uint32_t* out) noexcept;

PackedKernel scalar_packed(PackedChoice choice) noexcept;
PackedKernel avx2_packed(PackedChoice choice) noexcept;
PackedKernel avx512_packed(PackedChoice choice) noexcept;

/// Writes the count of bit b in lane l of all vectors to out[b * 16 + l].
PackedCount scalar_packed_count(bool direct) noexcept;
PackedCount avx2_packed_count(bool direct) noexcept;
PackedCount avx512_packed_count(bool direct) noexcept;

}  // namespace kadanoff
