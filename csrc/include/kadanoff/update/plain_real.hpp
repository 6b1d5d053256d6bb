#pragma once

#include <cstdint>

#include "kadanoff/config.hpp"

namespace kadanoff {

/// The sign bit of a float: a spin of the plain kernel is 0 (up) or this (down), so that a coupling times a spin is
/// an exclusive or.
inline constexpr std::uint32_t sign_bit = 0x80000000u;

/// exp(-x) for 0 <= x, relative error below 2e-7; x is cut off at 87, where float ends. Additions and multiplications
/// only, each rounded by itself, so that every machine gets the same bits.
template <class Ops>
KADANOFF_LEAF typename Ops::Real exp_minus_real(typename Ops::Real x) {
    using Real = typename Ops::Real;
    const auto constant = [](float value) KADANOFF_INLINE_LAMBDA { return Ops::real(value); };
    x = Ops::least(x, constant(87.0f));
    constexpr float shift = 12582912.0f;  // 1.5 * 2^23: adding it rounds to an integer
    const Real shifted = Ops::plus(Ops::times(x, constant(1.44269504f)), constant(shift));
    const Real n = Ops::minus(shifted, constant(shift));
    // r = n ln 2 - x, with ln 2 in two parts, |r| <= 0.35
    Real r = Ops::minus(Ops::times(n, constant(0.693359375f)), x);
    r = Ops::plus(r, Ops::times(n, constant(-2.12194440e-4f)));
    Real sum = constant(1.0f / 720.0f);
    sum = Ops::plus(Ops::times(sum, r), constant(1.0f / 120.0f));
    sum = Ops::plus(Ops::times(sum, r), constant(1.0f / 24.0f));
    sum = Ops::plus(Ops::times(sum, r), constant(1.0f / 6.0f));
    sum = Ops::plus(Ops::times(sum, r), constant(0.5f));
    sum = Ops::plus(Ops::times(sum, r), constant(1.0f));
    sum = Ops::plus(Ops::times(sum, r), constant(1.0f));
    const auto exponent = Ops::template shift_left<23>(Ops::bits(shifted));
    return Ops::as_real(Ops::subtract(Ops::bits(sum), exponent));
}

/// A uniform number in (0, 1], as precise as float allows near 0.
template <class Ops>
KADANOFF_LEAF typename Ops::Real uniform_real(typename Ops::Vector word) {
    return Ops::times(Ops::plus(Ops::from_word(word), Ops::real(0.5f)), Ops::real(0x1p-32f));
}

}  // namespace kadanoff
