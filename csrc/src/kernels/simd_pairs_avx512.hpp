#pragma once

#include "kernels/simd_avx512.hpp"

namespace kadanoff {

/// WordPairOps on 32 numbers.
struct Avx512PairOps : Avx512Ops {
    using PairSet = __mmask32;

    KADANOFF_LEAF static Vector broadcast_pair(std::uint32_t a) { return _mm512_set1_epi16(static_cast<short>(a)); }
    KADANOFF_LEAF static Vector add_pairs(Vector a, Vector b) { return _mm512_add_epi16(a, b); }
    KADANOFF_LEAF static Vector subtract_pairs(Vector a, Vector b) { return _mm512_sub_epi16(a, b); }
    KADANOFF_LEAF static Vector subtract_pairs_to_zero(Vector a, Vector b) { return _mm512_subs_epu16(a, b); }
    KADANOFF_LEAF static Vector least_pairs(Vector a, Vector b) { return _mm512_min_epu16(a, b); }
    KADANOFF_LEAF static Vector size_pairs(Vector a) { return _mm512_abs_epi16(a); }
    KADANOFF_LEAF static Vector times_pairs(Vector a, Vector b) { return _mm512_mullo_epi16(a, b); }
    KADANOFF_LEAF static Vector times_pairs_high(Vector a, Vector b) { return _mm512_mulhi_epu16(a, b); }
    KADANOFF_LEAF static Vector times_pairs_high_signed(Vector a, Vector b) { return _mm512_mulhi_epi16(a, b); }
    template <int K>
    KADANOFF_LEAF static Vector shift_pairs_left(Vector a) {
        return _mm512_slli_epi16(a, K);
    }
    template <int K>
    KADANOFF_LEAF static Vector shift_pairs_right(Vector a) {
        return _mm512_srli_epi16(a, K);
    }

    KADANOFF_LEAF static PairSet negative_pairs(Vector a) { return _mm512_movepi16_mask(a); }
    KADANOFF_LEAF static PairSet below_pairs(Vector a, Vector b) { return _mm512_cmplt_epu16_mask(a, b); }
    KADANOFF_LEAF static PairSet at_most_pairs(Vector a, Vector b) { return _mm512_cmple_epu16_mask(a, b); }
    KADANOFF_LEAF static PairSet differing(PairSet a, PairSet b) { return a ^ b; }
    KADANOFF_LEAF static Vector complement_where(PairSet set, Vector a) {
        return _mm512_mask_sub_epi16(a, set, broadcast(~0u), a);
    }
    KADANOFF_LEAF static std::uint32_t set_bits(PairSet first, PairSet second, std::uint32_t& second_bits) {
        second_bits = second;
        return first;
    }
    KADANOFF_LEAF static std::uint32_t set_bits(PairSet set) { return set; }

    KADANOFF_LEAF static Vector add_where(Vector a, std::uint32_t word, int /*part*/, std::uint32_t amount) {
        return _mm512_mask_add_epi16(a, word, a, broadcast_pair(amount));
    }

    using PairTable = __m512i;
    KADANOFF_LEAF static PairTable pair_table(const std::uint32_t* p) { return load(p); }
    KADANOFF_LEAF static Vector look_up_pairs(PairTable table, Vector index) {
        return _mm512_permutexvar_epi16(index, table);
    }
    using RealTable = __m512;
    KADANOFF_LEAF static RealTable real_table(const std::uint32_t* p) { return as_real(load(p)); }
    KADANOFF_LEAF static Real look_up_float(RealTable table, Vector index) {
        return _mm512_permutexvar_ps(index, table);
    }
    KADANOFF_LEAF static Real plus_elsewhere(Real a, Real b) { return _mm512_fmadd_ps(b, real(1.0f), a); }

    KADANOFF_LEAF static Vector add_here(Vector a, Vector b) {
        a = _mm512_add_epi32(a, b);
        __asm__("" : "+v"(a));
        return a;
    }
    KADANOFF_LEAF static Vector shift_all_right(Vector a, int count) {
        return _mm512_srl_epi32(a, _mm_cvtsi32_si128(count));
    }
    KADANOFF_LEAF static void transpose_words(const std::uint32_t* rows, std::int64_t stride, std::uint32_t* columns) {
        Vector a[16], b[16];
        KADANOFF_UNROLL
        for (int i = 0; i < 16; ++i) a[i] = load(rows + i * stride);
        KADANOFF_UNROLL
        for (int i = 0; i < 8; ++i) {
            b[2 * i] = _mm512_unpacklo_epi32(a[2 * i], a[2 * i + 1]);
            b[2 * i + 1] = _mm512_unpackhi_epi32(a[2 * i], a[2 * i + 1]);
        }
        // Lane k of a[4 q + r] then holds column 4 k + r of rows 4 q to 4 q + 3.
        KADANOFF_UNROLL
        for (int q = 0; q < 4; ++q) {
            a[4 * q] = _mm512_unpacklo_epi64(b[4 * q], b[4 * q + 2]);
            a[4 * q + 1] = _mm512_unpackhi_epi64(b[4 * q], b[4 * q + 2]);
            a[4 * q + 2] = _mm512_unpacklo_epi64(b[4 * q + 1], b[4 * q + 3]);
            a[4 * q + 3] = _mm512_unpackhi_epi64(b[4 * q + 1], b[4 * q + 3]);
        }
        KADANOFF_UNROLL
        for (int r = 0; r < 4; ++r) {
            const Vector low01 = _mm512_shuffle_i32x4(a[r], a[4 + r], 0x44);
            const Vector high01 = _mm512_shuffle_i32x4(a[r], a[4 + r], 0xEE);
            const Vector low23 = _mm512_shuffle_i32x4(a[8 + r], a[12 + r], 0x44);
            const Vector high23 = _mm512_shuffle_i32x4(a[8 + r], a[12 + r], 0xEE);
            store(columns + r * 16, _mm512_shuffle_i32x4(low01, low23, 0x88));
            store(columns + (4 + r) * 16, _mm512_shuffle_i32x4(low01, low23, 0xDD));
            store(columns + (8 + r) * 16, _mm512_shuffle_i32x4(high01, high23, 0x88));
            store(columns + (12 + r) * 16, _mm512_shuffle_i32x4(high01, high23, 0xDD));
        }
    }
};

}  // namespace kadanoff
