#pragma once

#include "kadanoff/config.hpp"

namespace kadanoff {

/// Neighbours that a bit-sliced count can take.
inline constexpr int max_counted = 255;

/// Planes of a count of up to `items` bits; 8 for a number known at run time only (0).
constexpr int count_planes(int items) {
    int planes = 8;
    if (items > 0) {
        for (planes = 1; (1 << planes) <= items; ++planes) {
        }
    }
    return planes;
}

/// Bitwise number of set bits among up to `Items` vectors, in binary; Items = 0: any number up to max_counted.
template <class Ops, int Items>
struct BitCount {
    using Vector = typename Ops::Vector;
    static constexpr int planes = count_planes(Items);
    Vector bit[planes];

    KADANOFF_LEAF static BitCount none() {
        BitCount count;
        KADANOFF_UNROLL
        for (int k = 0; k < planes; ++k) count.bit[k] = Ops::zero();
        return count;
    }

    /// Counts `added`, item number `index`: before it at most that many bits were set.
    KADANOFF_LEAF void add(Vector added, int index) {
        for (int k = 0; k < planes && ((index + 1) >> k) != 0; ++k) {
            const Vector carry = Ops::bit_and(bit[k], added);
            bit[k] = Ops::bit_xor(bit[k], added);
            added = carry;
        }
    }

    /// Counts two items, the first of them number `index`.
    KADANOFF_LEAF void add_pair(Vector first, Vector second, int index) {
        Vector carry = Ops::majority(bit[0], first, second);
        bit[0] = Ops::xor3(bit[0], first, second);
        for (int k = 1; k < planes && ((index + 2) >> k) != 0; ++k) {
            const Vector next = Ops::bit_and(bit[k], carry);
            bit[k] = Ops::bit_xor(bit[k], carry);
            carry = next;
        }
    }

    /// Where the count is `value`.
    KADANOFF_LEAF Vector equals(int value) const {
        Vector result = value & 1 ? bit[0] : Ops::bit_not(bit[0]);
        KADANOFF_UNROLL
        for (int k = 1; k < planes; ++k) {
            result = (value >> k) & 1 ? Ops::bit_and(result, bit[k]) : Ops::and_not(result, bit[k]);
        }
        return result;
    }

    /// Where the count is larger than `value`.
    KADANOFF_LEAF Vector above(int value) const {
        Vector result = Ops::zero();
        KADANOFF_UNROLL
        for (int k = 0; k < planes; ++k) {
            result = (value >> k) & 1 ? Ops::bit_and(bit[k], result) : Ops::bit_or(bit[k], result);
        }
        return result;
    }
};

}  // namespace kadanoff
