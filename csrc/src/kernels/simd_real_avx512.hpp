#pragma once

#include <immintrin.h>

#include <cstdint>

#include "kadanoff/config.hpp"

namespace kadanoff {

/// Real arithmetic on 512 bits.
template <class T>
struct Avx512Real;

template <>
struct Avx512Real<float> {
    using Number = float;
    using Vector = __m512;
    static constexpr int lanes = 16;

    KADANOFF_LEAF static Vector zero() { return _mm512_setzero_ps(); }
    KADANOFF_LEAF static Vector load(const float* p) { return _mm512_loadu_ps(p); }
    KADANOFF_LEAF static Vector load(const float* p, std::uint32_t mask) {
        return _mm512_maskz_loadu_ps(static_cast<__mmask16>(mask), p);
    }
    KADANOFF_LEAF static void store(float* p, Vector a) { _mm512_storeu_ps(p, a); }
    KADANOFF_LEAF static void store(float* p, std::uint32_t mask, Vector a) {
        _mm512_mask_storeu_ps(p, static_cast<__mmask16>(mask), a);
    }
    KADANOFF_LEAF static Vector broadcast(const float* p) { return _mm512_set1_ps(*p); }
    KADANOFF_LEAF static Vector add(Vector a, Vector b) { return _mm512_add_ps(a, b); }
    /// a - b in even lanes, a + b in odd ones.
    KADANOFF_LEAF static Vector subtract_add(Vector a, Vector b) { return _mm512_fmaddsub_ps(a, _mm512_set1_ps(1), b); }
    KADANOFF_LEAF static Vector swap_pairs(Vector a) { return _mm512_permute_ps(a, 0xB1); }
    KADANOFF_LEAF static Number total(Vector a) { return _mm512_reduce_add_ps(a); }
    KADANOFF_LEAF static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
};

template <>
struct Avx512Real<double> {
    using Number = double;
    using Vector = __m512d;
    static constexpr int lanes = 8;

    KADANOFF_LEAF static Vector zero() { return _mm512_setzero_pd(); }
    KADANOFF_LEAF static Vector load(const double* p) { return _mm512_loadu_pd(p); }
    KADANOFF_LEAF static Vector load(const double* p, std::uint32_t mask) {
        return _mm512_maskz_loadu_pd(static_cast<__mmask8>(mask), p);
    }
    KADANOFF_LEAF static void store(double* p, Vector a) { _mm512_storeu_pd(p, a); }
    KADANOFF_LEAF static void store(double* p, std::uint32_t mask, Vector a) {
        _mm512_mask_storeu_pd(p, static_cast<__mmask8>(mask), a);
    }
    KADANOFF_LEAF static Vector broadcast(const double* p) { return _mm512_set1_pd(*p); }
    KADANOFF_LEAF static Vector add(Vector a, Vector b) { return _mm512_add_pd(a, b); }
    /// a - b in even lanes, a + b in odd ones.
    KADANOFF_LEAF static Vector subtract_add(Vector a, Vector b) { return _mm512_fmaddsub_pd(a, _mm512_set1_pd(1), b); }
    KADANOFF_LEAF static Vector swap_pairs(Vector a) { return _mm512_permute_pd(a, 0x55); }
    KADANOFF_LEAF static Number total(Vector a) { return _mm512_reduce_add_pd(a); }
    KADANOFF_LEAF static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm512_fmadd_pd(a, b, c); }
};

/// Elements of Bytes bytes, moved and transposed in registers of 512 bits.
template <int Bytes>
struct Avx512Mover;

template <>
struct Avx512Mover<4> {
    using Element = std::uint32_t;
    using Vector = __m512i;
    static constexpr int lanes = 16;

    KADANOFF_LEAF static __mmask16 lanes_in(std::int64_t first, std::int64_t last) {
        return static_cast<__mmask16>((1U << last) - (1U << first));
    }
    KADANOFF_LEAF static Vector zero() { return _mm512_setzero_si512(); }
    KADANOFF_LEAF static Vector load(const Element* p) { return _mm512_loadu_si512(p); }
    KADANOFF_LEAF static Vector load(const Element* p, std::int64_t count) {
        return _mm512_maskz_loadu_epi32(lanes_in(0, count), p);
    }
    KADANOFF_LEAF static void store(Element* p, Vector a) { _mm512_storeu_si512(p, a); }
    KADANOFF_LEAF static void stream(Element* p, Vector a) { _mm512_stream_si512(reinterpret_cast<Vector*>(p), a); }
    KADANOFF_LEAF static void fence() { _mm_sfence(); }
    /// Lanes first ... last - 1, lane l to p[l].
    KADANOFF_LEAF static void store(Element* p, std::int64_t first, std::int64_t last, Vector a) {
        _mm512_mask_storeu_epi32(p, lanes_in(first, last), a);
    }
    KADANOFF_LEAF static void store_halves(Element* low, Element* high, Vector a) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(low), _mm512_castsi512_si256(a));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(high), _mm512_extracti64x4_epi64(a, 1));
    }
    KADANOFF_LEAF static void transpose(Vector* r) {
        Vector t[16];
        KADANOFF_UNROLL
        for (int i = 0; i < 16; i += 2) {
            t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
            t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
        }
        KADANOFF_UNROLL
        for (int i = 0; i < 16; i += 4) {
            r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
            r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
            r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
            r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
        }
        KADANOFF_UNROLL
        for (int i = 0; i < 4; ++i) {
            const Vector low = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
            const Vector high = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
            const Vector low2 = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
            const Vector high2 = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
            t[i] = _mm512_shuffle_i32x4(low, low2, 0x88);
            t[i + 8] = _mm512_shuffle_i32x4(low, low2, 0xdd);
            t[i + 4] = _mm512_shuffle_i32x4(high, high2, 0x88);
            t[i + 12] = _mm512_shuffle_i32x4(high, high2, 0xdd);
        }
        KADANOFF_UNROLL
        for (int i = 0; i < 16; ++i) r[i] = t[i];
    }
};

