#pragma once

#include <cstdint>

#include "kadanoff/rng/stream.hpp"
#include "kadanoff/rng/xoshiro.hpp"

namespace kadanoff {

/// Chains of a word of state: bit c % 32 of word (c / 32, unit) is the unit in chain c.
inline constexpr int rbm_chains = 32;
/// Units that one random stream serves, one word each.
inline constexpr int rbm_stream_units = 96;
/// Rows of units are padded to a multiple of this (and whatever inputs are tabulated together), so that no kernel
/// needs to know where they end.
inline constexpr std::int64_t rbm_padding = rbm_stream_units;
inline constexpr std::int64_t rbm_input_slack = 16;

/// Words of 32 chains that a kernel keeps the scratch of at once.
inline constexpr std::int64_t rbm_words_at_once = 32;

/// Coefficients of a lower bound of 65536 / (1 + 2^(y / 2048)), y = 0 ... 32767; see rbm_draw.hpp.
struct RbmLogistic {
    std::uint32_t quadratic[3][16];  ///< on 32 intervals
    std::uint32_t cubic[4][4];       ///< on 8 intervals
    std::uint32_t quadratic_window, cubic_window;
};

/// What the chains' inverse temperatures make of a sum, see rbm_draw.hpp.
struct RbmDrives {
    const double* slope;                          ///< log-odds of a sum of 1, per chain
    const std::uint32_t *limit, *scale, *factor;  ///< fixed16: 16-bit numbers, per chain
    const std::uint32_t* real;  ///< float32: bits of a float, (word of chains, chain % 2, chain / 2 % 16)
};

/// Units whose factors are multiplied before a logarithm is taken of the product, which then stays below 2^480.
inline constexpr std::int64_t rbm_weighed_units = 480;

/// Where a number of a chain lies, of those that are kept as words of 16 even chains and 16 odd ones.
KADANOFF_LEAF constexpr std::int64_t rbm_place(std::int64_t chain) {
    return chain / 32 * 32 + chain % 2 * 16 + chain / 2 % 16;
}

/// What the sums x of units add to the weights of the other layer's states, at one inverse temperature or at two:
/// sum_j ln(1 + e^d_j) = slope * positive + ln product. Numbers of a chain are at its rbm_place.
struct RbmWeighing {
    std::int64_t units;     ///< that are there; what pads them has no weight
    const double* rate[2];  ///< |d| log2(e) of a sum of 1
    double* positive;       ///< sums of max(x, 0), added to
    double* product[2];     ///< of the 1 + e^-|d|, multiplied by them
};

/// One layer of many chains, to be drawn from the other one.
struct RbmJob {
    const std::uint32_t* source;   ///< (word of chains, unit)
    std::uint32_t* target;         ///< the same
    const std::uint32_t* clamped;  ///< like target: bits that stay as they are; null: none
    std::int64_t source_stride, target_stride;

    std::int64_t groups;          ///< of inputs whose partial sums are tabulated together
    const std::uint32_t* rows;    ///< weights (input, unit): int16 or float32
    std::int64_t row_stride;      ///< words of a row
    const std::uint32_t* bias;    ///< a row
    const std::uint32_t* tables;  ///< what fill_rbm_tables made of the rows, where the kernel uses them

    RbmDrives drives;
    const RbmLogistic* logistic;
    DrawKey key;
    const RbmWeighing* weighing;  ///< for kernels that weigh

