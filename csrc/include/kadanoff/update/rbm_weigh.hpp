#pragma once

#include "kadanoff/update/rbm_job.hpp"
#include "kadanoff/update/table_build.hpp"

namespace kadanoff {

// ln(1 + e^d) = max(d, 0) + ln(1 + e^-|d|). The factors 1 + e^-|d| lie in (1, 2]: many of them are multiplied before a
// logarithm is taken, outside the kernel. Additions and multiplications in float64 alone, unit by unit in ascending
// order: every instruction set gets the same bits.

/// What a kernel does with the sums of units.
enum class RbmTask {
    draw,
    weigh,
    anneal,  ///< both, with weights at two inverse temperatures
};

KADANOFF_LEAF constexpr int weighed_betas(RbmTask task) { return task == RbmTask::anneal ? 2 : 1; }

/// The int16 numbers in the lower and upper halves of lanes.
template <class Ops>
KADANOFF_LEAF typename Ops::Real low_real(typename Ops::Vector pairs) {
    const auto shifted = Ops::bit_xor(Ops::bit_and(pairs, Ops::broadcast(0xFFFFu)), Ops::broadcast(0x8000u));
    return Ops::minus(Ops::from_word(shifted), Ops::real(32768.0f));
}
template <class Ops>
KADANOFF_LEAF typename Ops::Real high_real(typename Ops::Vector pairs) {
    return low_real<Ops>(Ops::template shift_right<16>(pairs));
}

/// Weighs `count` units from `unit` on in the `Chains` chains whose numbers begin at `place`; x: bits of their sums,
/// those of a unit `stride` words from the next one's.
template <class Ops, int Betas, int Chains>
KADANOFF_LEAF void weigh_units(const RbmWeighing& weighing, std::int64_t unit, int count, const std::uint32_t* x,
                               std::int64_t stride, std::int64_t place) {
    using Double = typename Ops::Double;
    const auto one = Ops::double_of(1.0);
    const std::int64_t there = weighing.units - unit < count ? weighing.units - unit : count;
    for (int c = 0; c < Chains; c += Ops::doubles) {
        const std::int64_t at = place + c;
        Double positive = Ops::load_doubles(weighing.positive + at), rate[Betas], product[Betas];
        KADANOFF_UNROLL
        for (int b = 0; b < Betas; ++b) {
            rate[b] = Ops::load_doubles(weighing.rate[b] + at);
            product[b] = Ops::load_doubles(weighing.product[b] + at);
        }
        for (std::int64_t j = 0; j < there; ++j) {
            const Double sum = Ops::load_floats(x + j * stride + c);
            positive = Ops::plus(positive, Ops::if_less(Ops::double_of(0.0), sum, sum));
            const Double size = Ops::size(sum);
            KADANOFF_UNROLL
            for (int b = 0; b < Betas; ++b) {
                const Double weight = half_to_the<Ops>(Ops::times(size, rate[b]));
                product[b] = Ops::times(product[b], Ops::plus(one, weight));
            }
        }
        Ops::store_doubles(weighing.positive + at, positive);
        KADANOFF_UNROLL
        for (int b = 0; b < Betas; ++b) Ops::store_doubles(weighing.product[b] + at, product[b]);
    }
}

/// Sums of numbers[i] over the units of the source that are on, for the 32 chains of a word, even ones first.
template <class Ops>
KADANOFF_LEAF void sum_source(const RbmJob& job, const double* numbers, std::int64_t units, std::int64_t word,
                              double* out) {
    using Vector = typename Ops::Vector;
    constexpr int registers = 32 / Ops::lanes, doubles = Ops::lanes / Ops::doubles;
    Vector own[registers];  // the bit of each chain
    typename Ops::Double sum[registers][doubles];
    KADANOFF_UNROLL
    for (int r = 0; r < registers; ++r) {
        const int first = r * Ops::lanes % 16;
        const auto chain = Ops::template shift_left<1>(Ops::iota(static_cast<std::uint32_t>(first)));
        own[r] = Ops::shift_left_by(Ops::broadcast(2 * r < registers ? 1u : 2u), chain);
        for (int i = 0; i < doubles; ++i) sum[r][i] = Ops::double_of(0.0);
    }
    const std::uint32_t* source = job.source + word * job.source_stride;
    for (std::int64_t j = 0; j < units; ++j) {
        const Vector bits = Ops::broadcast(source[j]);
        const auto number = Ops::double_of(numbers[j]);
        KADANOFF_UNROLL
        for (int r = 0; r < registers; ++r) {
            const auto on = Ops::set_lanes(Ops::equal(Ops::bit_and(bits, own[r]), own[r]));
            KADANOFF_UNROLL
            for (int i = 0; i < doubles; ++i) sum[r][i] = Ops::plus_where_lane(on, i, sum[r][i], number);
        }
    }
    for (int r = 0; r < registers; ++r) {
        for (int i = 0; i < doubles; ++i) Ops::store_doubles(out + r * Ops::lanes + i * Ops::doubles, sum[r][i]);
    }
}

}  // namespace kadanoff
