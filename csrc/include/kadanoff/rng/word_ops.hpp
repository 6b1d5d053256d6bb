#pragma once

#include <cstdint>

#include "kadanoff/config.hpp"

namespace kadanoff {

/// The vector operations of the bit-sliced kernels on one 32-bit word.
///
/// Every instruction set has a struct with these members (csrc/src/kernels/simd_*.hpp); this one serves the
/// scalar build and a CUDA thread. A lane is always 32 bits wide.
struct WordOps {
    using Vector = std::uint32_t;
    static constexpr int lanes = 1;

    KADANOFF_LEAF static Vector load(const std::uint32_t* p) { return *p; }
    /// The first `count` lanes from memory, zero in the others, which are not touched.
    KADANOFF_LEAF static Vector load_first(const std::uint32_t* p, std::int64_t count) { return count > 0 ? *p : 0; }
    KADANOFF_LEAF static void store(std::uint32_t* p, Vector a) { *p = a; }
    /// p[lane >> shift] in every lane; all of p[0 ... lanes - 1] must be readable.
    KADANOFF_LEAF static Vector load_repeated(const std::uint32_t* p, int /*shift*/) { return *p; }
    /// p[index] in every lane, index < 2^31.
    KADANOFF_LEAF static Vector gather(const std::uint32_t* p, Vector index) { return p[index]; }
    KADANOFF_LEAF static Vector broadcast(std::uint32_t a) { return a; }
    /// first, first + 1, ... in successive lanes.
    KADANOFF_LEAF static Vector iota(std::uint32_t first) { return first; }
    KADANOFF_LEAF static Vector zero() { return 0; }
    /// All ones in the first `count` lanes, in all of them if count >= lanes.
    KADANOFF_LEAF static Vector below(std::int64_t count) { return count > 0 ? ~Vector{0} : Vector{0}; }
    KADANOFF_LEAF static bool any(Vector a) { return a != 0; }

    KADANOFF_LEAF static Vector add(Vector a, Vector b) { return a + b; }
    KADANOFF_LEAF static Vector bit_and(Vector a, Vector b) { return a & b; }
    KADANOFF_LEAF static Vector bit_or(Vector a, Vector b) { return a | b; }
    KADANOFF_LEAF static Vector bit_xor(Vector a, Vector b) { return a ^ b; }
    KADANOFF_LEAF static Vector bit_not(Vector a) { return ~a; }
    /// a & ~b
    KADANOFF_LEAF static Vector and_not(Vector a, Vector b) { return a & ~b; }
    KADANOFF_LEAF static Vector xor3(Vector a, Vector b, Vector c) { return a ^ b ^ c; }
    KADANOFF_LEAF static Vector majority(Vector a, Vector b, Vector c) { return (a & b) | (c & (a ^ b)); }
    /// Bitwise mask ? a : b.
    KADANOFF_LEAF static Vector select(Vector mask, Vector a, Vector b) { return b ^ (mask & (a ^ b)); }
    /// mask & ~(a ^ b)
    KADANOFF_LEAF static Vector and_equal(Vector mask, Vector a, Vector b) { return mask & ~(a ^ b); }

    template <int K>
    KADANOFF_LEAF static Vector rotate_left(Vector a) {
        return (a << K) | (a >> (32 - K));
    }
    template <int K>
    KADANOFF_LEAF static Vector shift_left(Vector a) {
        return a << K;
    }
    template <int K>
    KADANOFF_LEAF static Vector shift_right(Vector a) {
        return a >> K;
    }
    /// Every lane shifted left by its own count, 0 to 31.
    KADANOFF_LEAF static Vector shift_left_by(Vector a, Vector count) { return a << count; }

    /// 32 x 32 -> 64 bit products with a constant, split into high and low halves.
    KADANOFF_LEAF static void multiply_wide(Vector a, std::uint32_t b, Vector& high, Vector& low) {
        const std::uint64_t product = static_cast<std::uint64_t>(a) * b;
        high = static_cast<std::uint32_t>(product >> 32);
        low = static_cast<std::uint32_t>(product);
    }

    KADANOFF_LEAF static Vector subtract(Vector a, Vector b) { return a - b; }

    /// All ones in the lanes where a = b.
    KADANOFF_LEAF static Vector equal(Vector a, Vector b) { return a == b ? ~Vector{0} : Vector{0}; }

    /// A float in every lane, each operation rounded by itself.
    using Real = float;
    KADANOFF_LEAF static Real real(float a) { return a; }
    KADANOFF_LEAF static Real as_real(Vector bits) { return __builtin_bit_cast(float, bits); }
    KADANOFF_LEAF static Vector bits(Real a) { return __builtin_bit_cast(std::uint32_t, a); }
    /// The nearest float to an unsigned integer.
    KADANOFF_LEAF static Real from_word(Vector a) { return static_cast<float>(a); }
#if defined(__CUDA_ARCH__)
    KADANOFF_LEAF static Real plus(Real a, Real b) { return __fadd_rn(a, b); }
    KADANOFF_LEAF static Real minus(Real a, Real b) { return __fsub_rn(a, b); }
    KADANOFF_LEAF static Real times(Real a, Real b) { return __fmul_rn(a, b); }
#else
    KADANOFF_LEAF static Real plus(Real a, Real b) { return a + b; }
    KADANOFF_LEAF static Real minus(Real a, Real b) { return a - b; }
    KADANOFF_LEAF static Real times(Real a, Real b) { return a * b; }
#endif
    KADANOFF_LEAF static Real least(Real a, Real b) { return a < b ? a : b; }
    KADANOFF_LEAF static Real size(Real a) { return as_real(bits(a) & 0x7FFFFFFFu); }
    /// All ones where a < b.
    KADANOFF_LEAF static Vector less(Real a, Real b) { return a < b ? ~Vector{0} : Vector{0}; }

    /// Number of set bits of a word.
    KADANOFF_LEAF static std::uint32_t popcount(std::uint32_t a) {
#if defined(__CUDA_ARCH__)
        return static_cast<std::uint32_t>(__popc(a));
#else
        return static_cast<std::uint32_t>(__builtin_popcount(a));
#endif
    }

    /// Set bits over all lanes, summed up over many vectors.
    using BitSum = std::uint64_t;
    KADANOFF_LEAF static BitSum no_bits() { return 0; }
    KADANOFF_LEAF static BitSum add_bits(BitSum sum, Vector a) { return sum + popcount(a); }
    KADANOFF_LEAF static std::uint64_t total(BitSum sum) { return sum; }
};

}  // namespace kadanoff
