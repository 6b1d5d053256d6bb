#pragma once

#include <cstdint>

#include "kadanoff/update/graph_sweep.hpp"
#include "kadanoff/update/plain_real.hpp"

namespace kadanoff {

inline constexpr int max_states = 256;

/// A block of sites of the Potts kernel: word w of a position is the state of replica w.
struct PottsJob : GraphJob {
    const std::uint32_t* coupling;  ///< bits of the float to neighbour d of site j, like `neighbour`
    const std::uint32_t* scale;     ///< bits of the float beta log2(e) of every replica, at least packed_lanes of them
    std::uint32_t states;
};

/// Minus the energy of the sites of a register in the states `state`: the sum of the couplings to equal neighbours.
template <class Ops, bool Direct>
KADANOFF_LEAF typename Ops::Real bond_sum(const PottsJob& job, const SitePlace<Ops, Direct>& at,
                                          typename Ops::Vector state) {
    auto sum = Ops::real(0.0f);
    for (int d = 0; d < job.degree; ++d) {
        const auto same = Ops::equal(at.spins_at(job, job.neighbour + d * job.stride), state);
        const auto coupling = at.items(job, job.coupling + d * job.stride);
        sum = Ops::plus(sum, Ops::as_real(Ops::bit_and(same, coupling)));
    }
    return sum;
}

/// Heat bath: state k with probability proportional to exp(beta sum_j J_j delta(k, s_j)).
struct PottsHeatBath {
    static constexpr const char* name = "heatbath";
    static constexpr Stream stream = Stream::potts_heat_bath;
    static constexpr int words = 1;  ///< random words of a site

    template <class Ops, bool Direct>
    KADANOFF_LEAF static typename Ops::Vector move(const PottsJob& job, const SitePlace<Ops, Direct>& at,
                                                   typename Ops::Real scale, const typename Ops::Vector* word) {
        using Real = typename Ops::Real;
        Real weight[max_states];
        Real largest = Ops::real(-3.0e38f);
        for (std::uint32_t k = 0; k < job.states; ++k) {
            weight[k] = Ops::times(scale, bond_sum<Ops, Direct>(job, at, Ops::broadcast(k)));
            largest =
                Ops::as_real(Ops::select(Ops::less(largest, weight[k]), Ops::bits(weight[k]), Ops::bits(largest)));
        }
        Real total = Ops::real(0.0f);
        for (std::uint32_t k = 0; k < job.states; ++k) {
            weight[k] = Ops::minus(largest, weight[k]);
            exp2_minus<Ops, 1>(weight + k);
            total = Ops::plus(total, weight[k]);
            weight[k] = total;
        }
        const Real level = Ops::times(uniform_real<Ops>(word[0]), total);
        typename Ops::Vector state = Ops::zero();  // the first k whose running sum reaches the level
        for (std::uint32_t k = 0; k + 1 < job.states; ++k) {
            state = Ops::subtract(state, Ops::less(weight[k], level));
        }
        return state;
    }
};

/// Metropolis: one of the other states, accepted with probability min(1, exp(-beta times the energy it costs)).
struct PottsMetropolis {
    static constexpr const char* name = "metropolis";
    static constexpr Stream stream = Stream::potts_metropolis;
    static constexpr int words = 2;

    template <class Ops, bool Direct>
    KADANOFF_LEAF static typename Ops::Vector move(const PottsJob& job, const SitePlace<Ops, Direct>& at,
                                                   typename Ops::Real scale, const typename Ops::Vector* word) {
        using Vector = typename Ops::Vector;
        const Vector old = Ops::load(job.source + at.word);
        Vector step, unused;
        Ops::multiply_wide(word[0], job.states - 1, step, unused);
        Vector proposed = Ops::add(Ops::add(old, step), Ops::broadcast(1));
        const Vector wrapped = Ops::subtract(proposed, Ops::broadcast(job.states));
        proposed = Ops::select(below_sign<Ops>(wrapped), proposed, wrapped);
        const auto gain = Ops::minus(bond_sum<Ops, Direct>(job, at, proposed), bond_sum<Ops, Direct>(job, at, old));
        const auto drive = Ops::times(scale, gain);
        const auto uniform = uniform_real<Ops>(word[1]);
        auto weight = Ops::size(drive);
        exp2_minus<Ops, 1>(&weight);
        const Vector accepted =
            Ops::bit_or(Ops::less(uniform, weight), Ops::bit_not(Ops::less(drive, Ops::real(0.0f))));
        return Ops::select(accepted, proposed, old);
    }

private:
    /// All ones where a, taken as a signed integer, is negative.
    template <class Ops>
    KADANOFF_LEAF static typename Ops::Vector below_sign(typename Ops::Vector a) {
        const auto sign = Ops::template shift_right<31>(a);
        return Ops::subtract(Ops::zero(), sign);
    }
};

template <class Ops, class Rule, bool Direct>
KADANOFF_LEAF void update_potts(const PottsJob& job, const SweepUnit& unit, std::int64_t vector,
                                SiteStream<Ops, plain_streams>& stream) {
    const SitePlace<Ops, Direct> at(job, unit, vector);
    const auto scale = Ops::as_real(Ops::load(job.scale + job.first_word + unit.lane));
    typename Ops::Vector word[Rule::words];
    stream.template draw_words<Rule::words>(job, unit, word);
    const auto state = Rule::template move<Ops, Direct>(job, at, scale, word);
    Ops::store(job.target + at.word, Ops::bit_and(at.valid(job), state));
}

}  // namespace kadanoff
