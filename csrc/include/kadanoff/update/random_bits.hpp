#pragma once

#include <cstdint>

#include "kadanoff/rng/stream.hpp"
#include "kadanoff/rng/xoshiro.hpp"

namespace kadanoff {

// Long strings of random bits and numbers, in vectors of 16 words. Word i of a vector is lane i of a generator that one
// Philox block seeds: that of group 16 s + i and slot 0 for stripe s of the vectors.

inline constexpr std::int64_t string_lanes = 16;
/// Vectors of biased bits in a stripe: a stream serves 16 x 14 words.
inline constexpr std::int64_t bit_stripe = 16;
/// Vectors of plain words in a stripe.
inline constexpr std::int64_t word_stripe = 64;
/// Bits of a uniform number that are compared plane by plane; the rest, in one case of 16384, is a draw of its own.
inline constexpr int bit_planes = 14;

/// Whether the last 50 bits of the uniform number of one bit are at most those of the threshold.
KADANOFF_LEAF bool tail_accepts(const DrawKey& key, std::uint64_t threshold, std::uint32_t word, std::uint32_t bit) {
    const Block<WordOps> block = draw<WordOps>(key, word, 1 + bit / 2);
    const std::uint32_t first = bit % 2 * 2;
    constexpr std::uint64_t mask = (std::uint64_t{1} << (64 - bit_planes)) - 1;
    const std::uint64_t tail = (std::uint64_t{block.word[first + 1]} << 32 | block.word[first]) & mask;
    return tail <= (threshold & mask);
}

/// The bits of one word that 14 planes left undecided.
KADANOFF_LEAF std::uint32_t finish_word(const DrawKey& key, std::uint64_t threshold, std::uint32_t word,
                                        std::uint32_t accepted, std::uint32_t undecided) {
    for (; undecided != 0; undecided &= undecided - 1) {
        const auto bit = static_cast<std::uint32_t>(__builtin_ctz(undecided));
        const std::uint32_t limit = accepted >> bit & 1;  // the last plane left its own bit there
        const std::uint32_t value = tail_accepts(key, threshold, word, bit) ? 1 : 0;
        accepted ^= (limit ^ value) << bit;
    }
    return accepted;
}

/// Fills `vectors` vectors, the first of them number `first`, a multiple of bit_stripe, with independent bits that are
/// 1 if a 64-bit uniform number is at most the threshold.
template <class Ops>
KADANOFF_LEAF void fill_bits(const DrawKey& key, std::uint64_t threshold, std::int64_t first, std::int64_t vectors,
                             std::uint32_t* out) {
    using Vector = typename Ops::Vector;
    for (std::int64_t v0 = 0; v0 < vectors; v0 += bit_stripe) {
        const std::int64_t end = v0 + bit_stripe < vectors ? v0 + bit_stripe : vectors;
        for (std::int64_t lane = 0; lane < string_lanes; lane += Ops::lanes) {
            const std::int64_t group = (first + v0) / bit_stripe * string_lanes + lane;
            Xoshiro128pp<Ops> stream(draw<Ops>(key, Ops::iota(static_cast<std::uint32_t>(group)), 0));
            for (std::int64_t v = v0; v < end; ++v) {
                Vector accepted = Ops::zero(), undecided = Ops::bit_not(Ops::zero());
                KADANOFF_UNROLL
                for (int k = 0; k < bit_planes; ++k) {
                    const Vector limit = Ops::broadcast(threshold >> (63 - k) & 1 ? ~std::uint32_t{0} : 0);
                    accepted = Ops::select(undecided, limit, accepted);
                    undecided = Ops::and_equal(undecided, stream.next(), limit);
                }
                std::uint32_t* at = out + v * string_lanes + lane;
                Ops::store(at, accepted);
                if (!Ops::any(undecided)) continue;
                std::uint32_t rest[Ops::lanes];
                Ops::store(rest, undecided);
                for (int i = 0; i < Ops::lanes; ++i) {
                    const auto word = static_cast<std::uint32_t>((first + v) * string_lanes + lane + i);
                    at[i] = finish_word(key, threshold, word, at[i], rest[i]);
                }
            }
        }
    }
}

/// Fills `vectors` vectors with uniform 32-bit words; `first` is a multiple of word_stripe.
template <class Ops>
KADANOFF_LEAF void fill_words(const DrawKey& key, std::int64_t first, std::int64_t vectors, std::uint32_t* out) {
    for (std::int64_t v0 = 0; v0 < vectors; v0 += word_stripe) {
        const std::int64_t end = v0 + word_stripe < vectors ? v0 + word_stripe : vectors;
        for (std::int64_t lane = 0; lane < string_lanes; lane += Ops::lanes) {
            const std::int64_t group = (first + v0) / word_stripe * string_lanes + lane;
            Xoshiro128pp<Ops> stream(draw<Ops>(key, Ops::iota(static_cast<std::uint32_t>(group)), 0));
            for (std::int64_t v = v0; v < end; ++v) Ops::store(out + v * string_lanes + lane, stream.next());
        }
    }
}

}  // namespace kadanoff
