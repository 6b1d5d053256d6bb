#pragma once

#include <cstdint>

#include "kadanoff/update/graph_sweep.hpp"
#include "kadanoff/update/plain_real.hpp"

namespace kadanoff {

/// A block of sites of the plain kernel: word w of a position is the spin of replica w. Couplings and fields of any
/// size, float32; sums are in the order of the bonds, in four parts.
struct PlainJob : GraphJob {
    const std::uint32_t* coupling;    ///< bits of the float to neighbour d of site j, like `neighbour`
    const std::uint32_t* field;       ///< bits of the float of site j
    const std::uint32_t* corner;      ///< of plaquette t of site j: positions at [(3 * t + c) * stride + j], c < 3
    int plaquettes;                   ///< at every site
    float plaquette;                  ///< their coupling
    const std::uint32_t* twice_beta;  ///< bits of the float of every replica, at least packed_lanes (repeated to that)
};

/// The field that the neighbours and the outside exert on every site of a register.
template <class Ops, bool Direct>
KADANOFF_LEAF typename Ops::Real local_field(const PlainJob& job, const SitePlace<Ops, Direct>& at) {
    using Real = typename Ops::Real;
    Real part[4];
    part[0] = Ops::as_real(at.items(job, job.field));
    part[1] = part[2] = part[3] = Ops::real(0.0f);
    const auto bond = [&](int d) KADANOFF_INLINE_LAMBDA {
        const auto spin = at.spins_at(job, job.neighbour + d * job.stride);
        return Ops::as_real(Ops::bit_xor(at.items(job, job.coupling + d * job.stride), spin));
    };
    int d = 0;
    for (; d + 4 <= job.degree; d += 4) {
        KADANOFF_UNROLL
        for (int k = 0; k < 4; ++k) part[k] = Ops::plus(part[k], bond(d + k));
    }
    for (; d < job.degree; ++d) part[0] = Ops::plus(part[0], bond(d));
    for (int t = 0; t < job.plaquettes; ++t) {
        const std::uint32_t* corner = job.corner + 3 * t * job.stride;
        const auto sign = Ops::xor3(at.spins_at(job, corner), at.spins_at(job, corner + job.stride),
                                    at.spins_at(job, corner + 2 * job.stride));
        part[1] = Ops::plus(part[1], Ops::as_real(Ops::bit_xor(Ops::bits(Ops::real(job.plaquette)), sign)));
    }
    return Ops::plus(Ops::plus(part[0], part[1]), Ops::plus(part[2], part[3]));
}

/// Updates one register.
template <class Ops, class Rule, bool Direct>
KADANOFF_LEAF void update_plain(const PlainJob& job, const SweepUnit& unit, std::int64_t vector,
                                Xoshiro128pp<Ops>& stream) {
    using Real = typename Ops::Real;
    using Vector = typename Ops::Vector;
    const SitePlace<Ops, Direct> at(job, unit, vector);
    const Real field = local_field<Ops, Direct>(job, at);
    const Real drive = Ops::times(Ops::as_real(Ops::load(job.twice_beta + job.first_word + unit.lane)), field);
    const Real uniform = uniform_real<Ops>(stream.next());
    const Vector value = Rule::template move<Ops>(Ops::load(job.source + at.word), drive, uniform);
    Ops::store(job.target + at.word, Ops::bit_and(at.valid(job), value));
}

/// Bonds, fields and plaquettes to sum up in float64 over 16 lanes: replicas of one item, or of several.
struct PlainSum {
    const std::uint32_t* spins;        ///< word 0 of position 0, of the word block
    const std::uint32_t* position[4];  ///< of the corners of every item
    const double* weight;
    std::int64_t weight_step;  ///< 1, or 0 where all items have one weight
    std::int64_t items;
    std::int64_t words;  ///< of a position
};

/// Adds weight * product of spins of every item to sum[lane], lane < min(words, 16), items in order.
template <int Corners>
KADANOFF_LEAF void sum_plain(const PlainSum& in, double* sum) {
    const std::int64_t lanes = in.words < packed_lanes ? in.words : packed_lanes;
    double total[packed_lanes] = {};
    for (std::int64_t i = 0; i < in.items; ++i) {
        const double weight = in.weight[i * in.weight_step];
        const std::uint32_t* spins[Corners];
        KADANOFF_UNROLL
        for (int c = 0; c < Corners; ++c) spins[c] = in.spins + static_cast<std::int64_t>(in.position[c][i]) * in.words;
        const auto add = [&](std::int64_t l) KADANOFF_INLINE_LAMBDA {
            std::uint32_t sign = spins[0][l];
            KADANOFF_UNROLL
            for (int c = 1; c < Corners; ++c) sign ^= spins[c][l];
            total[l] += sign == 0 ? weight : -weight;
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
