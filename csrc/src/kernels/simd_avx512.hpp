#pragma once

#include <immintrin.h>

#include <cstdint>

#include "kadanoff/config.hpp"

namespace kadanoff {

/// WordOps on 16 lanes; needs AVX-512 F, BW, DQ and VL (x86-64-v4).
struct Avx512Ops {
    using Vector = __m512i;
    static constexpr int lanes = 16;

    KADANOFF_LEAF static Vector load(const std::uint32_t* p) { return _mm512_loadu_si512(p); }
    KADANOFF_LEAF static Vector load_first(const std::uint32_t* p, std::int64_t count) {
        return _mm512_maskz_loadu_epi32(first_lanes(count), p);
    }
    KADANOFF_LEAF static void store(std::uint32_t* p, Vector a) { _mm512_storeu_si512(p, a); }
    KADANOFF_LEAF static Vector load_from_byte(const std::uint32_t* p, int byte) {
        return _mm512_loadu_si512(reinterpret_cast<const char*>(p) + byte);
    }
    KADANOFF_LEAF static Vector load_repeated(const std::uint32_t* p, int shift) {
        return _mm512_permutexvar_epi32(_mm512_srl_epi32(iota(0), _mm_cvtsi32_si128(shift)), load(p));
    }
    KADANOFF_LEAF static Vector gather(const std::uint32_t* p, Vector index) {
        return _mm512_i32gather_epi32(index, p, 4);
    }
    KADANOFF_LEAF static Vector broadcast(std::uint32_t a) { return _mm512_set1_epi32(static_cast<int>(a)); }
    KADANOFF_LEAF static Vector iota(std::uint32_t first) {
        return _mm512_add_epi32(broadcast(first),
                                _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    }
    KADANOFF_LEAF static Vector zero() { return _mm512_setzero_si512(); }
    KADANOFF_LEAF static Vector below(std::int64_t count) { return _mm512_maskz_set1_epi32(first_lanes(count), -1); }
    KADANOFF_LEAF static bool any(Vector a) { return _mm512_test_epi32_mask(a, a) != 0; }

    KADANOFF_LEAF static Vector add(Vector a, Vector b) { return _mm512_add_epi32(a, b); }
    KADANOFF_LEAF static Vector bit_and(Vector a, Vector b) { return _mm512_and_si512(a, b); }
    KADANOFF_LEAF static Vector bit_or(Vector a, Vector b) { return _mm512_or_si512(a, b); }
    KADANOFF_LEAF static Vector bit_xor(Vector a, Vector b) { return _mm512_xor_si512(a, b); }
    KADANOFF_LEAF static Vector bit_not(Vector a) { return _mm512_ternarylogic_epi32(a, a, a, 0x55); }
    KADANOFF_LEAF static Vector and_not(Vector a, Vector b) { return _mm512_andnot_si512(b, a); }
    KADANOFF_LEAF static Vector xor3(Vector a, Vector b, Vector c) { return _mm512_ternarylogic_epi32(a, b, c, 0x96); }
    KADANOFF_LEAF static Vector majority(Vector a, Vector b, Vector c) {
        return _mm512_ternarylogic_epi32(a, b, c, 0xE8);
    }
    KADANOFF_LEAF static Vector select(Vector mask, Vector a, Vector b) {
        return _mm512_ternarylogic_epi32(mask, a, b, 0xCA);
    }
    KADANOFF_LEAF static Vector and_equal(Vector mask, Vector a, Vector b) {
        return _mm512_ternarylogic_epi32(mask, a, b, 0x90);
    }

    template <int K>
    KADANOFF_LEAF static Vector rotate_left(Vector a) {
        return _mm512_rol_epi32(a, K);
    }
    template <int K>
    KADANOFF_LEAF static Vector shift_left(Vector a) {
        return _mm512_slli_epi32(a, K);
    }
    template <int K>
    KADANOFF_LEAF static Vector shift_right(Vector a) {
        return _mm512_srli_epi32(a, K);
    }
    KADANOFF_LEAF static Vector shift_left_by(Vector a, Vector count) { return _mm512_sllv_epi32(a, count); }

    KADANOFF_LEAF static void multiply_wide(Vector a, std::uint32_t b, Vector& high, Vector& low) {
        const Vector factor = broadcast(b);
        const Vector even = _mm512_mul_epu32(a, factor);
        const Vector odd = _mm512_mul_epu32(_mm512_srli_epi64(a, 32), factor);
        high = _mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, 32), odd);
        low = _mm512_mask_blend_epi32(0xAAAA, even, _mm512_slli_epi64(odd, 32));
    }

