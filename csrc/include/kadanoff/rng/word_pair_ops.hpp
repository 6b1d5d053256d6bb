#pragma once

#include "kadanoff/rng/word_ops.hpp"

namespace kadanoff {

/// WordOps with two 16-bit numbers in every lane; the lower one belongs to the chain of the lower number. Arithmetic
/// is modulo 2^16. The other instruction sets have it in csrc/src/kernels/simd_pairs_*.hpp.
struct WordPairOps : WordOps {
    /// A choice of the numbers of a vector.
    using PairSet = std::uint32_t;

    template <class F>
    KADANOFF_LEAF static Vector each(Vector a, Vector b, F f) {
        return (f(a & 0xFFFFu, b & 0xFFFFu) & 0xFFFFu) | (f(a >> 16, b >> 16) << 16);
    }
    KADANOFF_LEAF static std::uint32_t magnitude(std::uint32_t a) { return (a & 0x8000u) != 0 ? 0x10000u - a : a; }

    KADANOFF_LEAF static Vector broadcast_pair(std::uint32_t a) { return (a & 0xFFFFu) * 0x10001u; }
    KADANOFF_LEAF static Vector add_pairs(Vector a, Vector b) {
        return ((a & 0x7FFF7FFFu) + (b & 0x7FFF7FFFu)) ^ ((a ^ b) & 0x80008000u);
    }
    KADANOFF_LEAF static Vector subtract_pairs(Vector a, Vector b) {
        return ((a | 0x80008000u) - (b & 0x7FFF7FFFu)) ^ ((a ^ ~b) & 0x80008000u);
    }
    /// a - b, or 0 where that is negative.
    KADANOFF_LEAF static Vector subtract_pairs_to_zero(Vector a, Vector b) {
        return each(a, b, [](std::uint32_t x, std::uint32_t y) KADANOFF_INLINE_LAMBDA { return x > y ? x - y : 0u; });
    }
    KADANOFF_LEAF static Vector least_pairs(Vector a, Vector b) {
        return each(a, b, [](std::uint32_t x, std::uint32_t y) KADANOFF_INLINE_LAMBDA { return x < y ? x : y; });
    }
    /// |a| of signed numbers, as unsigned ones.
    KADANOFF_LEAF static Vector size_pairs(Vector a) {
        return each(a, a, [](std::uint32_t x, std::uint32_t) KADANOFF_INLINE_LAMBDA { return magnitude(x); });
    }
    /// The lower 16 bits of a product.
    KADANOFF_LEAF static Vector times_pairs(Vector a, Vector b) {
        return each(a, b, [](std::uint32_t x, std::uint32_t y) KADANOFF_INLINE_LAMBDA { return x * y; });
    }
    /// The upper 16 bits of a product of unsigned, or of signed numbers.
    KADANOFF_LEAF static Vector times_pairs_high(Vector a, Vector b) {
        return each(a, b, [](std::uint32_t x, std::uint32_t y) KADANOFF_INLINE_LAMBDA { return (x * y) >> 16; });
    }
    KADANOFF_LEAF static Vector times_pairs_high_signed(Vector a, Vector b) {
        return each(a, b, [](std::uint32_t x, std::uint32_t y) KADANOFF_INLINE_LAMBDA {
            const auto product = static_cast<std::int16_t>(x) * static_cast<std::int16_t>(y);
            return static_cast<std::uint32_t>(product) >> 16;
        });
    }
    template <int K>
    KADANOFF_LEAF static Vector shift_pairs_left(Vector a) {
        return (a << K) & broadcast_pair(0xFFFFu << K);
    }
    template <int K>
    KADANOFF_LEAF static Vector shift_pairs_right(Vector a) {
        return (a >> K) & broadcast_pair(0xFFFFu >> K);
    }

