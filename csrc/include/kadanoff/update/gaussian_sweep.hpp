#pragma once

#include <cstdint>

#include "kadanoff/rng/stream.hpp"
#include "kadanoff/update/normal.hpp"

namespace kadanoff {

/// Units that are drawn together: 16 blocks of random bits of four words each. Rows are padded to a multiple of this.
inline constexpr std::int64_t gaussian_panel = 64;
/// Chains whose sums are made together.
inline constexpr int gaussian_chains = 6;

/// One layer of many chains, to be drawn from the other one. Numbers are bits of floats, unless they say otherwise.
struct GaussianJob {
    const std::uint32_t* source;   ///< (chain, unit)
    std::uint32_t* target;         ///< the same
    const std::uint32_t* clamped;  ///< like target: all ones where a unit stays as it is; null: nowhere
    std::int64_t source_stride, target_stride;

    std::int64_t inputs, panels;
    const std::uint32_t* weights;  ///< (panel, input, unit of the panel)
    const std::uint32_t* bias;     ///< a row of target

    const double* slope;         ///< hidden units: log-odds of a sum of 1, per chain
    const float* drive;          ///< the same in units of ln 2
    std::uint32_t lower;         ///< what stands for the lower value of a hidden unit
    const std::uint32_t* scale;  ///< visible units: a row of standard deviations at beta = 1
    const float* noise;          ///< 1 / sqrt(beta), per chain
    DrawKey key;
};

/// Whether a hidden unit takes its upper value, by the contract, given its sum and the first 32 bits of U.
bool finish_gaussian_unit(const GaussianJob& job, std::int64_t chain, std::int64_t unit, float sum,
                          std::uint32_t first_bits) noexcept;

/// Sums of `Chains` chains for the units of a panel, (chain, unit), each in the order of the inputs.
template <class Ops, int Chains, int Vectors>
KADANOFF_LEAF void sum_gaussian_panel(const GaussianJob& job, std::int64_t panel, std::int64_t chain,
                                      std::uint32_t* sums) {
    const std::uint32_t* source = job.source + chain * job.source_stride;
    for (std::int64_t u = 0; u < gaussian_panel; u += Vectors * Ops::lanes) {
        const std::uint32_t* weights = job.weights + panel * job.inputs * gaussian_panel + u;
        typename Ops::Real sum[Chains][Vectors];
        KADANOFF_UNROLL
        for (int v = 0; v < Vectors; ++v) {
            const auto bias = Ops::as_real(Ops::load(job.bias + panel * gaussian_panel + u + v * Ops::lanes));
            KADANOFF_UNROLL
            for (int c = 0; c < Chains; ++c) sum[c][v] = bias;
        }
        for (std::int64_t i = 0; i < job.inputs; ++i, weights += gaussian_panel) {
            typename Ops::Real weight[Vectors];
            KADANOFF_UNROLL
            for (int v = 0; v < Vectors; ++v) weight[v] = Ops::as_real(Ops::load(weights + v * Ops::lanes));
            KADANOFF_UNROLL
            for (int c = 0; c < Chains; ++c) {
                const auto x = Ops::as_real(Ops::broadcast(source[c * job.source_stride + i]));
                KADANOFF_UNROLL
                for (int v = 0; v < Vectors; ++v) sum[c][v] = Ops::plus(sum[c][v], Ops::times(x, weight[v]));
            }
        }
        KADANOFF_UNROLL
        for (int c = 0; c < Chains; ++c) {
            KADANOFF_UNROLL
            for (int v = 0; v < Vectors; ++v) {
                Ops::store(sums + c * gaussian_panel + u + v * Ops::lanes, Ops::bits(sum[c][v]));
            }
        }
    }
}

/// Visible units of a panel: sum + scale noise n, n of the standard normal distribution.
template <class Ops>
KADANOFF_LEAF void draw_gaussian_visible(const GaussianJob& job, std::int64_t panel, std::int64_t chain,
                                         const std::uint32_t* sums) {
    DrawKey key = job.key;
    key.replica = static_cast<std::uint32_t>(chain);
    const auto noise = Ops::real(job.noise[chain]);
    for (int part = 0; part < 16; part += Ops::lanes) {
        const auto block = draw<Ops>(key, Ops::iota(static_cast<std::uint32_t>(panel * 16 + part)), 0);
        typename Ops::Real normal[4];
        normal_pair<Ops>(block.word[0], block.word[1], normal[0], normal[1]);
        normal_pair<Ops>(block.word[2], block.word[3], normal[2], normal[3]);
        KADANOFF_UNROLL
        for (int k = 0; k < 4; ++k) {
            const std::int64_t unit = panel * gaussian_panel + 16 * k + part;
            const std::int64_t place = chain * job.target_stride + unit;
            const auto width = Ops::times(Ops::as_real(Ops::load(job.scale + unit)), noise);
            const auto sum = Ops::as_real(Ops::load(sums + 16 * k + part));
            auto value = Ops::bits(Ops::plus(sum, Ops::times(width, normal[k])));
            if (job.clamped != nullptr) {
                value = Ops::select(Ops::load(job.clamped + place), Ops::load(job.target + place), value);
            }
            Ops::store(job.target + place, value);
        }
    }
}

/// Hidden units of 16 k + part ... in a panel. A unit takes its upper value if (V <= T) xor (d >= 0), d the log-odds,
/// V = U for d >= 0 and ~U below, as in rbm_draw.hpp. Where 32 bits of V and a float of T leave that open, the exact
/// numbers decide.
template <class Ops>
KADANOFF_LEAF void draw_gaussian_units(const GaussianJob& job, std::int64_t unit, std::int64_t chain,
                                       typename Ops::Vector sum_bits, typename Ops::Vector uniform) {
    const auto sum = Ops::as_real(sum_bits);
    const auto negative = Ops::less(sum, Ops::real(0.0f));
    const auto v = uniform_real<Ops>(Ops::bit_xor(uniform, negative));
    typename Ops::Real e[1] = {Ops::times(Ops::size(sum), Ops::real(job.drive[chain]))};
    exp2_minus<Ops, 1>(e);
    // V <= T is v (1 + e) < e, up to the errors of v, e and the float operations.
    const auto difference = Ops::minus(Ops::times(v, Ops::plus(Ops::real(1.0f), e[0])), e[0]);
    const auto margin = Ops::plus(Ops::times(Ops::plus(v, e[0]), Ops::real(2e-5f)), Ops::real(0x1p-31f));
    auto up = Ops::bit_not(Ops::bit_xor(Ops::less(difference, Ops::real(0.0f)), negative));
    const auto open = Ops::bit_not(Ops::less(margin, Ops::size(difference)));
    if (__builtin_expect(Ops::any(open), 0)) {
        alignas(64) std::uint32_t lanes[4][Ops::lanes];
        Ops::store(lanes[0], open);
        Ops::store(lanes[1], sum_bits);
        Ops::store(lanes[2], uniform);
        Ops::store(lanes[3], up);
        for (int i = 0; i < Ops::lanes; ++i) {
            if (lanes[0][i] == 0) continue;
            const float own = __builtin_bit_cast(float, lanes[1][i]);
            lanes[3][i] = finish_gaussian_unit(job, chain, unit + i, own, lanes[2][i]) ? ~0u : 0u;
        }
        up = Ops::load(lanes[3]);
    }
    constexpr std::uint32_t one = 0x3F800000u;
    Ops::store(job.target + chain * job.target_stride + unit,
               Ops::select(up, Ops::broadcast(one), Ops::broadcast(job.lower)));
}

template <class Ops>
KADANOFF_LEAF void draw_gaussian_hidden(const GaussianJob& job, std::int64_t panel, std::int64_t chain,
                                        const std::uint32_t* sums) {
    DrawKey key = job.key;
    key.replica = static_cast<std::uint32_t>(chain);
    for (int part = 0; part < 16; part += Ops::lanes) {
        const auto block = draw<Ops>(key, Ops::iota(static_cast<std::uint32_t>(panel * 16 + part)), 0);
        for (int k = 0; k < 4; ++k) {
            draw_gaussian_units<Ops>(job, panel * gaussian_panel + 16 * k + part, chain,
                                     Ops::load(sums + 16 * k + part), block.word[k]);
        }
    }
}

}  // namespace kadanoff