    KADANOFF_LEAF static __mmask16 first_lanes(std::int64_t count) {
        return static_cast<__mmask16>(count >= lanes ? 0xFFFFu : count <= 0 ? 0u : (1u << count) - 1u);
    }

    KADANOFF_LEAF static Vector subtract(Vector a, Vector b) { return _mm512_sub_epi32(a, b); }

    KADANOFF_LEAF static Vector equal(Vector a, Vector b) { return _mm512_movm_epi32(_mm512_cmpeq_epi32_mask(a, b)); }

    KADANOFF_LEAF static Vector equal_bytes(Vector a, Vector b) {
        return _mm512_movm_epi8(_mm512_cmpeq_epi8_mask(a, b));
    }
    KADANOFF_LEAF static Vector below_bytes(Vector a, Vector b) {
        return _mm512_movm_epi8(_mm512_cmplt_epu8_mask(a, b));
    }

    using Row = __m512i;
    KADANOFF_LEAF static Row row(const std::uint32_t* p) {
        return _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    }
    KADANOFF_LEAF static Vector look_up(Row row, Vector index) { return _mm512_shuffle_epi8(row, index); }

    using Real = __m512;
    using RealRow = __m512;
    KADANOFF_LEAF static RealRow real_row(const float* p) { return _mm512_loadu_ps(p); }
    KADANOFF_LEAF static Real look_up_real(RealRow row, Vector index) { return _mm512_permutexvar_ps(index, row); }
    KADANOFF_LEAF static Real real(float a) { return _mm512_set1_ps(a); }
    KADANOFF_LEAF static Real as_real(Vector bits) { return _mm512_castsi512_ps(bits); }
    KADANOFF_LEAF static Vector bits(Real a) { return _mm512_castps_si512(a); }
    KADANOFF_LEAF static Real from_word(Vector a) { return _mm512_cvtepu32_ps(a); }
    KADANOFF_LEAF static Real plus(Real a, Real b) { return _mm512_add_ps(a, b); }
    KADANOFF_LEAF static Real minus(Real a, Real b) { return _mm512_sub_ps(a, b); }
    KADANOFF_LEAF static Real times(Real a, Real b) { return _mm512_mul_ps(a, b); }
    KADANOFF_LEAF static Real over(Real a, Real b) { return _mm512_div_ps(a, b); }
    KADANOFF_LEAF static Real square_root(Real a) { return _mm512_sqrt_ps(a); }
    KADANOFF_LEAF static Real least(Real a, Real b) { return _mm512_min_ps(a, b); }
    KADANOFF_LEAF static Real size(Real a) { return as_real(_mm512_and_si512(bits(a), broadcast(0x7FFFFFFFu))); }
    KADANOFF_LEAF static Vector less(Real a, Real b) { return _mm512_movm_epi32(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ)); }

    using Double = __m512d;
    static constexpr int doubles = 8;
    KADANOFF_LEAF static Double double_of(double a) { return _mm512_set1_pd(a); }
    KADANOFF_LEAF static Double plus(Double a, Double b) { return _mm512_add_pd(a, b); }
    KADANOFF_LEAF static Double minus(Double a, Double b) { return _mm512_sub_pd(a, b); }
    KADANOFF_LEAF static Double times(Double a, Double b) { return _mm512_mul_pd(a, b); }
    KADANOFF_LEAF static Double over(Double a, Double b) { return _mm512_div_pd(a, b); }
    KADANOFF_LEAF static Double least(Double a, Double b) { return _mm512_min_pd(a, b); }
    KADANOFF_LEAF static Double size(Double a) { return _mm512_abs_pd(a); }
    KADANOFF_LEAF static Double select_less(Double a, Double b, Double c, Double d) {
        return _mm512_mask_blend_pd(_mm512_cmp_pd_mask(a, b, _CMP_LT_OQ), d, c);
    }
    KADANOFF_LEAF static Double if_less(Double a, Double b, Double c) {
        return _mm512_maskz_mov_pd(_mm512_cmp_pd_mask(a, b, _CMP_LT_OQ), c);
    }
    KADANOFF_LEAF static Double lower_exponent(Double a, Double shifted) {
        return _mm512_castsi512_pd(
            _mm512_sub_epi64(_mm512_castpd_si512(a), _mm512_slli_epi64(_mm512_castpd_si512(shifted), 52)));
    }
    KADANOFF_LEAF static void store_doubles(double* p, Double a) { _mm512_storeu_pd(p, a); }
    KADANOFF_LEAF static Double load_doubles(const double* p) { return _mm512_loadu_pd(p); }
    KADANOFF_LEAF static Double load_words(const std::uint32_t* p) {
        return _mm512_cvtepi32_pd(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
    }
    KADANOFF_LEAF static Double load_floats(const std::uint32_t* p) {
        return _mm512_cvtps_pd(_mm256_castsi256_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))));
    }
    using ByteSet = std::uint64_t;
    KADANOFF_LEAF static ByteSet set_bytes(Vector a) { return _mm512_movepi8_mask(a); }
    KADANOFF_LEAF static Vector select_where(ByteSet bytes, Vector a, Vector b) {
        return _mm512_mask_blend_epi8(bytes, b, a);
    }
    KADANOFF_LEAF static Vector look_up_where(ByteSet bytes, Row row, Vector index, Vector old) {
        return _mm512_mask_shuffle_epi8(old, bytes, row, index);
    }
    KADANOFF_LEAF static Double plus_where(ByteSet bytes, int i, Double sum, Double a) {
        return _mm512_mask_add_pd(sum, static_cast<__mmask8>(bytes >> (8 * i)), sum, a);
    }
    using LaneSet = __mmask16;
    KADANOFF_LEAF static LaneSet set_lanes(Vector a) { return _mm512_movepi32_mask(a); }
    KADANOFF_LEAF static Double plus_where_lane(LaneSet lanes, int i, Double sum, Double a) {
        return _mm512_mask_add_pd(sum, static_cast<__mmask8>(lanes >> (8 * i)), sum, a);
    }
    static constexpr int log2_doubles = 3;
    KADANOFF_LEAF static Double minus_unless_bit(int d, Double a) {
        const __mmask8 unset = static_cast<__mmask8>(d == 0 ? 0x55 : d == 1 ? 0x33 : 0x0F);
        return _mm512_mask_xor_pd(a, unset, a, double_of(-0.0));
    }
    template <int Shift>
    KADANOFF_LEAF static void store_octet(std::uint32_t* p, const Double* a, int reversed) {
        const __m128i bytes = _mm512_cvtepi64_epi8(_mm512_srli_epi64(_mm512_castpd_si512(a[0]), Shift));
        auto octet = static_cast<std::uint64_t>(_mm_cvtsi128_si64(bytes));
        if (reversed != 0) octet = __builtin_bswap64(octet);
        __builtin_memcpy(p, &octet, sizeof octet);
    }

    using BitSum = __m512i;  ///< 64-bit partial sums
    KADANOFF_LEAF static BitSum no_bits() { return _mm512_setzero_si512(); }
    KADANOFF_LEAF static BitSum add_bits(BitSum sum, Vector a) {
        const Vector nibble = _mm512_set1_epi8(15);
        const Vector table = _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
        const Vector low = _mm512_shuffle_epi8(table, _mm512_and_si512(a, nibble));
        const Vector high = _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(a, 4), nibble));
        return _mm512_add_epi64(sum, _mm512_sad_epu8(_mm512_add_epi8(low, high), _mm512_setzero_si512()));
    }
    KADANOFF_LEAF static std::uint64_t total(BitSum sum) {
        return static_cast<std::uint64_t>(_mm512_reduce_add_epi64(sum));
    }
};

}  // namespace kadanoff
