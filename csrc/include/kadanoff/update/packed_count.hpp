#pragma once

#include <cstdint>

#include "kadanoff/config.hpp"

namespace kadanoff {

/// Counters that a sum over bonds or sites of one replica can need.
inline constexpr int count_bits = 40;

/// What to count in every replica of up to 16 words: set bits, or pairs of positions whose bits differ.
struct PackedSum {
    const std::uint32_t* spins;     ///< word 0 of position 0, of the word block
    const std::uint32_t* first;     ///< positions
    const std::uint32_t* second;    ///< null: count the bits of `first` themselves
    const std::uint32_t* negative;  ///< of each item, all ones to count the opposite; null: as it is
    std::int64_t items;
    std::int64_t words;  ///< of a position
    int shift;           ///< log2(words), 4 if they are 16 or more
};

/// Bit-sliced counters, one per bit of a register. Inputs come in blocks of eight, so that most of the work is on
/// the three lowest planes (Harley and Seal's carry-save tree).
template <class Ops>
struct BitTally {
    using Vector = typename Ops::Vector;
    Vector plane[count_bits];
    int used = 3;

    KADANOFF_LEAF BitTally() {
        for (int k = 0; k < count_bits; ++k) plane[k] = Ops::zero();
    }

    KADANOFF_LEAF static Vector add3(Vector& sum, Vector a, Vector b) {
        const Vector carry = Ops::majority(sum, a, b);
        sum = Ops::xor3(sum, a, b);
        return carry;
    }

    /// A carry of weight 2^k.
    KADANOFF_LEAF void ripple(Vector carry, int k) {
        for (; Ops::any(carry); ++k) {
            const Vector next = Ops::bit_and(plane[k], carry);
            plane[k] = Ops::bit_xor(plane[k], carry);
            carry = next;
            if (k >= used) used = k + 1;
        }
    }

    KADANOFF_LEAF void add8(const Vector* x) {
        const Vector two_a = add3(plane[0], x[0], x[1]), two_b = add3(plane[0], x[2], x[3]);
        const Vector four_a = add3(plane[1], two_a, two_b);
        const Vector two_c = add3(plane[0], x[4], x[5]), two_d = add3(plane[0], x[6], x[7]);
        const Vector four_b = add3(plane[1], two_c, two_d);
        ripple(add3(plane[2], four_a, four_b), 3);
    }
};

/// The bits of one register's worth of items to count.
template <class Ops, bool Direct>
KADANOFF_LEAF typename Ops::Vector packed_item(const PackedSum& sum, std::int64_t vector, std::int64_t lane) {
    using Vector = typename Ops::Vector;
    Vector value;
    if constexpr (Direct) {
        const std::uint32_t* spins = sum.spins + lane;
        value = Ops::load(spins + static_cast<std::int64_t>(sum.first[vector]) * sum.words);
        if (sum.second != nullptr) {
            value = Ops::bit_xor(value, Ops::load(spins + static_cast<std::int64_t>(sum.second[vector]) * sum.words));
        }
        return sum.negative == nullptr ? value : Ops::bit_xor(value, Ops::broadcast(sum.negative[vector]));
    } else {
        const std::int64_t item = vector * (16 >> sum.shift) + (lane >> sum.shift);
        const auto mask = static_cast<std::uint32_t>(sum.words - 1);
        const Vector word = Ops::bit_and(Ops::iota(static_cast<std::uint32_t>(lane)), Ops::broadcast(mask));
        const Vector scale = Ops::broadcast(static_cast<std::uint32_t>(sum.shift));
        const auto at = [&](const std::uint32_t* position) KADANOFF_INLINE_LAMBDA {
            return Ops::gather(
                sum.spins,
                Ops::bit_or(Ops::shift_left_by(Ops::load_repeated(position + item, sum.shift), scale), word));
        };
        value = at(sum.first);
        if (sum.second != nullptr) value = Ops::bit_xor(value, at(sum.second));
        if (sum.negative != nullptr) value = Ops::bit_xor(value, Ops::load_repeated(sum.negative + item, sum.shift));
        return Ops::bit_and(value, Ops::below(sum.items * sum.words - vector * 16 - lane));
    }
}

/// Counts the words [lane, lane + Ops::lanes) of every vector and adds bit `b` of lane l to out[b * 16 + l].
template <class Ops, bool Direct>
KADANOFF_LEAF void count_packed(const PackedSum& sum, std::int64_t lane, std::uint64_t* out) {
    using Vector = typename Ops::Vector;
    BitTally<Ops> tally;
    const std::int64_t vectors = Direct ? sum.items : (sum.items * sum.words + 15) / 16;
    std::int64_t vector = 0;
    for (; vector + 8 <= vectors; vector += 8) {
        Vector x[8];
        KADANOFF_UNROLL
        for (int i = 0; i < 8; ++i) x[i] = packed_item<Ops, Direct>(sum, vector + i, lane);
        tally.add8(x);
    }
    for (; vector < vectors; ++vector) tally.ripple(packed_item<Ops, Direct>(sum, vector, lane), 0);
    alignas(64) std::uint32_t digit[Ops::lanes];
    for (int bit = 0; bit < 32; ++bit) {
        for (int half = 0; half < tally.used; half += 20) {  // 32-bit sums of up to 20 planes
            Vector value = Ops::zero();
            for (int k = tally.used - 1 < half + 19 ? tally.used - 1 : half + 19; k >= half; --k) {
                const Vector one = Ops::bit_and(tally.plane[k], Ops::broadcast(1));
                value = Ops::bit_or(Ops::template shift_left<1>(value), one);
                tally.plane[k] = Ops::template shift_right<1>(tally.plane[k]);
            }
            Ops::store(digit, value);
            for (int l = 0; l < Ops::lanes; ++l) {
                out[bit * 16 + lane + l] += static_cast<std::uint64_t>(digit[l]) << half;
            }
        }
    }
}

}  // namespace kadanoff
