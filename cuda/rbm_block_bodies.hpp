#pragma once

#include <cstdint>

#include "kadanoff/update/rbm_exact.hpp"
#include "kadanoff/update/rbm_job.hpp"

// What a block of threads does to draw 32 units in 128 chains, in steps between which the threads meet. A Team calls a
// step for every thread, with what that thread keeps in registers: CUDA's team is one thread of a real block, that of
// tests/cpp plays all threads in turn.

namespace kadanoff::cuda {

inline constexpr int rbm_block_threads = 128;
inline constexpr std::int64_t rbm_block_chains = 128;  ///< chains are padded to a multiple of this
inline constexpr std::int64_t rbm_block_units = 32;
inline constexpr std::int64_t rbm_row_padding = 64;  ///< of units in the states of a chain

/// Loaded and stored at once.
template <class T, int Size>
struct alignas(Size * sizeof(T)) Packet {
    T at[Size];
};
using FourWords = Packet<std::uint32_t, 4>;

KADANOFF_LEAF FourWords load_four(const std::uint32_t* p) { return *reinterpret_cast<const FourWords*>(p); }

/// Four bytes of 0 and 1 from four bits, and back.
KADANOFF_LEAF std::uint32_t bytes_of_bits(std::uint32_t bits) { return ((bits & 15u) * 0x00204081u) & 0x01010101u; }
KADANOFF_LEAF std::uint32_t bits_of_bytes(std::uint32_t bytes) { return (bytes * 0x10204080u) >> 28; }

/// One layer of many chains, to be drawn from the other one.
struct RbmBlockJob {
    const std::uint32_t* source;                ///< (chain, unit), bytes of 0 and 1, four in a word
    std::uint32_t* target;                      ///< the same
    const std::uint32_t* clamped;               ///< like target: 1 where a unit stays as it is; null: nowhere
    std::int64_t source_stride, target_stride;  ///< words
    const std::uint32_t* weights;               ///< see ArrangeFloat32 and ArrangeFixed16
    const float* bias;
    const double* slope;         ///< log-odds of a sum of 1, per chain
    std::int64_t units, chains;  ///< padded
    std::int64_t chunks;         ///< of inputs
    DrawKey key;
};

/// What the threads of a block share: sums of (word of 32 chains, unit, chain), and before them tables.
struct RbmBlockMemory {
    static constexpr int row = 40;  ///< numbers; 32, and 8 that keep the rows of eight units in different banks
    alignas(16) float number[4 * rbm_block_units * row];

    KADANOFF_LEAF float* sum(int word, int unit, int chain) {
        return number + (word * static_cast<int>(rbm_block_units) + unit) * row + chain;
    }
};

/// Out of line: one unit in 40000 needs it.
KADANOFF_HOST_DEVICE __attribute__((noinline)) inline bool draw_open_unit(DrawKey key, std::int64_t chain,
                                                                          std::uint32_t unit, double odds,
                                                                          std::uint32_t first_bits) {
    return draw_rbm_unit_exactly(key, chain, unit, odds, first_bits);
}

/// Draws units of a chain. With e = 2^-y, y = |d| / ln 2, a V that begins with the 16 bits v is beyond the threshold if
/// v > 65536 e / (1 + e), and within it if v + 1 is below that. Roundings, those of the function e among them, shift
/// the excess by less than 0.1; what is closer than 0.25 is decided by the contract itself.
struct RbmUnitDraw {
    double slope;
    float log2_slope;

    KADANOFF_LEAF explicit RbmUnitDraw(double chain_slope)
        : slope(chain_slope), log2_slope(static_cast<float>(chain_slope * 1.4426950408889634)) {}

    KADANOFF_LEAF float weight(float sum) const { return exp2f(-(WordOps::size(sum) * log2_slope)); }
    KADANOFF_LEAF static float excess(float v, float e) { return v * (1.0f + e) - 65536.0f * e; }

