#pragma once

#include <cstdint>

#include "kadanoff/isa.hpp"
#include "kadanoff/rng/word_ops.hpp"

namespace bench {

/// Arithmetic that a kernel's body calls for, by kind. Loads, stores and broadcasts of table entries are left out:
/// they have ports of their own.
struct Operations {
    std::int64_t logic2;  ///< and, or, xor, not, add, shift
    std::int64_t and_not, xor3, majority, select, and_equal, rotate, multiply, bit_sum;
};

/// WordOps that counts.
struct CountingOps : kadanoff::WordOps {
    static inline Operations count{};

    static bool any(Vector a) { return ++count.logic2, WordOps::any(a); }
    static Vector add(Vector a, Vector b) { return ++count.logic2, WordOps::add(a, b); }
    static Vector bit_and(Vector a, Vector b) { return ++count.logic2, WordOps::bit_and(a, b); }
    static Vector bit_or(Vector a, Vector b) { return ++count.logic2, WordOps::bit_or(a, b); }
    static Vector bit_xor(Vector a, Vector b) { return ++count.logic2, WordOps::bit_xor(a, b); }
    static Vector bit_not(Vector a) { return ++count.logic2, WordOps::bit_not(a); }
    static Vector and_not(Vector a, Vector b) { return ++count.and_not, WordOps::and_not(a, b); }
    static Vector xor3(Vector a, Vector b, Vector c) { return ++count.xor3, WordOps::xor3(a, b, c); }
    static Vector majority(Vector a, Vector b, Vector c) { return ++count.majority, WordOps::majority(a, b, c); }
    static Vector select(Vector m, Vector a, Vector b) { return ++count.select, WordOps::select(m, a, b); }
    static Vector and_equal(Vector m, Vector a, Vector b) { return ++count.and_equal, WordOps::and_equal(m, a, b); }
    template <int K>
    static Vector rotate_left(Vector a) {
        return ++count.rotate, WordOps::rotate_left<K>(a);
    }
    template <int K>
    static Vector shift_left(Vector a) {
        return ++count.logic2, WordOps::shift_left<K>(a);
    }
    template <int K>
    static Vector shift_right(Vector a) {
        return ++count.logic2, WordOps::shift_right<K>(a);
    }
    static Vector shift_left_by(Vector a, Vector b) { return ++count.logic2, WordOps::shift_left_by(a, b); }
    static void multiply_wide(Vector a, std::uint32_t b, Vector& high, Vector& low) {
        ++count.multiply;
        WordOps::multiply_wide(a, b, high, low);
    }
    static BitSum add_bits(BitSum sum, Vector a) { return ++count.bit_sum, WordOps::add_bits(sum, a); }
};

/// Instructions that these take on one instruction set (csrc/src/kernels/simd_*.hpp; scalar: x86-64 without BMI).
inline double instructions(const Operations& n, kadanoff::Isa isa) {
    const Operations cost = isa == kadanoff::Isa::avx512 ? Operations{1, 1, 1, 1, 1, 1, 1, 7, 8}
                            : isa == kadanoff::Isa::avx2 ? Operations{1, 1, 2, 4, 3, 2, 3, 7, 8}
                                                         : Operations{1, 2, 2, 4, 3, 3, 1, 3, 12};
    return static_cast<double>(n.logic2 * cost.logic2 + n.and_not * cost.and_not + n.xor3 * cost.xor3 +
                               n.majority * cost.majority + n.select * cost.select + n.and_equal * cost.and_equal +
                               n.rotate * cost.rotate + n.multiply * cost.multiply + n.bit_sum * cost.bit_sum);
}

/// Operations for one register of sites: of one half sweep, seeding of its stripe's streams included and the rare
/// continuation not; and of one measurement.
Operations update_operations(const kadanoff::Lattice& lattice, const std::string& update, double field);
Operations measure_operations(const kadanoff::Lattice& lattice);

}  // namespace bench
