#pragma once

#include <cstdint>

#include "kadanoff/update/plain_real.hpp"

namespace kadanoff {

/// Polynomial in x, lowest coefficient first, by Horner's rule.
template <class Ops, int Count>
KADANOFF_LEAF typename Ops::Real polynomial(const float (&coefficient)[Count], typename Ops::Real x) {
    auto sum = Ops::real(coefficient[Count - 1]);
    KADANOFF_UNROLL
    for (int k = Count - 2; k >= 0; --k) sum = Ops::plus(Ops::times(sum, x), Ops::real(coefficient[k]));
    return sum;
}

/// log2(x) for normal x in (0, 1], to within 3e-7 of itself.
template <class Ops>
KADANOFF_LEAF typename Ops::Real log2_of(typename Ops::Real x) {
    constexpr float coefficient[9] = {0x1.715476p+0f,  -0x1.715474p-1f, 0x1.ec73dep-2f,
                                      -0x1.715994p-2f, 0x1.26d01cp-2f,  -0x1.e9d1e6p-3f,
                                      0x1.ba8738p-3f,  -0x1.a59aeap-3f, 0x1.f841dcp-4f};
    constexpr std::uint32_t root_half = 0x3F3504F3u, one = 0x3F800000u;  // bits of sqrt(1/2) and 1
    const auto bits = Ops::add(Ops::bits(x), Ops::broadcast(one - root_half));
    const auto exponent = Ops::minus(Ops::from_word(Ops::template shift_right<23>(bits)), Ops::real(127.0f));
    const auto mantissa = Ops::add(Ops::bit_and(bits, Ops::broadcast(0x7FFFFFu)), Ops::broadcast(root_half));
    const auto rest = Ops::minus(Ops::as_real(mantissa), Ops::real(1.0f));  // sqrt(1/2) - 1 ... sqrt(2) - 1
    return Ops::plus(exponent, Ops::times(rest, polynomial<Ops>(coefficient, rest)));
}

/// Two independent numbers of the standard normal distribution from 64 random bits (G. E. P. Box and M. E. Muller,
/// Ann. Math. Stat. 29 (1958) 610), at most 6.77 in size. Operations that are rounded by themselves only, so that
/// every machine gets the same bits.
template <class Ops>
KADANOFF_LEAF void normal_pair(typename Ops::Vector radius_bits, typename Ops::Vector angle_bits,
                               typename Ops::Real& first, typename Ops::Real& second) {
    // sin(pi f / 2) / f and cos(pi f / 2) in f^2, for f in [-1/2, 1/2].
    constexpr float sine[4] = {0x1.921fb6p+0f, -0x1.4abbbap-1f, 0x1.465ec4p-4f, -0x1.2d9b4p-8f};
    constexpr float cosine[5] = {0x1p+0f, -0x1.3bd3ccp+0f, 0x1.03c1dcp-2f, -0x1.55c57ap-6f, 0x1.d9c2e8p-11f};
    constexpr float twice_ln2 = 0x1.62e43p+0f;
    const auto size = Ops::size(log2_of<Ops>(uniform_real<Ops>(radius_bits)));
    const auto radius = Ops::square_root(Ops::times(size, Ops::real(twice_ln2)));
    // An angle within pi / 4 of the axis that the upper two bits choose.
    const auto low = Ops::from_word(Ops::bit_and(angle_bits, Ops::broadcast(0x3FFFFFFFu)));
    const auto f = Ops::minus(Ops::times(low, Ops::real(0x1p-30f)), Ops::real(0.5f));
    const auto square = Ops::times(f, f);
    const auto sign = Ops::bit_and(Ops::template shift_left<1>(angle_bits), Ops::broadcast(sign_bit));
    const auto along = Ops::bit_xor(Ops::bits(Ops::times(radius, polynomial<Ops>(cosine, square))), sign);
    const auto across = Ops::bits(Ops::times(radius, Ops::times(f, polynomial<Ops>(sine, square))));
    const auto turned = Ops::equal(Ops::template shift_right<31>(angle_bits), Ops::broadcast(1u));
    first = Ops::as_real(Ops::select(turned, across, along));
    second = Ops::as_real(Ops::select(turned, along, across));
}

}  // namespace kadanoff
