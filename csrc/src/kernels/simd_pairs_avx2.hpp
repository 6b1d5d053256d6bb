#pragma once

#include "kernels/simd_avx2.hpp"

namespace kadanoff {

/// WordPairOps on 16 numbers, without the tables.
struct Avx2PairOps : Avx2Ops {
    using PairSet = __m256i;

    KADANOFF_LEAF static Vector broadcast_pair(std::uint32_t a) { return _mm256_set1_epi16(static_cast<short>(a)); }
    KADANOFF_LEAF static Vector add_pairs(Vector a, Vector b) { return _mm256_add_epi16(a, b); }
    KADANOFF_LEAF static Vector subtract_pairs(Vector a, Vector b) { return _mm256_sub_epi16(a, b); }
    KADANOFF_LEAF static Vector subtract_pairs_to_zero(Vector a, Vector b) { return _mm256_subs_epu16(a, b); }
    KADANOFF_LEAF static Vector least_pairs(Vector a, Vector b) { return _mm256_min_epu16(a, b); }
    KADANOFF_LEAF static Vector size_pairs(Vector a) { return _mm256_abs_epi16(a); }
    KADANOFF_LEAF static Vector times_pairs(Vector a, Vector b) { return _mm256_mullo_epi16(a, b); }
    KADANOFF_LEAF static Vector times_pairs_high(Vector a, Vector b) { return _mm256_mulhi_epu16(a, b); }
    KADANOFF_LEAF static Vector times_pairs_high_signed(Vector a, Vector b) { return _mm256_mulhi_epi16(a, b); }
    template <int K>
    KADANOFF_LEAF static Vector shift_pairs_left(Vector a) {
        return _mm256_slli_epi16(a, K);
    }
    template <int K>
    KADANOFF_LEAF static Vector shift_pairs_right(Vector a) {
        return _mm256_srli_epi16(a, K);
    }

    KADANOFF_LEAF static PairSet negative_pairs(Vector a) { return _mm256_srai_epi16(a, 15); }
    KADANOFF_LEAF static PairSet below_pairs(Vector a, Vector b) { return bit_not(at_most_pairs(b, a)); }
    KADANOFF_LEAF static PairSet at_most_pairs(Vector a, Vector b) { return _mm256_cmpeq_epi16(least_pairs(a, b), a); }
    KADANOFF_LEAF static PairSet differing(PairSet a, PairSet b) { return bit_xor(a, b); }
    KADANOFF_LEAF static Vector complement_where(PairSet set, Vector a) { return bit_xor(a, set); }
    KADANOFF_LEAF static std::uint32_t set_bits(PairSet first, PairSet second, std::uint32_t& second_bits) {
        const Vector bytes = _mm256_permute4x64_epi64(_mm256_packs_epi16(first, second), 0xD8);
        const auto bits = static_cast<std::uint32_t>(_mm256_movemask_epi8(bytes));
        second_bits = bits >> 16;
        return bits & 0xFFFFu;
    }
    KADANOFF_LEAF static std::uint32_t set_bits(PairSet set) {
        std::uint32_t unused;
        return set_bits(set, set, unused);
    }

    KADANOFF_LEAF static Vector add_where(Vector a, std::uint32_t word, int part, std::uint32_t amount) {
        const Vector own = _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384,
                                             static_cast<short>(0x8000));
        const Vector set = _mm256_cmpeq_epi16(bit_and(broadcast_pair(word >> (16 * part)), own), own);
        return add_pairs(a, bit_and(set, broadcast_pair(amount)));
    }

    KADANOFF_LEAF static void transpose_pairs(const std::uint32_t* rows, std::int64_t stride, std::uint32_t* columns) {
        for (int i = 0; i < 32; i += 16) {
            for (int w = 0; w < 16; w += 8) {
                Vector x[16];
                KADANOFF_UNROLL
                for (int k = 0; k < 16; ++k) x[k] = load(rows + (i + k) * stride + w);
                transpose_block(x);
                KADANOFF_UNROLL
                for (int k = 0; k < 16; ++k) store(columns + (2 * w + k) * 16 + i / 2, x[k]);
            }
        }
    }

private:
    /// 16 rows of 16 numbers to 16 columns.
    KADANOFF_LEAF static void transpose_block(Vector* x) {
        Vector a[16], b[16];
        KADANOFF_UNROLL
        for (int i = 0; i < 8; ++i) {
            a[2 * i] = _mm256_unpacklo_epi16(x[2 * i], x[2 * i + 1]);
            a[2 * i + 1] = _mm256_unpackhi_epi16(x[2 * i], x[2 * i + 1]);
        }
        KADANOFF_UNROLL
        for (int i = 0; i < 8; ++i) {
            const int from = 4 * (i / 2) + i % 2;
            b[2 * i] = _mm256_unpacklo_epi32(a[from], a[from + 2]);
            b[2 * i + 1] = _mm256_unpackhi_epi32(a[from], a[from + 2]);
        }
        KADANOFF_UNROLL
        for (int i = 0; i < 8; ++i) {
            const int from = 8 * (i / 4) + i % 4;
            a[2 * i] = _mm256_unpacklo_epi64(b[from], b[from + 4]);
            a[2 * i + 1] = _mm256_unpackhi_epi64(b[from], b[from + 4]);
        }
        KADANOFF_UNROLL
        for (int i = 0; i < 8; ++i) {
            x[i] = _mm256_permute2x128_si256(a[i], a[i + 8], 0x20);
            x[i + 8] = _mm256_permute2x128_si256(a[i], a[i + 8], 0x31);
        }
    }
};

}  // namespace kadanoff
