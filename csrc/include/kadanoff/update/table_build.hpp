#pragma once

#include <cstdint>

#include "kadanoff/config.hpp"
#include "kadanoff/rng/word_ops.hpp"

namespace kadanoff {

/// The table kernel looks up what may happen to a site by what its neighbours are: at most 2^6 cases.
inline constexpr int max_table_degree = 6;
/// Cases whose bytes fill a row of four words, which one shuffle looks up.
inline constexpr int row_cases = 16;
inline constexpr std::int64_t row_words = 4;
/// Adding it to an integer below 2^51 puts that into the last bits of a double, and rounds what is none.
inline constexpr double integer_shift = 4503599627370496.0;  // 2^52

/// Rows of one kind for every site.
KADANOFF_LEAF constexpr int table_quarters(int degree) { return degree <= 4 ? 1 : 1 << (degree - 4); }
/// Thresholds' high and low bytes, and for a rule that knows the spin the direction of the local field.
KADANOFF_LEAF constexpr int table_kinds(bool uses_spin) { return uses_spin ? 3 : 2; }

/// 2^r for |r| <= 1/2, relative error below 1e-15, and 2^0 = 1. Additions and multiplications only, so that every
/// machine gets the same bits; in Estrin's order, which waits less than Horner's.
template <class Ops>
KADANOFF_LEAF typename Ops::Double small_power(typename Ops::Double r) {
    using Double = typename Ops::Double;
    const auto line = [&](double constant, double slope) KADANOFF_INLINE_LAMBDA {
        return Ops::plus(Ops::double_of(constant), Ops::times(Ops::double_of(slope), r));
    };
    const auto join = [](Double low, Double high, Double power)
                          KADANOFF_INLINE_LAMBDA { return Ops::plus(low, Ops::times(high, power)); };
    const Double r2 = Ops::times(r, r), r4 = Ops::times(r2, r2), r8 = Ops::times(r4, r4);
    const Double low = join(line(0x1p+0, 0x1.62e42fefa3a28p-1), line(0x1.ebfbdff82c61fp-3, 0x1.c6b08d7039559p-5), r2);
    const Double middle =
        join(line(0x1.3b2ab6fb8208ep-7, 0x1.5d87fea4a755ap-10), line(0x1.43091387c719ep-13, 0x1.ffcb3f1b1dfa2p-17), r2);
    const Double high =
        join(line(0x1.62be68640a005p-20, 0x1.b689b4ad4f65fp-24), Ops::double_of(0x1.e8b761c675c38p-28), r2);
    return join(join(low, middle, r4), high, r8);
}

/// 2^-x for x >= 0; x is cut off at 1000.
template <class Ops>
KADANOFF_LEAF typename Ops::Double half_to_the(typename Ops::Double x) {
    const auto shift = Ops::double_of(6755399441055744.0);  // 1.5 * 2^52: adding it rounds to an integer
    const auto cut = Ops::least(x, Ops::double_of(1000.0));
    const auto shifted = Ops::plus(cut, shift);
    return Ops::lower_exponent(small_power<Ops>(Ops::minus(Ops::minus(shifted, shift), cut)), shifted);
}

/// The smallest integer >= x, for 0 <= x < 2^51.
template <class Ops>
KADANOFF_LEAF typename Ops::Double round_up(typename Ops::Double x) {
    const auto shift = Ops::double_of(integer_shift);
    const auto nearest = Ops::minus(Ops::plus(x, shift), shift);
    return Ops::plus(nearest, Ops::if_less(nearest, x, Ops::double_of(1.0)));
}

/// The T for which a uniform 64-bit integer U obeys U <= T with probability P > 0 is ceil(2^64 P) - 1. The first 16
/// bits of T, plus 1:
template <class Ops>
KADANOFF_LEAF typename Ops::Double first_bits(typename Ops::Double probability) {
    return round_up<Ops>(Ops::times(probability, Ops::double_of(65536.0)));
}

/// and the other 48.
KADANOFF_LEAF std::uint64_t last_bits(double probability) {
    const double rest = probability * 65536.0 - (first_bits<WordOps>(probability) - 1.0);  // exact, in (0, 1]
    return static_cast<std::uint64_t>(round_up<WordOps>(rest * 0x1p48)) - 1;
}

/// Sites of a block for which tables are to be made.
struct TableBuild {
    const double* coupling;  ///< to neighbour d of site j: [d * stride + j]
    const double* field;     ///< of site j
    std::int64_t stride;
    int degree;
    double scale;        ///< 2 beta log2(e)
    std::uint32_t* row;  ///< four words: row q of kind k of site j at ((k * quarters + q) * stride + j) * step
    std::int64_t step;   ///< words from a site to the next: the sets of a site lie together
    bool symmetric;      ///< no site has a field