    std::uint32_t *index, *state, *sums, *partial;  ///< scratch of one thread, see RbmScratch
};

/// Words of scratch that one thread needs; on cache lines.
struct RbmScratch {
    static constexpr std::int64_t index(std::int64_t groups) { return rbm_words_at_once * groups * 16; }
    static constexpr std::int64_t state = rbm_words_at_once * 64;      ///< of the random streams
    static constexpr std::int64_t sums = rbm_words_at_once * 32 * 32;  ///< of 32 units in all chains
    static constexpr std::int64_t partial = 16 * 32 * 16;              ///< sums of 16 groups of inputs
};

/// Chains in which the first 16 bits of U do not decide a unit, or seem not to.
struct OpenUnits {
    std::int64_t chain;  ///< that bit 0 stands for; even
    std::uint32_t unit;
    std::uint32_t open;               ///< one bit a chain
    std::uint32_t up;                 ///< as far as it is known
    std::uint32_t negative;           ///< where `first_bits` were complemented
    const std::uint32_t* first_bits;  ///< of V, two chains a word
};

/// Decides open units by the contract, from sums of int16, two chains a word. Returns all units.
std::uint32_t finish_fixed16_units(const RbmJob& job, const OpenUnits& units, const std::uint32_t* sums) noexcept;
/// From bits of float sums: those of chain c are sums[c % 2 * odd + c / 2 * step].
std::uint32_t finish_float32_units(const RbmJob& job, const OpenUnits& units, const std::uint32_t* sums,
                                   std::int64_t odd, std::int64_t step) noexcept;

/// Turns the units of a vector of chains to what `bits` says, as far as they are not clamped.
template <class Ops>
KADANOFF_LEAF void store_rbm_units(const RbmJob& job, std::int64_t word, int part, std::int64_t unit,
                                   std::uint32_t bits) {
    constexpr int chains = 2 * Ops::lanes;
    const std::int64_t place = word * job.target_stride + unit;
    std::uint32_t change = ~0u;
    if constexpr (chains < rbm_chains) {
        change = ((1u << chains) - 1u) << (chains * part);
        bits <<= chains * part;
    }
    if (job.clamped != nullptr) change &= ~job.clamped[place];
    job.target[place] = (job.target[place] & ~change) | (bits & change);
}

/// Partial sums that 5 int16 or 4 float32 weights have: entries of 16 words, two int16 or one float each.
template <class OpsType>
struct Fixed16Sums {
    using Ops = OpsType;
    using Vector = typename Ops::Vector;
    static constexpr int inputs = 5, entries = 32, units_of_row = 32;
    KADANOFF_LEAF static Vector add(Vector a, Vector b) { return Ops::add_pairs(a, b); }
};

template <class OpsType>
struct Float32Sums {
    using Ops = OpsType;
    using Vector = typename Ops::Vector;
    static constexpr int inputs = 4, entries = 16, units_of_row = 16;
    KADANOFF_LEAF static Vector add(Vector a, Vector b) {
        return Ops::bits(Ops::plus(Ops::as_real(a), Ops::as_real(b)));
    }
};

/// Numbers made of the inputs that are tabulated together: `unit` times their bits, 16 bits a chain, at
/// out[(group * words + word) * 16].
template <class Sums>
KADANOFF_LEAF void make_rbm_index(const RbmJob& job, std::int64_t first_word, std::int64_t words, std::uint32_t unit,
                                  std::uint32_t* out) {
    using Ops = typename Sums::Ops;
    for (std::int64_t w = 0; w < words; ++w) {
        const std::uint32_t* in = job.source + (first_word + w) * job.source_stride;
        for (std::int64_t k = 0; k < job.groups; ++k, in += Sums::inputs) {
            for (int part = 0; part < 16 / Ops::lanes; ++part) {
                auto index = Ops::zero();
                KADANOFF_UNROLL
                for (int i = 0; i < Sums::inputs; ++i) index = Ops::add_where(index, in[i], part, unit << i);
                Ops::store(out + (k * words + w) * 16 + part * Ops::lanes, index);
            }
        }
    }
}

/// The random words of the units in a vector of chains, part `part` of a word, one after the other.
template <class Ops>
struct RbmStream {
    Xoshiro128pp<Ops> words;

    /// Goes on where `store` left off; begins anew with the first unit of a stream or of a thread.
    KADANOFF_LEAF void resume(const RbmJob& job, std::int64_t word, int part, std::int64_t unit, bool first,
                              const std::uint32_t* state) {
        if (first || unit % rbm_stream_units == 0) return begin(job.key, word, part, unit);
        words.s0 = Ops::load(state);
        words.s1 = Ops::load(state + Ops::lanes);
        words.s2 = Ops::load(state + 2 * Ops::lanes);
        words.s3 = Ops::load(state + 3 * Ops::lanes);
    }
    KADANOFF_LEAF void begin(DrawKey key, std::int64_t word, int part, std::int64_t unit) {
        key.stream = Stream::rbm_units;
        key.replica = static_cast<std::uint32_t>(word);
        const std::int64_t group = unit / rbm_stream_units * 16 + part * Ops::lanes;
        words = Xoshiro128pp<Ops>(draw<Ops>(key, Ops::iota(static_cast<std::uint32_t>(group)), 0));
        for (std::int64_t skip = unit % rbm_stream_units; skip > 0; --skip) words.next();
    }
    KADANOFF_LEAF void store(std::uint32_t* state) const {
        Ops::store(state, words.s0);
        Ops::store(state + Ops::lanes, words.s1);
        Ops::store(state + 2 * Ops::lanes, words.s2);
        Ops::store(state + 3 * Ops::lanes, words.s3);
    }
};

}  // namespace kadanoff
