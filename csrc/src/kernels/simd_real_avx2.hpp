#pragma once

#include <immintrin.h>

#include <cstdint>

#include "kadanoff/config.hpp"

namespace kadanoff {

/// Real arithmetic on 256 bits; needs FMA beside AVX2.
template <class T>
struct Avx2Real;

template <>
struct Avx2Real<float> {
    using Number = float;
    using Vector = __m256;
    static constexpr int lanes = 8;

    KADANOFF_LEAF static __m256i lanes_of(std::uint32_t mask) {
        const __m256i bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
        return _mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32(static_cast<int>(mask)), bits), bits);
    }
    KADANOFF_LEAF static Vector zero() { return _mm256_setzero_ps(); }
    KADANOFF_LEAF static Vector load(const float* p) { return _mm256_loadu_ps(p); }
    KADANOFF_LEAF static Vector load(const float* p, std::uint32_t mask) {
        return _mm256_maskload_ps(p, lanes_of(mask));
    }
    KADANOFF_LEAF static void store(float* p, Vector a) { _mm256_storeu_ps(p, a); }
    KADANOFF_LEAF static void store(float* p, std::uint32_t mask, Vector a) {
        _mm256_maskstore_ps(p, lanes_of(mask), a);
    }
    KADANOFF_LEAF static Vector broadcast(const float* p) { return _mm256_broadcast_ss(p); }
    KADANOFF_LEAF static Vector add(Vector a, Vector b) { return _mm256_add_ps(a, b); }
    /// a - b in even lanes, a + b in odd ones.
    KADANOFF_LEAF static Vector subtract_add(Vector a, Vector b) { return _mm256_addsub_ps(a, b); }
    KADANOFF_LEAF static Vector swap_pairs(Vector a) { return _mm256_permute_ps(a, 0xB1); }
    KADANOFF_LEAF static Number total(Vector a) {
        __m128 half = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
        half = _mm_add_ps(half, _mm_movehl_ps(half, half));
        return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
    }
    KADANOFF_LEAF static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
};

template <>
struct Avx2Real<double> {
    using Number = double;
    using Vector = __m256d;
    static constexpr int lanes = 4;

    KADANOFF_LEAF static __m256i lanes_of(std::uint32_t mask) {
        const __m256i bits = _mm256_setr_epi64x(1, 2, 4, 8);
        return _mm256_cmpeq_epi64(_mm256_and_si256(_mm256_set1_epi64x(static_cast<long long>(mask)), bits), bits);
    }
    KADANOFF_LEAF static Vector zero() { return _mm256_setzero_pd(); }
    KADANOFF_LEAF static Vector load(const double* p) { return _mm256_loadu_pd(p); }
    KADANOFF_LEAF static Vector load(const double* p, std::uint32_t mask) {
        return _mm256_maskload_pd(p, lanes_of(mask));
    }
    KADANOFF_LEAF static void store(double* p, Vector a) { _mm256_storeu_pd(p, a); }
    KADANOFF_LEAF static void store(double* p, std::uint32_t mask, Vector a) {
        _mm256_maskstore_pd(p, lanes_of(mask), a);
    }
    KADANOFF_LEAF static Vector broadcast(const double* p) { return _mm256_broadcast_sd(p); }
    KADANOFF_LEAF static Vector add(Vector a, Vector b) { return _mm256_add_pd(a, b); }
    /// a - b in even lanes, a + b in odd ones.
    KADANOFF_LEAF static Vector subtract_add(Vector a, Vector b) { return _mm256_addsub_pd(a, b); }
    KADANOFF_LEAF static Vector swap_pairs(Vector a) { return _mm256_permute_pd(a, 0x5); }
    KADANOFF_LEAF static Number total(Vector a) {
        const __m128d half = _mm_add_pd(_mm256_castpd256_pd128(a), _mm256_extractf128_pd(a, 1));
        return _mm_cvtsd_f64(_mm_add_sd(half, _mm_unpackhi_pd(half, half)));
    }
    KADANOFF_LEAF static Vector multiply_add(Vector a, Vector b, Vector c) { return _mm256_fmadd_pd(a, b, c); }
};

/// Elements of Bytes bytes, moved and transposed in registers of 256 bits.
template <int Bytes>
struct Avx2Mover;

template <>
struct Avx2Mover<4> {
    using Element = std::uint32_t;
    using Vector = __m256i;
    static constexpr int lanes = 8;

