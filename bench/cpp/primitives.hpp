#pragma once

#include <cstdint>

#include "kadanoff/isa.hpp"

namespace bench {

/// Loops that show what one instruction set can do, each compiled for it.
struct Primitives {
    int lanes;  ///< 32-bit lanes of a register
    /// Bitwise XOR of all words of `blocks` Philox blocks: counters (lane, 0, 0, 0), (lane + 1, 0, 0, 0), ...
    std::uint32_t (*philox)(std::int64_t blocks) noexcept;
    /// XOR of all words of `words` steps of two streams, which start in every lane from the block of counter
    /// (lane, 0, 0, 0) and (lane, 1, 0, 0).
    std::uint32_t (*xoshiro)(std::int64_t words) noexcept;
    /// `rounds` times `operations` logic operations in independent chains: the peak of the arithmetic units.
    std::uint32_t (*logic)(std::int64_t rounds) noexcept;
    int operations;
};

Primitives primitives_scalar() noexcept;
Primitives primitives_avx2() noexcept;
Primitives primitives_avx512() noexcept;

inline Primitives primitives(kadanoff::Isa isa) noexcept {
#if defined(KADANOFF_X86_KERNELS)
    if (isa == kadanoff::Isa::avx512) return primitives_avx512();
    if (isa == kadanoff::Isa::avx2) return primitives_avx2();
#endif
    static_cast<void>(isa);
    return primitives_scalar();
}

/// Logic operations per nanosecond of CPU time on registers of one instruction set; measured once.
double peak_operations(kadanoff::Isa isa);

}  // namespace bench