    KADANOFF_LEAF bool operator()(const DrawKey& key, std::int64_t chain, std::int64_t unit, float sum,
                                  std::uint32_t first_bits) const {
        const bool negative = sum < 0.0f;
        const float e = weight(sum);
        const float beyond = excess(static_cast<float>(negative ? 0xFFFFu - first_bits : first_bits), e);
        const float within = beyond + (1.0f + e);
        if (__builtin_expect(beyond <= 0.25f && within >= -0.25f, 0)) {
            return draw_open_unit(key, chain, static_cast<std::uint32_t>(unit), static_cast<double>(sum) * slope,
                                  first_bits);
        }
        return (beyond > 0.0f) != negative;
    }
};

/// Writes 16 units of a chain.
KADANOFF_LEAF void store_rbm_bytes(const RbmBlockJob& job, std::int64_t chain, std::int64_t unit, std::uint32_t bits) {
    const std::int64_t place = chain * job.target_stride + unit / 4;
    FourWords bytes;
    KADANOFF_UNROLL
    for (int q = 0; q < 4; ++q) bytes.at[q] = bytes_of_bits(bits >> (4 * q));
    auto* target = reinterpret_cast<FourWords*>(job.target + place);
    if (job.clamped != nullptr) {
        const FourWords old = *target, clamped = load_four(job.clamped + place);
        KADANOFF_UNROLL
        for (int q = 0; q < 4; ++q) bytes.at[q] = WordOps::select(clamped.at[q] * 0xFFu, old.at[q], bytes.at[q]);
    }
    *target = bytes;
}

/// Draws the units of the block from the sums in its memory: a thread has 16 units of the two chains that share a
/// random stream.
template <class Team>
KADANOFF_LEAF void draw_rbm_block(const RbmBlockJob& job, Team& team, std::int64_t first_chain,
                                  std::int64_t first_unit) {
    team.each([&](int thread, auto&) KADANOFF_INLINE_LAMBDA {
        const int word = thread / 32, pair = thread % 16, half = thread / 16 % 2;
        const std::int64_t chain = first_chain + 32 * word + 2 * pair, unit = first_unit + 16 * half;
        RbmStream<WordOps> stream;
        stream.begin(job.key, chain / rbm_chains, pair, unit);
        const RbmUnitDraw even(job.slope[chain]), odd(job.slope[chain + 1]);
        std::uint32_t even_bits = 0, odd_bits = 0;
        for (int k = 0; k < 16; ++k) {
            const auto sums =
                *reinterpret_cast<const Packet<float, 2>*>(team.memory->sum(word, 16 * half + k, 2 * pair));
            const std::uint32_t uniform = stream.words.next();
            const bool even_bit = even(job.key, chain, unit + k, sums.at[0], uniform & 0xFFFFu);
            const bool odd_bit = odd(job.key, chain + 1, unit + k, sums.at[1], uniform >> 16);
            even_bits |= static_cast<std::uint32_t>(even_bit) << k;
            odd_bits |= static_cast<std::uint32_t>(odd_bit) << k;
        }
        store_rbm_bytes(job, chain, unit, even_bits);
        store_rbm_bytes(job, chain + 1, unit, odd_bits);
    });
}

/// float32: a thread adds up 32 units of its chain. The 16 partial sums of four inputs lie in 16 banks of the shared
/// memory, so that one load, wherever the chains of a warp look, and one addition take in four weights of 32 chains.
/// Loads are the limit: a warp's loop over a chunk is 668 instructions on sm_90, 256 of them such loads (cuobjdump
/// -sass).
struct DrawFloat32 {
    static constexpr int groups = 8;  ///< of four inputs that have their tables at once: a chunk
    static constexpr int units = rbm_block_units;
    static_assert(sizeof(RbmBlockMemory) >= groups * units * 16 * sizeof(float), "tables lie where the sums will");

    struct Own {
        float sum[units];
        FourWords weights[groups];  ///< of the unit that the thread makes a quarter of the tables of
        std::uint32_t inputs[groups];
    };

    RbmBlockJob job;

