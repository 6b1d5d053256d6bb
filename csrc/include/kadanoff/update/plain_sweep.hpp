#pragma once

#include <cstdint>

#include "kadanoff/update/graph_sweep.hpp"
#include "kadanoff/update/plain_real.hpp"

namespace kadanoff {

/// A block of sites of the plain kernel: word w of a position is the spin of replica w. Couplings and fields of any
/// size, float32; sums are in the order of the bonds, in four parts.
struct PlainJob : GraphJob {
    const std::uint32_t* coupling;  ///< bits of the float to neighbour d of site j, like `neighbour`
    const std::uint32_t* field;     ///< bits of the float of site j
    const std::uint32_t* corner;    ///< of plaquette t of site j: positions at [(3 * t + c) * stride + j], c < 3
    int plaquettes;                 ///< at every site
    float plaquette;                ///< their coupling
    const std::uint32_t* scale;  ///< bits of the float 2 beta log2(e) of every replica, at least packed_lanes of them
};

/// The fields that the neighbours and the outside exert on the sites of `Count` registers.
template <class Ops, bool Direct, int Count>
KADANOFF_LEAF void local_fields(const PlainJob& job, const SitePlace<Ops, Direct>* at, typename Ops::Real* field) {
    using Real = typename Ops::Real;
    Real part[4][Count];
    KADANOFF_UNROLL
    for (int i = 0; i < Count; ++i) {
        part[0][i] = Ops::as_real(at[i].items(job, job.field));
        part[1][i] = part[2][i] = part[3][i] = Ops::real(0.0f);
    }
    const auto add_bond = [&](int d, Real* sum) KADANOFF_INLINE_LAMBDA {
        KADANOFF_UNROLL
        for (int i = 0; i < Count; ++i) {
            const auto spin = at[i].spins_at(job, job.neighbour + d * job.stride);
            const auto coupling = at[i].items(job, job.coupling + d * job.stride);
            sum[i] = Ops::plus(sum[i], Ops::as_real(Ops::bit_xor(coupling, spin)));
        }
    };
    int d = 0;
    for (; d + 4 <= job.degree; d += 4) {
        KADANOFF_UNROLL
        for (int k = 0; k < 4; ++k) add_bond(d + k, part[k]);
    }
    for (; d < job.degree; ++d) add_bond(d, part[0]);
    for (int t = 0; t < job.plaquettes; ++t) {
        const std::uint32_t* corner = job.corner + 3 * t * job.stride;
        const auto weight = Ops::bits(Ops::real(job.plaquette));
        KADANOFF_UNROLL
        for (int i = 0; i < Count; ++i) {
            const auto sign = Ops::xor3(at[i].spins_at(job, corner), at[i].spins_at(job, corner + job.stride),
                                        at[i].spins_at(job, corner + 2 * job.stride));
            part[1][i] = Ops::plus(part[1][i], Ops::as_real(Ops::bit_xor(weight, sign)));
        }
    }
    KADANOFF_UNROLL
    for (int i = 0; i < Count; ++i) {
        field[i] = Ops::plus(Ops::plus(part[0][i], part[1][i]), Ops::plus(part[2][i], part[3][i]));
    }
}

/// Updates `Count` registers in lockstep, each with a stream of its own.
template <class Ops, class Rule, bool Direct, int Count>
KADANOFF_LEAF void update_plain(const PlainJob& job, const SweepUnit& unit, std::int64_t vector,
                                SiteStream<Ops, plain_streams>* stream) {
    using Real = typename Ops::Real;
    SitePlace<Ops, Direct> at[Count];
    Real drive[Count], uniform[Count];
    typename Ops::Vector spin[Count];
    KADANOFF_UNROLL
    for (int i = 0; i < Count; ++i) {
        at[i] = SitePlace<Ops, Direct>(job, unit, vector + i);
        typename Ops::Vector word[1];
        stream[i].template draw_words<1>(job, unit, word);
        uniform[i] = uniform_real<Ops>(word[0]);
        spin[i] = Ops::load(job.source + at[i].word);
    }
    local_fields<Ops, Direct, Count>(job, at, drive);
    const Real scale = Ops::as_real(Ops::load(job.scale + job.first_word + unit.lane));
    KADANOFF_UNROLL
    for (int i = 0; i < Count; ++i) drive[i] = Ops::times(scale, drive[i]);
    Rule::template move<Ops, Count>(drive, uniform, spin);
    KADANOFF_UNROLL
    for (int i = 0; i < Count; ++i) Ops::store(job.target + at[i].word, Ops::bit_and(at[i].valid(job), spin[i]));
}

/// Bonds, fields and plaquettes to sum up in float64 over 16 lanes: replicas of one item, or of several.
struct PlainSum {
    const std::uint32_t* spins;        ///< word 0 of position 0, of the word block
    const std::uint32_t* position[4];  ///< of the corners of every item
    const double* weight;
    std::int64_t weight_step;  ///< 1, or 0 where all items have one weight
    std::int64_t items;
    std::int64_t words;  ///< of a position, at most 16
};

/// Adds weight * product of spins of every item to sum[lane], lane < words, items in order.
template <int Corners>
KADANOFF_LEAF void sum_plain(const PlainSum& in, double* sum) {
    const std::int64_t lanes = in.words;
    double total[packed_lanes] = {};
    for (std::int64_t i = 0; i < in.items; ++i) {
        const auto weight = __builtin_bit_cast(std::uint64_t, in.weight[i * in.weight_step]);
        const std::uint32_t* spins[Corners];
        KADANOFF_UNROLL
        for (int c = 0; c < Corners; ++c) spins[c] = in.spins + static_cast<std::int64_t>(in.position[c][i]) * in.words;
        const auto add = [&](std::int64_t l) KADANOFF_INLINE_LAMBDA {
            std::uint32_t sign = spins[0][l];
            KADANOFF_UNROLL
            for (int c = 1; c < Corners; ++c) sign ^= spins[c][l];
            total[l] += __builtin_bit_cast(double, weight ^ (static_cast<std::uint64_t>(sign) << 32));
        };
        if (lanes == packed_lanes) {
            for (std::int64_t l = 0; l < packed_lanes; ++l) add(l);
        } else {
            for (std::int64_t l = 0; l < lanes; ++l) add(l);
        }
    }
    for (std::int64_t l = 0; l < lanes; ++l) sum[l] += total[l];
}

}  // namespace kadanoff
