#pragma once

#include <immintrin.h>

#include <cstdint>

#include "kadanoff/config.hpp"

namespace kadanoff {

/// WordOps on 8 lanes.
struct Avx2Ops {
    using Vector = __m256i;
    static constexpr int lanes = 8;

    KADANOFF_LEAF static Vector load(const std::uint32_t* p) {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    }
    KADANOFF_LEAF static Vector load_first(const std::uint32_t* p, std::int64_t count) {
        return _mm256_maskload_epi32(reinterpret_cast<const int*>(p), below(count));
    }
    KADANOFF_LEAF static void store(std::uint32_t* p, Vector a) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a);
    }
    KADANOFF_LEAF static Vector load_from_byte(const std::uint32_t* p, int byte) {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(reinterpret_cast<const char*>(p) + byte));
    }
    KADANOFF_LEAF static Vector load_repeated(const std::uint32_t* p, int shift) {
        return _mm256_permutevar8x32_epi32(load(p), _mm256_srl_epi32(iota(0), _mm_cvtsi32_si128(shift)));
    }
    KADANOFF_LEAF static Vector gather(const std::uint32_t* p, Vector index) {
        return _mm256_i32gather_epi32(reinterpret_cast<const int*>(p), index, 4);
    }
    KADANOFF_LEAF static Vector broadcast(std::uint32_t a) { return _mm256_set1_epi32(static_cast<int>(a)); }
    KADANOFF_LEAF static Vector iota(std::uint32_t first) {
        return _mm256_add_epi32(broadcast(first), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
    }
    KADANOFF_LEAF static Vector zero() { return _mm256_setzero_si256(); }
    KADANOFF_LEAF static Vector below(std::int64_t count) {
        const int limit = static_cast<int>(count > lanes ? lanes : count < 0 ? 0 : count);
        return _mm256_cmpgt_epi32(_mm256_set1_epi32(limit), iota(0));
    }
    KADANOFF_LEAF static bool any(Vector a) { return _mm256_testz_si256(a, a) == 0; }

    KADANOFF_LEAF static Vector add(Vector a, Vector b) { return _mm256_add_epi32(a, b); }
    KADANOFF_LEAF static Vector bit_and(Vector a, Vector b) { return _mm256_and_si256(a, b); }
    KADANOFF_LEAF static Vector bit_or(Vector a, Vector b) { return _mm256_or_si256(a, b); }
    KADANOFF_LEAF static Vector bit_xor(Vector a, Vector b) { return _mm256_xor_si256(a, b); }
    KADANOFF_LEAF static Vector bit_not(Vector a) { return bit_xor(a, _mm256_set1_epi32(-1)); }
    KADANOFF_LEAF static Vector and_not(Vector a, Vector b) { return _mm256_andnot_si256(b, a); }
    KADANOFF_LEAF static Vector xor3(Vector a, Vector b, Vector c) { return bit_xor(bit_xor(a, b), c); }
    KADANOFF_LEAF static Vector majority(Vector a, Vector b, Vector c) {
        return bit_or(bit_and(a, b), bit_and(c, bit_xor(a, b)));
    }
    KADANOFF_LEAF static Vector select(Vector mask, Vector a, Vector b) {
        return bit_xor(b, bit_and(mask, bit_xor(a, b)));
    }
    KADANOFF_LEAF static Vector and_equal(Vector mask, Vector a, Vector b) { return and_not(mask, bit_xor(a, b)); }

    template <int K>
    KADANOFF_LEAF static Vector rotate_left(Vector a) {
        return bit_or(_mm256_slli_epi32(a, K), _mm256_srli_epi32(a, 32 - K));
    }
    template <int K>
    KADANOFF_LEAF static Vector shift_left(Vector a) {
        return _mm256_slli_epi32(a, K);
    }
    template <int K>
    KADANOFF_LEAF static Vector shift_right(Vector a) {
        return _mm256_srli_epi32(a, K);
    }
    KADANOFF_LEAF static Vector shift_left_by(Vector a, Vector count) { return _mm256_sllv_epi32(a, count); }

    KADANOFF_LEAF static void multiply_wide(Vector a, std::uint32_t b, Vector& high, Vector& low) {
        const Vector factor = broadcast(b);
        const Vector even = _mm256_mul_epu32(a, factor);
        const Vector odd = _mm256_mul_epu32(_mm256_srli_epi64(a, 32), factor);
        high = _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
        low = _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
    }

    KADANOFF_LEAF static Vector subtract(Vector a, Vector b) { return _mm256_sub_epi32(a, b); }

    KADANOFF_LEAF static Vector equal(Vector a, Vector b) { return _mm256_cmpeq_epi32(a, b); }

    KADANOFF_LEAF static Vector equal_bytes(Vector a, Vector b) { return _mm256_cmpeq_epi8(a, b); }
    KADANOFF_LEAF static Vector below_bytes(Vector a, Vector b) {
        return and_not(equal_bytes(_mm256_max_epu8(a, b), b), equal_bytes(a, b));
    }

    using Row = __m256i;
    KADANOFF_LEAF static Row row(const std::uint32_t* p) {
        return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    }
    KADANOFF_LEAF static Vector look_up(Row row, Vector index) { return _mm256_shuffle_epi8(row, index); }

    using Real = __m256;
    struct RealRow {
        __m256 low, high;
    };
    KADANOFF_LEAF static RealRow real_row(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
    KADANOFF_LEAF static Real look_up_real(RealRow row, Vector index) {
        const __m256 is_high = _mm256_castsi256_ps(_mm256_slli_epi32(index, 28));  // bit 3 as the sign
        return _mm256_blendv_ps(_mm256_permutevar8x32_ps(row.low, index), _mm256_permutevar8x32_ps(row.high, index),
                                is_high);
    }
    KADANOFF_LEAF static Real real(float a) { return _mm256_set1_ps(a); }
    KADANOFF_LEAF static Real as_real(Vector bits) { return _mm256_castsi256_ps(bits); }
    KADANOFF_LEAF static Vector bits(Real a) { return _mm256_castps_si256(a); }
    KADANOFF_LEAF static Real from_word(Vector a) {
        // Both halves are exact; the sum is rounded once.
        const Real high = _mm256_cvtepi32_ps(_mm256_srli_epi32(a, 16));
        const Real low = _mm256_cvtepi32_ps(_mm256_and_si256(a, broadcast(0xFFFFu)));
        return plus(times(high, real(65536.0f)), low);
    }
    KADANOFF_LEAF static Real plus(Real a, Real b) { return _mm256_add_ps(a, b); }
    KADANOFF_LEAF static Real minus(Real a, Real b) { return _mm256_sub_ps(a, b); }
    KADANOFF_LEAF static Real times(Real a, Real b) { return _mm256_mul_ps(a, b); }
    KADANOFF_LEAF static Real over(Real a, Real b) { return _mm256_div_ps(a, b); }
    KADANOFF_LEAF static Real square_root(Real a) { return _mm256_sqrt_ps(a); }
    KADANOFF_LEAF static Real least(Real a, Real b) { return _mm256_min_ps(a, b); }
    KADANOFF_LEAF static Real size(Real a) { return as_real(_mm256_and_si256(bits(a), broadcast(0x7FFFFFFFu))); }
    KADANOFF_LEAF static Vector less(Real a, Real b) { return bits(_mm256_cmp_ps(a, b, _CMP_LT_OQ)); }

    using Double = __m256d;
    static constexpr int doubles = 4;
    KADANOFF_LEAF static Double double_of(double a) { return _mm256_set1_pd(a); }
    KADANOFF_LEAF static Double plus(Double a, Double b) { return _mm256_add_pd(a, b); }
    KADANOFF_LEAF static Double minus(Double a, Double b) { return _mm256_sub_pd(a, b); }
    KADANOFF_LEAF static Double times(Double a, Double b) { return _mm256_mul_pd(a, b); }
    KADANOFF_LEAF static Double over(Double a, Double b) { return _mm256_div_pd(a, b); }
    KADANOFF_LEAF static Double least(Double a, Double b) { return _mm256_min_pd(a, b); }
    KADANOFF_LEAF static Double size(Double a) { return _mm256_andnot_pd(double_of(-0.0), a); }
    KADANOFF_LEAF static Double select_less(Double a, Double b, Double c, Double d) {
        return _mm256_blendv_pd(d, c, _mm256_cmp_pd(a, b, _CMP_LT_OQ));
    }
    KADANOFF_LEAF static Double if_less(Double a, Double b, Double c) {
        return _mm256_and_pd(_mm256_cmp_pd(a, b, _CMP_LT_OQ), c);
    }
    KADANOFF_LEAF static Double lower_exponent(Double a, Double shifted) {
        return _mm256_castsi256_pd(
            _mm256_sub_epi64(_mm256_castpd_si256(a), _mm256_slli_epi64(_mm256_castpd_si256(shifted), 52)));
    }
    KADANOFF_LEAF static void store_doubles(double* p, Double a) { _mm256_storeu_pd(p, a); }
    KADANOFF_LEAF static Double load_doubles(const double* p) { return _mm256_loadu_pd(p); }
    KADANOFF_LEAF static Double load_words(const std::uint32_t* p) {
        return _mm256_cvtepi32_pd(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    }
    KADANOFF_LEAF static Double load_floats(const std::uint32_t* p) {
        return _mm256_cvtps_pd(_mm_castsi128_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
    }
    using ByteSet = __m256i;
    KADANOFF_LEAF static ByteSet set_bytes(Vector a) { return a; }
    KADANOFF_LEAF static Vector select_where(ByteSet bytes, Vector a, Vector b) { return select(bytes, a, b); }
    KADANOFF_LEAF static Vector look_up_where(ByteSet bytes, Row row, Vector index, Vector old) {
        return select(bytes, look_up(row, index), old);
    }
    KADANOFF_LEAF static Double plus_where(ByteSet bytes, int i, Double sum, Double a) {
        const __m128i half = i < 4 ? _mm256_castsi256_si128(bytes) : _mm256_extracti128_si256(bytes, 1);
        const __m128i word = _mm_cvtsi32_si128(i % 4 == 0   ? _mm_extract_epi32(half, 0)
                                               : i % 4 == 1 ? _mm_extract_epi32(half, 1)
                                               : i % 4 == 2 ? _mm_extract_epi32(half, 2)
                                                            : _mm_extract_epi32(half, 3));
        return plus(sum, _mm256_and_pd(_mm256_castsi256_pd(_mm256_cvtepi8_epi64(word)), a));
    }
    using LaneSet = __m256i;
    KADANOFF_LEAF static LaneSet set_lanes(Vector a) { return a; }
    KADANOFF_LEAF static Double plus_where_lane(LaneSet lanes, int i, Double sum, Double a) {
        const __m128i half = i == 0 ? _mm256_castsi256_si128(lanes) : _mm256_extracti128_si256(lanes, 1);
        return plus(sum, _mm256_and_pd(_mm256_castsi256_pd(_mm256_cvtepi32_epi64(half)), a));
    }
    static constexpr int log2_doubles = 2;
    KADANOFF_LEAF static Double minus_unless_bit(int d, Double a) {
        const Double signs = d == 0 ? _mm256_setr_pd(-0.0, 0.0, -0.0, 0.0) : _mm256_setr_pd(-0.0, -0.0, 0.0, 0.0);
        return _mm256_xor_pd(a, signs);
    }
    template <int Shift>
    KADANOFF_LEAF static void store_octet(std::uint32_t* p, const Double* a, int reversed) {
        const auto byte = [](Double x) KADANOFF_INLINE_LAMBDA {
            return _mm256_and_si256(_mm256_srli_epi64(_mm256_castpd_si256(x), Shift), _mm256_set1_epi64x(0xFF));
        };
        // Number 4 k + i is byte k of 64-bit lane i.
        const Vector pairs = bit_or(byte(a[0]), _mm256_slli_epi64(byte(a[1]), 8));
        const Vector four = _mm256_permutevar8x32_epi32(pairs, _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6));
        const __m128i order = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 0, 0, 0, 0, 0, 0, 0, 0);
        const __m128i bytes = _mm_shuffle_epi8(_mm256_castsi256_si128(four), order);
        auto octet = static_cast<std::uint64_t>(_mm_cvtsi128_si64(bytes));
        if (reversed != 0) octet = __builtin_bswap64(octet);
        __builtin_memcpy(p, &octet, sizeof octet);
    }

    using BitSum = __m256i;  ///< 64-bit partial sums
    KADANOFF_LEAF static BitSum no_bits() { return _mm256_setzero_si256(); }
    KADANOFF_LEAF static BitSum add_bits(BitSum sum, Vector a) {
        const Vector nibble = _mm256_set1_epi8(15);
        const Vector table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1, 2, 2, 3, 1,
                                              2, 2, 3, 2, 3, 3, 4);
        const Vector low = _mm256_shuffle_epi8(table, _mm256_and_si256(a, nibble));
        const Vector high = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(a, 4), nibble));
        return _mm256_add_epi64(sum, _mm256_sad_epu8(_mm256_add_epi8(low, high), _mm256_setzero_si256()));
    }
    KADANOFF_LEAF static std::uint64_t total(BitSum sum) {
        alignas(32) std::uint64_t part[4];
        _mm256_store_si256(reinterpret_cast<__m256i*>(part), sum);
        return part[0] + part[1] + part[2] + part[3];
    }
};

}  // namespace kadanoff