    KADANOFF_LEAF double coupling_to(int d, std::int64_t site) const { return coupling[d * stride + site]; }
};

/// The local field of a site as far as the first neighbours exert it, in the cases that differ by them: in case c
/// neighbour d is up if bit d of c is set.
template <class Ops>
KADANOFF_LEAF typename Ops::Double first_fields(const TableBuild& build, std::int64_t site) {
    auto field = Ops::double_of(build.field[site]);
    KADANOFF_UNROLL
    for (int d = 0; d < Ops::log2_doubles; ++d) {
        if (d >= build.degree) break;
        field = Ops::plus(field, Ops::minus_unless_bit(d, Ops::double_of(build.coupling_to(d, site))));
    }
    return field;
}

/// The others' part added, in the cases from `first` on.
template <class Ops>
KADANOFF_LEAF typename Ops::Double all_fields(const TableBuild& build, std::int64_t site, int first,
                                              typename Ops::Double field) {
    for (int d = Ops::log2_doubles; d < build.degree; ++d) {
        const double coupling = build.coupling_to(d, site);
        field = Ops::plus(field, Ops::double_of((first >> d) & 1 ? coupling : -coupling));
    }
    return field;
}

/// Eight cases of a site, half a row.
inline constexpr int octet_cases = 8;

struct TableOctet {
    std::int64_t site;
    int octet;
};

/// Octets of a site to be worked out: without a field all spins may be turned around, and the cases c and -1 - c are
/// each other's mirror image.
KADANOFF_LEAF int table_octets(const TableBuild& build) {
    return (build.symmetric ? 1 : 2) * table_quarters(build.degree);
}

/// Writes a few octets, and if the model has no field their mirror images.
template <class Ops, class Rule, int Count>
KADANOFF_LEAF void build_octets(const TableBuild& build, const TableOctet* at) {
    using Double = typename Ops::Double;
    constexpr int parts = octet_cases / Ops::doubles;
    const auto zero = Ops::double_of(0.0), all = Ops::double_of(255.0);
    Double drive[Count * parts], bits[2][Count * parts], along[2][Count * parts];
    KADANOFF_UNROLL
    for (int k = 0; k < Count; ++k) {
        const auto base = first_fields<Ops>(build, at[k].site);
        KADANOFF_UNROLL
        for (int i = 0; i < parts; ++i) {
            const int first = at[k].octet * octet_cases + i * Ops::doubles;
            drive[k * parts + i] =
                Ops::times(all_fields<Ops>(build, at[k].site, first, base), Ops::double_of(build.scale));
        }
    }
    Rule::template accepted_in_table<Ops, Count * parts>(drive, bits[0], bits[1]);
    KADANOFF_UNROLL
    for (int i = 0; i < Count * parts; ++i) {
        KADANOFF_UNROLL
        for (int m = 0; m < 2; ++m)
            bits[m][i] = Ops::plus(first_bits<Ops>(bits[m][i]), Ops::double_of(integer_shift - 1.0));
        along[0][i] = Ops::plus(Ops::if_less(zero, drive[i], all), Ops::double_of(integer_shift));
        along[1][i] = Ops::plus(Ops::if_less(drive[i], zero, all), Ops::double_of(integer_shift));
    }
    const int quarters = table_quarters(build.degree);
    const auto write = [&](int k, int octet, int mirrored) KADANOFF_INLINE_LAMBDA {
        const auto half_row = [&](int kind) KADANOFF_INLINE_LAMBDA {
            return build.row + ((kind * quarters + octet / 2) * build.stride + at[k].site) * build.step +
                   octet % 2 * (row_words / 2);
        };
        Ops::template store_octet<8>(half_row(0), bits[mirrored] + k * parts, mirrored);
        Ops::template store_octet<0>(half_row(1), bits[mirrored] + k * parts, mirrored);
        if constexpr (Rule::uses_spin) Ops::template store_octet<0>(half_row(2), along[mirrored] + k * parts, mirrored);
    };
    KADANOFF_UNROLL
    for (int k = 0; k < Count; ++k) {
        write(k, at[k].octet, 0);
        if (build.symmetric) write(k, 2 * quarters - 1 - at[k].octet, 1);
    }
}

}  // namespace kadanoff