    KADANOFF_LEAF static __m256i lanes_in(std::int64_t first, std::int64_t last) {
        const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
        return _mm256_andnot_si256(_mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(first)), lane),
                                   _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(last)), lane));
    }
    KADANOFF_LEAF static Vector zero() { return _mm256_setzero_si256(); }
    KADANOFF_LEAF static Vector load(const Element* p) {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    }
    KADANOFF_LEAF static Vector load(const Element* p, std::int64_t count) {
        return _mm256_maskload_epi32(reinterpret_cast<const int*>(p), lanes_in(0, count));
    }
    KADANOFF_LEAF static void store(Element* p, Vector a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a); }
    KADANOFF_LEAF static void stream(Element* p, Vector a) { _mm256_stream_si256(reinterpret_cast<__m256i*>(p), a); }
    KADANOFF_LEAF static void fence() { _mm_sfence(); }
    KADANOFF_LEAF static void store(Element* p, std::int64_t first, std::int64_t last, Vector a) {
        _mm256_maskstore_epi32(reinterpret_cast<int*>(p), lanes_in(first, last), a);
    }
    KADANOFF_LEAF static void transpose(Vector* r) {
        Vector t[8];
        KADANOFF_UNROLL
        for (int i = 0; i < 8; i += 2) {
            t[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
            t[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
        }
        KADANOFF_UNROLL
        for (int i = 0; i < 8; i += 4) {
            r[i] = _mm256_unpacklo_epi64(t[i], t[i + 2]);
            r[i + 1] = _mm256_unpackhi_epi64(t[i], t[i + 2]);
            r[i + 2] = _mm256_unpacklo_epi64(t[i + 1], t[i + 3]);
            r[i + 3] = _mm256_unpackhi_epi64(t[i + 1], t[i + 3]);
        }
        KADANOFF_UNROLL
        for (int i = 0; i < 4; ++i) {
            t[i] = _mm256_permute2x128_si256(r[i], r[i + 4], 0x20);
            t[i + 4] = _mm256_permute2x128_si256(r[i], r[i + 4], 0x31);
        }
        KADANOFF_UNROLL
        for (int i = 0; i < 8; ++i) r[i] = t[i];
    }
};

template <>
struct Avx2Mover<8> {
    using Element = std::uint64_t;
    using Vector = __m256i;
    static constexpr int lanes = 4;

    KADANOFF_LEAF static __m256i lanes_in(std::int64_t first, std::int64_t last) {
        const __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3);
        return _mm256_andnot_si256(_mm256_cmpgt_epi64(_mm256_set1_epi64x(first), lane),
                                   _mm256_cmpgt_epi64(_mm256_set1_epi64x(last), lane));
    }
    KADANOFF_LEAF static Vector zero() { return _mm256_setzero_si256(); }
    KADANOFF_LEAF static Vector load(const Element* p) {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    }
    KADANOFF_LEAF static Vector load(const Element* p, std::int64_t count) {
        return _mm256_maskload_epi64(reinterpret_cast<const long long*>(p), lanes_in(0, count));
    }
    KADANOFF_LEAF static void store(Element* p, Vector a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a); }
    KADANOFF_LEAF static void stream(Element* p, Vector a) { _mm256_stream_si256(reinterpret_cast<__m256i*>(p), a); }
    KADANOFF_LEAF static void fence() { _mm_sfence(); }
    KADANOFF_LEAF static void store(Element* p, std::int64_t first, std::int64_t last, Vector a) {
        _mm256_maskstore_epi64(reinterpret_cast<long long*>(p), lanes_in(first, last), a);
    }
    KADANOFF_LEAF static void transpose(Vector* r) {
        const Vector a = _mm256_unpacklo_epi64(r[0], r[1]), b = _mm256_unpackhi_epi64(r[0], r[1]);
        const Vector c = _mm256_unpacklo_epi64(r[2], r[3]), d = _mm256_unpackhi_epi64(r[2], r[3]);
        r[0] = _mm256_permute2x128_si256(a, c, 0x20);
        r[1] = _mm256_permute2x128_si256(b, d, 0x20);
        r[2] = _mm256_permute2x128_si256(a, c, 0x31);
        r[3] = _mm256_permute2x128_si256(b, d, 0x31);
    }
};

template <>
struct Avx2Mover<16> {
    struct Element {
        std::uint64_t low, high;
    };
    using Vector = __m256i;
    static constexpr int lanes = 2;

    KADANOFF_LEAF static Vector zero() { return _mm256_setzero_si256(); }
    KADANOFF_LEAF static Vector load(const Element* p) {
        return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
    }
    KADANOFF_LEAF static Vector load(const Element* p, std::int64_t count) {
        return _mm256_maskload_epi64(reinterpret_cast<const long long*>(p), Avx2Mover<8>::lanes_in(0, 2 * count));
    }
    KADANOFF_LEAF static void store(Element* p, Vector a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a); }
    KADANOFF_LEAF static void stream(Element* p, Vector a) { _mm256_stream_si256(reinterpret_cast<__m256i*>(p), a); }
    KADANOFF_LEAF static void fence() { _mm_sfence(); }
    KADANOFF_LEAF static void store(Element* p, std::int64_t first, std::int64_t last, Vector a) {
        _mm256_maskstore_epi64(reinterpret_cast<long long*>(p), Avx2Mover<8>::lanes_in(2 * first, 2 * last), a);
    }
    KADANOFF_LEAF static void transpose(Vector* r) {
        const Vector a = r[0];
        r[0] = _mm256_permute2x128_si256(a, r[1], 0x20);
        r[1] = _mm256_permute2x128_si256(a, r[1], 0x31);
    }
};

}  // namespace kadanoff