template <>
struct Avx512Mover<8> {
    using Element = std::uint64_t;
    using Vector = __m512i;
    static constexpr int lanes = 8;

    KADANOFF_LEAF static __mmask8 lanes_in(std::int64_t first, std::int64_t last) {
        return static_cast<__mmask8>((1U << last) - (1U << first));
    }
    KADANOFF_LEAF static Vector zero() { return _mm512_setzero_si512(); }
    KADANOFF_LEAF static Vector load(const Element* p) { return _mm512_loadu_si512(p); }
    KADANOFF_LEAF static Vector load(const Element* p, std::int64_t count) {
        return _mm512_maskz_loadu_epi64(lanes_in(0, count), p);
    }
    KADANOFF_LEAF static void store(Element* p, Vector a) { _mm512_storeu_si512(p, a); }
    KADANOFF_LEAF static void stream(Element* p, Vector a) { _mm512_stream_si512(reinterpret_cast<Vector*>(p), a); }
    KADANOFF_LEAF static void fence() { _mm_sfence(); }
    KADANOFF_LEAF static void store(Element* p, std::int64_t first, std::int64_t last, Vector a) {
        _mm512_mask_storeu_epi64(p, lanes_in(first, last), a);
    }
    KADANOFF_LEAF static void transpose(Vector* r) {
        Vector t[8];
        KADANOFF_UNROLL
        for (int i = 0; i < 8; i += 2) {
            t[i] = _mm512_unpacklo_epi64(r[i], r[i + 1]);
            t[i + 1] = _mm512_unpackhi_epi64(r[i], r[i + 1]);
        }
        KADANOFF_UNROLL
        for (int i = 0; i < 2; ++i) {
            const Vector low = _mm512_shuffle_i64x2(t[i], t[i + 2], 0x88);
            const Vector high = _mm512_shuffle_i64x2(t[i], t[i + 2], 0xdd);
            const Vector low2 = _mm512_shuffle_i64x2(t[i + 4], t[i + 6], 0x88);
            const Vector high2 = _mm512_shuffle_i64x2(t[i + 4], t[i + 6], 0xdd);
            r[i] = _mm512_shuffle_i64x2(low, low2, 0x88);
            r[i + 4] = _mm512_shuffle_i64x2(low, low2, 0xdd);
            r[i + 2] = _mm512_shuffle_i64x2(high, high2, 0x88);
            r[i + 6] = _mm512_shuffle_i64x2(high, high2, 0xdd);
        }
    }
};

template <>
struct Avx512Mover<16> {
    struct Element {
        std::uint64_t low, high;
    };
    using Vector = __m512i;
    static constexpr int lanes = 4;

    KADANOFF_LEAF static __mmask8 lanes_in(std::int64_t first, std::int64_t last) {
        return static_cast<__mmask8>((1U << 2 * last) - (1U << 2 * first));
    }
    KADANOFF_LEAF static Vector zero() { return _mm512_setzero_si512(); }
    KADANOFF_LEAF static Vector load(const Element* p) { return _mm512_loadu_si512(p); }
    KADANOFF_LEAF static Vector load(const Element* p, std::int64_t count) {
        return _mm512_maskz_loadu_epi64(lanes_in(0, count), p);
    }
    KADANOFF_LEAF static void store(Element* p, Vector a) { _mm512_storeu_si512(p, a); }
    KADANOFF_LEAF static void stream(Element* p, Vector a) { _mm512_stream_si512(reinterpret_cast<Vector*>(p), a); }
    KADANOFF_LEAF static void fence() { _mm_sfence(); }
    KADANOFF_LEAF static void store(Element* p, std::int64_t first, std::int64_t last, Vector a) {
        _mm512_mask_storeu_epi64(p, lanes_in(first, last), a);
    }
    KADANOFF_LEAF static void transpose(Vector* r) {
        const Vector low = _mm512_shuffle_i64x2(r[0], r[1], 0x88), high = _mm512_shuffle_i64x2(r[0], r[1], 0xdd);
        const Vector low2 = _mm512_shuffle_i64x2(r[2], r[3], 0x88), high2 = _mm512_shuffle_i64x2(r[2], r[3], 0xdd);
        r[0] = _mm512_shuffle_i64x2(low, low2, 0x88);
        r[2] = _mm512_shuffle_i64x2(low, low2, 0xdd);
        r[1] = _mm512_shuffle_i64x2(high, high2, 0x88);
        r[3] = _mm512_shuffle_i64x2(high, high2, 0xdd);
    }
};

}  // namespace kadanoff
