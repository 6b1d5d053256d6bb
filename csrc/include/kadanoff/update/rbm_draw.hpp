#pragma once

#include "kadanoff/update/rbm_job.hpp"

namespace kadanoff {

// A unit is on with log-odds d. With V = U for d >= 0 and ~U below, U 64 random bits, it is (V <= T) xor (d >= 0),
// where (T + 1) / 2^64 = 1 / (1 + e^|d|). The kernel knows y = |d| 2048 / ln 2, to within some 1.3, cut off at 32767,
// the sign of d, and the first 16 bits of V. It compares them with a lower bound of the first bits of T; what lies in
// the window above the bound is left to finish_*_units, so that no rounding here decides anything.

/// The bound as a quadratic polynomial on 32 intervals of y.
template <class Ops>
struct QuadraticLogistic {
    using Vector = typename Ops::Vector;
    typename Ops::PairTable constant, linear, square;
    Vector window;

    KADANOFF_LEAF explicit QuadraticLogistic(const RbmLogistic& logistic)
        : constant(Ops::pair_table(logistic.quadratic[0])),
          linear(Ops::pair_table(logistic.quadratic[1])),
          square(Ops::pair_table(logistic.quadratic[2])),
          window(Ops::broadcast_pair(logistic.quadratic_window)) {}

    KADANOFF_LEAF Vector bound(Vector y) const {
        const Vector i = Ops::template shift_pairs_right<10>(y);
        const Vector x = Ops::template shift_pairs_left<6>(y);
        const Vector slope =
            Ops::subtract_pairs(Ops::look_up_pairs(linear, i), Ops::times_pairs_high(x, Ops::look_up_pairs(square, i)));
        return Ops::subtract_pairs_to_zero(Ops::look_up_pairs(constant, i), Ops::times_pairs_high(x, slope));
    }
};

/// The bound as a cubic polynomial on 8 intervals: 16 bytes a coefficient. The last one is signed.
template <class Ops>
struct CubicLogistic {
    using Vector = typename Ops::Vector;
    typename Ops::Row coefficient[4];
    Vector window;

    KADANOFF_LEAF explicit CubicLogistic(const RbmLogistic& logistic)
        : coefficient{Ops::row(logistic.cubic[0]), Ops::row(logistic.cubic[1]), Ops::row(logistic.cubic[2]),
                      Ops::row(logistic.cubic[3])},
          window(Ops::broadcast_pair(logistic.cubic_window)) {}

    KADANOFF_LEAF Vector bound(Vector y) const {
        // Bytes 2 i and 2 i + 1.
        const Vector i =
            Ops::add_pairs(Ops::times_pairs(Ops::template shift_pairs_right<12>(y), Ops::broadcast_pair(0x0202u)),
                           Ops::broadcast_pair(0x0100u));
        const Vector x = Ops::template shift_pairs_left<4>(y);
        const auto at = [&](int k) KADANOFF_INLINE_LAMBDA { return Ops::look_up(coefficient[k], i); };
        const Vector half = Ops::template shift_pairs_right<1>(x);
        Vector slope = Ops::subtract_pairs(at(2), Ops::times_pairs_high_signed(half, at(3)));
        slope = Ops::subtract_pairs(at(1), Ops::times_pairs_high(x, slope));
        return Ops::subtract_pairs_to_zero(at(0), Ops::times_pairs_high(x, slope));
    }
};

/// What 16 bits decide about one unit in two chains a lane.
template <class Ops>
struct PairDraw {
    typename Ops::Vector first_bits;  ///< of V
    std::uint32_t up, open;           ///< a bit for each chain

    template <class Logistic>
    KADANOFF_LEAF PairDraw(const Logistic& logistic, typename Ops::Vector y, typename Ops::PairSet negative,
                           typename Ops::Vector uniform)
        : first_bits(Ops::complement_where(negative, uniform)) {
        const auto bound = logistic.bound(y);
        const auto beyond = Ops::at_most_pairs(bound, first_bits);
        const auto near = Ops::at_most_pairs(Ops::subtract_pairs(first_bits, bound), logistic.window);
        up = Ops::set_bits(Ops::differing(beyond, negative), near, open);
    }
};

/// y of int16 sums.
template <class Ops>
KADANOFF_LEAF typename Ops::Vector fixed16_drive(typename Ops::Vector sum, typename Ops::Vector limit,
                                                 typename Ops::Vector scale, typename Ops::Vector factor) {
    return Ops::times_pairs_high(Ops::times_pairs(Ops::least_pairs(Ops::size_pairs(sum), limit), scale), factor);
}

/// y of a float sum, in the low 16 bits of a lane.
template <class Ops>
KADANOFF_LEAF typename Ops::Vector float32_drive(typename Ops::Real sum, typename Ops::Real real) {
    // Adding 1.5 2^23 rounds to an integer and puts it into the last bits.
    const auto y = Ops::least(Ops::times(Ops::size(sum), real), Ops::real(32767.0f));
    return Ops::bits(Ops::plus(y, Ops::real(12582912.0f)));
}

/// The upper half of a lane from `high`, shifted there, and the lower one from `low`.
template <class Ops>
KADANOFF_LEAF typename Ops::Vector join_low_halves(typename Ops::Vector low, typename Ops::Vector high) {
    return Ops::select(Ops::broadcast(0xFFFFu), low, Ops::template shift_left<16>(high));
}
/// The same of the upper halves.
template <class Ops>
KADANOFF_LEAF typename Ops::Vector join_high_halves(typename Ops::Vector low, typename Ops::Vector high) {
    return Ops::select(Ops::broadcast(0xFFFFu), Ops::template shift_right<16>(low), high);
}

/// Draws a unit in the chains of a vector of int16 sums.
template <class Ops, class Logistic>
KADANOFF_LEAF std::uint32_t draw_fixed16(const RbmJob& job, const Logistic& logistic, std::int64_t word, int part,
                                         std::int64_t unit, typename Ops::Vector sum, typename Ops::Vector y,
                                         typename Ops::Vector uniform) {
    const auto negative = Ops::negative_pairs(sum);
    const PairDraw<Ops> drawn(logistic, y, negative, uniform);
    if (__builtin_expect(drawn.open == 0, 1)) return drawn.up;
    alignas(64) std::uint32_t first_bits[Ops::lanes], sums[Ops::lanes];
    Ops::store(first_bits, drawn.first_bits);
    Ops::store(sums, sum);
    const OpenUnits units{word * rbm_chains + part * 2 * Ops::lanes,
                          static_cast<std::uint32_t>(unit),
                          drawn.open,
                          drawn.up,
                          Ops::set_bits(negative),
                          first_bits};
    return finish_fixed16_units(job, units, sums);
}

}  // namespace kadanoff