    template <class Team>
    KADANOFF_LEAF void operator()(Team& team, std::int64_t first_chain, std::int64_t first_unit) const {
        team.each([&](int thread, Own& own) KADANOFF_INLINE_LAMBDA {
            KADANOFF_UNROLL
            for (int j = 0; j < units; ++j) own.sum[j] = job.bias[first_unit + j];
            fetch(own, thread, first_chain, first_unit, 0);
        });
        for (std::int64_t chunk = 0; chunk < job.chunks; ++chunk) {
            team.each([&](int thread, Own& own) KADANOFF_INLINE_LAMBDA { fill(own, thread, team.memory->number); });
            team.meet();
            team.each([&](int thread, Own& own) KADANOFF_INLINE_LAMBDA {
                std::uint32_t entry[groups];
                KADANOFF_UNROLL
                for (int g = 0; g < groups; ++g) entry[g] = bits_of_bytes(own.inputs[g]);
                if (chunk + 1 < job.chunks) fetch(own, thread, first_chain, first_unit, chunk + 1);
                add(own, entry, team.memory->number);
            });
            team.meet();
        }
        team.each([&](int thread, Own& own) KADANOFF_INLINE_LAMBDA {
            KADANOFF_UNROLL
            for (int j = 0; j < units; ++j) *team.memory->sum(thread / 32, j, thread % 32) = own.sum[j];
        });
        team.meet();
        draw_rbm_block(job, team, first_chain, first_unit);
    }

    /// What the thread needs of a chunk, while the one before it is worked on.
    KADANOFF_LEAF void fetch(Own& own, int thread, std::int64_t first_chain, std::int64_t first_unit,
                             std::int64_t chunk) const {
        const std::uint32_t* inputs = job.source + (first_chain + thread) * job.source_stride + chunk * groups;
        const std::uint32_t* weights = job.weights + (chunk * groups * job.units + first_unit + thread / 4) * 4;
        KADANOFF_UNROLL
        for (int g = 0; g < groups; ++g) own.weights[g] = load_four(weights + g * job.units * 4);
        KADANOFF_UNROLL
        for (int g = 0; g < groups; g += 4) {
            const FourWords four = load_four(inputs + g);
            KADANOFF_UNROLL
            for (int i = 0; i < 4; ++i) own.inputs[g + i] = four.at[i];
        }
    }

    /// Four entries, those with the same last two inputs, of one unit in all groups: (group, unit, entry).
    KADANOFF_LEAF static void fill(const Own& own, int thread, float* tables) {
        const auto term = [](const FourWords& w, int i, int entry)
                              KADANOFF_INLINE_LAMBDA { return WordOps::as_real((entry >> i & 1) != 0 ? w.at[i] : 0u); };
        KADANOFF_UNROLL
        for (int g = 0; g < groups; ++g) {
            const FourWords& w = own.weights[g];
            const int last = thread % 4 * 4;
            const float high = WordOps::plus(term(w, 2, last), term(w, 3, last));
            Packet<float, 4> entries;
            KADANOFF_UNROLL
            for (int e = 0; e < 4; ++e) {
                entries.at[e] = WordOps::plus(WordOps::plus(term(w, 0, e), term(w, 1, e)), high);
            }
            *reinterpret_cast<Packet<float, 4>*>(tables + (g * units + thread / 4) * 16 + last) = entries;
        }
    }

    KADANOFF_LEAF static void add(Own& own, const std::uint32_t* entry, const float* tables) {
        KADANOFF_UNROLL
        for (int g = 0; g < groups; ++g) {
            const float* table = tables + g * units * 16 + entry[g];
            KADANOFF_UNROLL
            for (int j = 0; j < units; ++j) own.sum[j] = WordOps::plus(own.sum[j], table[j * 16]);
        }
    }
};

/// fixed16: a warp adds up 32 units of 32 chains by matrix products of bytes, those of the states with the lower and
/// the upper bytes of the weights: sums of integers, in any order. Its loop over a chunk is 64 instructions on sm_90,
/// of which 32 are products and 12 loads of 512 bytes: as many bytes as the first-level cache gives in the meantime.
struct DrawFixed16 {
    static constexpr int inputs = 64;  ///< of a chunk
    static constexpr int tiles = 2, chain_tiles = 4, halves = 2, bytes = 2;

    struct Own {
        std::int32_t sum[tiles][bytes][chain_tiles][4];
        FourWords weights[tiles][halves][bytes];
        FourWords inputs[chain_tiles];
    };

    RbmBlockJob job;

