#pragma once

#include <cstdint>

#include "kadanoff/config.hpp"

namespace kadanoff {

/// The sign bit of a float: a spin of the plain kernel is 0 (up) or this (down), so that a coupling times a spin is
/// an exclusive or.
inline constexpr std::uint32_t sign_bit = 0x80000000u;

/// exp(x) = 2^(x log2(e)).
inline constexpr double log2_e = 1.4426950408889634;

/// x = 2^-x for every x >= 0, relative error below 2e-7; x is cut off at 126, where float ends. Additions and
/// multiplications only, each rounded by itself, so that every machine gets the same bits. The numbers of a list are
/// worked on in lockstep: one alone waits for itself.
template <class Ops, int Count>
KADANOFF_LEAF void exp2_minus(typename Ops::Real* x) {
    using Real = typename Ops::Real;
    // Relative error below 2e-7 on [-1/2, 1/2], and 2^0 = 1.
    constexpr float coefficient[6] = {0x1p+0f,        0x1.62e42ap-1f, 0x1.ebf9c2p-3f,
                                      0x1.c6b6d8p-5f, 0x1.3ce8aap-7f, 0x1.5bda36p-10f};
    constexpr float shift = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
    Real shifted[Count], rest[Count];
    KADANOFF_UNROLL
    for (int i = 0; i < Count; ++i) {
        x[i] = Ops::least(x[i], Ops::real(126.0f));
        shifted[i] = Ops::plus(x[i], Ops::real(shift));
        rest[i] = Ops::minus(Ops::minus(shifted[i], Ops::real(shift)), x[i]);
        x[i] = Ops::real(coefficient[5]);
    }
    KADANOFF_UNROLL
    for (int k = 4; k >= 0; --k) {
        KADANOFF_UNROLL
        for (int i = 0; i < Count; ++i) x[i] = Ops::plus(Ops::times(x[i], rest[i]), Ops::real(coefficient[k]));
    }
    KADANOFF_UNROLL
    for (int i = 0; i < Count; ++i) {
        const auto exponent = Ops::template shift_left<23>(Ops::bits(shifted[i]));
        x[i] = Ops::as_real(Ops::subtract(Ops::bits(x[i]), exponent));
    }
}

/// A uniform number in (0, 1], as precise as float allows near 0.
template <class Ops>
KADANOFF_LEAF typename Ops::Real uniform_real(typename Ops::Vector word) {
    return Ops::times(Ops::plus(Ops::from_word(word), Ops::real(0.5f)), Ops::real(0x1p-32f));
}

}  // namespace kadanoff