    KADANOFF_LEAF static PairSet negative_pairs(Vector a) { return ((a >> 15) & 0x10001u) * 0xFFFFu; }
    /// Where a < b, and a <= b, as unsigned numbers.
    KADANOFF_LEAF static PairSet below_pairs(Vector a, Vector b) {
        return each(a, b, [](std::uint32_t x, std::uint32_t y) KADANOFF_INLINE_LAMBDA { return x < y ? ~0u : 0u; });
    }
    KADANOFF_LEAF static PairSet at_most_pairs(Vector a, Vector b) {
        return each(a, b, [](std::uint32_t x, std::uint32_t y) KADANOFF_INLINE_LAMBDA { return x <= y ? ~0u : 0u; });
    }
    /// In one of the two sets.
    KADANOFF_LEAF static PairSet differing(PairSet a, PairSet b) { return a ^ b; }
    KADANOFF_LEAF static Vector complement_where(PairSet set, Vector a) { return a ^ set; }
    /// One bit for each number of the first set; the second one's go to `second_bits`.
    KADANOFF_LEAF static std::uint32_t set_bits(PairSet first, PairSet second, std::uint32_t& second_bits) {
        second_bits = (second & 1u) | ((second >> 30) & 2u);
        return (first & 1u) | ((first >> 30) & 2u);
    }
    KADANOFF_LEAF static std::uint32_t set_bits(PairSet set) { return (set & 1u) | ((set >> 30) & 2u); }

    /// Adds `amount` to the numbers whose bit is set: number i of the vector has bit 2 * lanes * part + i of `word`.
    KADANOFF_LEAF static Vector add_where(Vector a, std::uint32_t word, int part, std::uint32_t amount) {
        const std::uint32_t bits = word >> (2 * part);
        return add_pairs(a, (bits & 1u) * amount + ((bits >> 1) & 1u) * (amount << 16));
    }

    /// 32 numbers to look up.
    using PairTable = const std::uint32_t*;
    KADANOFF_LEAF static PairTable pair_table(const std::uint32_t* p) { return p; }
    KADANOFF_LEAF static Vector look_up_pairs(PairTable table, Vector index) {
        const auto entry = [&](std::uint32_t i)
                               KADANOFF_INLINE_LAMBDA { return (table[(i & 31u) / 2] >> (16 * (i & 1u))) & 0xFFFFu; };
        return entry(index & 0xFFFFu) | (entry(index >> 16) << 16);
    }
    /// 16 floats to look up by the last 4 bits of a lane.
    using RealTable = const std::uint32_t*;
    KADANOFF_LEAF static RealTable real_table(const std::uint32_t* p) { return p; }
    KADANOFF_LEAF static Real look_up_float(RealTable table, Vector index) { return as_real(table[index & 15u]); }
    /// a + b, rounded once, by another unit of the processor where there is one.
    KADANOFF_LEAF static Real plus_elsewhere(Real a, Real b) { return plus(a, b); }

    /// a + b, where it stands: not after whatever else could be worked out first, for which registers would not
    /// suffice.
    KADANOFF_LEAF static Vector add_here(Vector a, Vector b) { return a + b; }
    /// Every lane shifted by the same count, 0 to 31.
    KADANOFF_LEAF static Vector shift_all_right(Vector a, int count) { return a >> count; }
    /// From 16 rows of 16 words, `stride` words apart, to their columns, 16 words apart.
    KADANOFF_LEAF static void transpose_words(const std::uint32_t* rows, std::int64_t stride, std::uint32_t* columns) {
        for (int i = 0; i < 16; ++i) {
            for (int j = 0; j < 16; ++j) columns[j * 16 + i] = rows[i * stride + j];
        }
    }
    /// From 32 rows of 32 numbers, `stride` words apart, to their columns, 16 words apart.
    KADANOFF_LEAF static void transpose_pairs(const std::uint32_t* rows, std::int64_t stride, std::uint32_t* columns) {
        for (int i = 0; i < 32; i += 2) {
            const std::uint32_t* even = rows + i * stride;
            const std::uint32_t* odd = even + stride;
            for (int w = 0; w < 16; ++w) {
                columns[2 * w * 16 + i / 2] = (even[w] & 0xFFFFu) | (odd[w] << 16);
                columns[(2 * w + 1) * 16 + i / 2] = (even[w] >> 16) | (odd[w] & 0xFFFF0000u);
            }
        }
    }
};

}  // namespace kadanoff