    template <class Team>
    KADANOFF_LEAF void operator()(Team& team, std::int64_t first_chain, std::int64_t first_unit) const {
        team.each([&](int, Own& own) KADANOFF_INLINE_LAMBDA { own = Own{}; });
        for (std::int64_t chunk = 0; chunk < job.chunks; ++chunk) {
            team.each([&](int thread, Own& own)
                          KADANOFF_INLINE_LAMBDA { fetch(own, thread, first_chain, first_unit, chunk); });
            multiply(team);
        }
        team.each([&](int thread, Own& own) KADANOFF_INLINE_LAMBDA { write(own, thread, first_unit, *team.memory); });
        team.meet();
        draw_rbm_block(job, team, first_chain, first_unit);
    }

    /// Fragments of the products below. Which 4 of the 64 inputs a thread takes for which place does not matter as long
    /// as ArrangeFixed16 does the same: here the 16 that lie together.
    KADANOFF_LEAF void fetch(Own& own, int thread, std::int64_t first_chain, std::int64_t first_unit,
                             std::int64_t chunk) const {
        const int lane = thread % 32;
        KADANOFF_UNROLL
        for (int m = 0; m < tiles; ++m) {
            const std::int64_t place = (first_unit / 16 + m) * job.chunks + chunk;
            KADANOFF_UNROLL
            for (int k = 0; k < halves * bytes; ++k) {
                own.weights[m][k / bytes][k % bytes] =
                    load_four(job.weights + ((place * halves * bytes + k) * 32 + lane) * 4);
            }
        }
        const std::uint32_t* row = job.source + (first_chain + thread / 32 * 32 + lane / 4) * job.source_stride;
        KADANOFF_UNROLL
        for (int n = 0; n < chain_tiles; ++n) {
            own.inputs[n] = load_four(row + 8 * n * job.source_stride + chunk * (inputs / 4) + lane % 4 * 4);
        }
    }

    /// Products of 16 units by 32 inputs with 32 inputs by 8 chains, added to the sums.
    template <class Team>
    KADANOFF_LEAF static void multiply(Team& team) {
        KADANOFF_UNROLL
        for (int s = 0; s < halves; ++s) {
            KADANOFF_UNROLL
            for (int m = 0; m < tiles; ++m) {
                KADANOFF_UNROLL
                for (int b = 0; b < bytes; ++b) {
                    KADANOFF_UNROLL
                    for (int n = 0; n < chain_tiles; ++n) {
                        team.multiply([&](Own& own)
                                          KADANOFF_INLINE_LAMBDA -> std::int32_t* { return own.sum[m][b][n]; },
                                      [&](Own& own) KADANOFF_INLINE_LAMBDA { return own.weights[m][s][b].at; },
                                      [&](Own& own) KADANOFF_INLINE_LAMBDA { return own.inputs[n].at + 2 * s; });
                    }
                }
            }
        }
    }

    /// The sums, as floats: they have 16 bits.
    KADANOFF_LEAF void write(const Own& own, int thread, std::int64_t first_unit, RbmBlockMemory& memory) const {
        const int lane = thread % 32;
        KADANOFF_UNROLL
        for (int m = 0; m < tiles; ++m) {
            KADANOFF_UNROLL
            for (int i = 0; i < 4; i += 2) {
                const int unit = 16 * m + lane / 4 + 4 * i;
                const float bias = job.bias[first_unit + unit];
                KADANOFF_UNROLL
                for (int n = 0; n < chain_tiles; ++n) {
                    const auto sum = [&](int k) KADANOFF_INLINE_LAMBDA {
                        const auto low = static_cast<std::uint32_t>(own.sum[m][0][n][k]);
                        const auto high = static_cast<std::uint32_t>(own.sum[m][1][n][k]);
                        return bias + static_cast<float>(static_cast<std::int16_t>((low + (high << 8)) & 0xFFFFu));
                    };
                    *reinterpret_cast<Packet<float, 2>*>(memory.sum(thread / 32, unit, 8 * n + lane % 4 * 2)) = {
                        {sum(i), sum(i + 1)}};
                }
            }
        }
    }
};

}  // namespace kadanoff::cuda
