#pragma once

#include <cstdint>

#include "kadanoff/update/graph_sweep.hpp"

namespace kadanoff {

/// Planes of a count: there are fewer than 2^32 items.
inline constexpr int count_bits = 32;

/// What to count in every replica of up to 16 words: set bits, or pairs of positions whose bits differ.
struct PackedSum {
    const std::uint32_t* spins;     ///< word 0 of position 0, of the word block
    const std::uint32_t* first;     ///< positions; null: count the set bits of all positions, where empty ones are 0
    const std::uint32_t* second;    ///< positions
    const std::uint32_t* negative;  ///< of each pair, all ones to count it if equal; null: if different
    std::int64_t items;             ///< pairs or positions
    std::int64_t words;             ///< of a position
    int shift;                      ///< log2(words), 4 if they are 16 or more
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
    const std::uint32_t* spins = sum.spins + lane;
    if constexpr (Direct) {
        const auto at = [&](std::int64_t position)
                            KADANOFF_INLINE_LAMBDA { return Ops::load(spins + position * sum.words); };
        if (sum.first == nullptr) return at(vector);
        const Vector differ = Ops::bit_xor(at(sum.first[vector]), at(sum.second[vector]));
        return sum.negative == nullptr ? differ : Ops::bit_xor(differ, Ops::broadcast(sum.negative[vector]));
    } else {
        if (sum.first == nullptr) return Ops::load(spins + vector * packed_lanes);
        const std::int64_t item = vector * (packed_lanes >> sum.shift) + (lane >> sum.shift);
        const auto mask = static_cast<std::uint32_t>(sum.words - 1);
        const Vector word = Ops::bit_and(Ops::iota(static_cast<std::uint32_t>(lane)), Ops::broadcast(mask));
        const Vector scale = Ops::broadcast(static_cast<std::uint32_t>(sum.shift));
        const auto at = [&](const std::uint32_t* position) KADANOFF_INLINE_LAMBDA {
            const Vector first = Ops::shift_left_by(Ops::load_repeated(position + item, sum.shift), scale);
            return Ops::gather(sum.spins, Ops::bit_or(first, word));
        };
        Vector differ = Ops::bit_xor(at(sum.first), at(sum.second));
        if (sum.negative != nullptr) differ = Ops::bit_xor(differ, Ops::load_repeated(sum.negative + item, sum.shift));
        return Ops::bit_and(differ, Ops::below(sum.items * sum.words - vector * packed_lanes - lane));
    }
}

/// Counts the words [lane, lane + Ops::lanes) of every vector and writes the count of bit b of lane l to out[b * 16 +
/// l].
template <class Ops, bool Direct>
KADANOFF_LEAF void count_packed(const PackedSum& sum, std::int64_t lane, std::uint32_t* out) {
    using Vector = typename Ops::Vector;
    BitTally<Ops> tally;
    const std::int64_t vectors = Direct ? sum.items : (sum.items * sum.words + packed_lanes - 1) / packed_lanes;
    std::int64_t vector = 0;
    for (; vector + 8 <= vectors; vector += 8) {
        Vector x[8];
        KADANOFF_UNROLL
        for (int i = 0; i < 8; ++i) x[i] = packed_item<Ops, Direct>(sum, vector + i, lane);
        tally.add8(x);
    }
    for (; vector < vectors; ++vector) tally.ripple(packed_item<Ops, Direct>(sum, vector, lane), 0);
    for (int bit = 0; bit < 32; ++bit) {
        Vector value = Ops::zero();
        for (int k = tally.used - 1; k >= 0; --k) {
            const Vector one = Ops::bit_and(tally.plane[k], Ops::broadcast(1));
            value = Ops::bit_or(Ops::template shift_left<1>(value), one);
            tally.plane[k] = Ops::template shift_right<1>(tally.plane[k]);
        }
        Ops::store(out + bit * packed_lanes + lane, value);
    }
}

}  // namespace kadanoff
