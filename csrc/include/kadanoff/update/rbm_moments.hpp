#pragma once

#include "kadanoff/update/plain_real.hpp"
#include "kadanoff/update/rbm_registers.hpp"
#include "kadanoff/update/rbm_rows.hpp"

namespace kadanoff {

// Sums over chains of v_i h_j, where h_j is a fixed-point number in each chain: its mean given the visible units, or
// the drawn bit. The method of four Russians again, with the roles changed: the partial sums of four chains' numbers
// are tabulated for a hidden unit, and the visible bits of these chains look them up. All sums are integers below 2^31,
// so that they do not depend on their order.

/// A mean of 1.
inline constexpr std::uint32_t rbm_mean_one = 1u << 20;

/// Hidden and visible units whose sums lie in the cache together.
inline constexpr int rbm_moment_units = 48;
inline constexpr std::int64_t rbm_moment_inputs = 1024;
/// Words from one hidden unit's totals to the next's: no power of two, whose rows the cache would put into one set.
inline constexpr std::int64_t rbm_moment_stride = rbm_moment_inputs + 16;

/// Words of chains whose tables stay in the first-level cache while all visible units look them up.
inline constexpr std::int64_t rbm_moment_words = 8;

/// Words of scratch for the moments, of one thread; on cache lines.
struct RbmMomentScratch {
    static constexpr std::int64_t numbers = rbm_moment_units * rbm_words_at_once * rbm_chains;
    static constexpr std::int64_t tables = rbm_tile * rbm_moment_words * 8 * 16;
    static constexpr std::int64_t products = rbm_moment_units * rbm_moment_stride;
};

/// Totals of hidden units and their products with the visible ones, over a block of at most rbm_words_at_once words of
/// chains after the other.
struct RbmMomentsJob {
    std::int64_t visible, hidden;  ///< units that are there
    const std::uint32_t* rate;     ///< bits of a float, |d| log2(e) of a sum of 1, at a chain's rbm_place
    const std::uint32_t* chosen;   ///< all ones in the chains that count, else 0, at rbm_place
    const std::uint32_t* drawn;    ///< bits of the hidden units, to count these and not means; or null
    std::int64_t drawn_stride;

    double* hidden_totals;  ///< added to
    double* products;       ///< (visible, hidden): set in the first block, then added to

    /// After the last block, products are (factor * total + row[i] + column_factor * hidden_total[j] + constant) /
    /// divisor.
    bool first, last;
    double factor, column_factor, constant, divisor;
    const double* row;

    std::uint32_t *numbers, *tables, *totals;  ///< see RbmMomentScratch
};

/// 2^20 / (1 + e^-d), rounded, of sums.
template <class Ops>
KADANOFF_LEAF typename Ops::Vector mean_number(typename Ops::Real sum, typename Ops::Real rate) {
    typename Ops::Real weight[1] = {Ops::times(Ops::size(sum), rate)};
    exp2_minus<Ops, 1>(weight);
    const auto likelier = Ops::over(Ops::real(1.0f), Ops::plus(Ops::real(1.0f), weight[0]));
    const auto shift = Ops::real(12582912.0f);  // 1.5 2^23: adding it rounds to an integer
    const auto scaled = Ops::plus(Ops::times(likelier, Ops::real(static_cast<float>(rbm_mean_one))), shift);
    const auto number = Ops::subtract(Ops::bits(scaled), Ops::bits(shift));
    return Ops::select(Ops::less(sum, Ops::real(0.0f)), Ops::subtract(Ops::broadcast(rbm_mean_one), number), number);
}

/// Tables of rbm_tile units for multiply_tile, from their numbers, (unit, word of chains, place), units `stride` words
/// of chains apart.
template <class Ops>
KADANOFF_LEAF void fill_moment_tables(const std::uint32_t* numbers, std::int64_t stride, std::int64_t words,
                                      std::uint32_t* tables) {
    constexpr int parts = 16 / Ops::lanes;
    typename Ops::Vector in[4][parts];  // ones in the entries that hold a chain
    for (int i = 0; i < 4; ++i) {
        for (int p = 0; p < parts; ++p) {
            const auto place = Ops::iota(static_cast<std::uint32_t>(p * Ops::lanes));
            const auto bit = Ops::broadcast(1u << i);
            in[i][p] = Ops::equal(Ops::bit_and(place, bit), bit);
        }
    }
    for (std::int64_t w = 0; w < words; ++w) {
        for (int k = 0; k < 8; ++k) {
            for (int j = 0; j < rbm_tile; ++j, tables += 16) {
                const std::uint32_t* even = numbers + (j * stride + w) * rbm_chains + 2 * k;
                const std::uint32_t* odd = even + 16;
                for (int p = 0; p < parts; ++p) {
                    const auto low = Ops::add(Ops::bit_and(Ops::broadcast(even[0]), in[0][p]),
                                              Ops::bit_and(Ops::broadcast(odd[0]), in[1][p]));
                    const auto high = Ops::add(Ops::bit_and(Ops::broadcast(even[1]), in[2][p]),
                                               Ops::bit_and(Ops::broadcast(odd[1]), in[3][p]));
                    Ops::store(tables + p * Ops::lanes, Ops::add(low, high));
                }
            }
        }
    }
}

/// Totals of a tile of hidden units with `Vectors` vectors of visible ones, rows of them `out_stride` words apart;
/// added to what is there unless these are the first words.
template <class Ops, int Vectors>
KADANOFF_LEAF void multiply_tile(const std::uint32_t* source, std::int64_t stride, std::int64_t words,
                                 const std::uint32_t* tables, bool first, std::uint32_t* out, std::int64_t out_stride) {
    typename Ops::Vector held[rbm_tile][Vectors];
    KADANOFF_UNROLL
    for (int j = 0; j < rbm_tile; ++j) {
        KADANOFF_UNROLL
        for (int v = 0; v < Vectors; ++v) {
            held[j][v] = first ? Ops::zero() : Ops::load(out + j * out_stride + v * Ops::lanes);
        }
    }
    for (std::int64_t k = 0; k < 8 * words; ++k, tables += rbm_tile * 16) {
        const std::uint32_t* word = source + k / 8 * stride;
        typename Ops::Vector bits[Vectors];
        KADANOFF_UNROLL
        for (int v = 0; v < Vectors; ++v) {
            bits[v] = Ops::shift_all_right(Ops::load(word + v * Ops::lanes), static_cast<int>(k % 8 * 4));
        }
        KADANOFF_UNROLL
        for (int j = 0; j < rbm_tile; ++j) {
            const auto table = Ops::real_table(tables + j * 16);
            KADANOFF_UNROLL
            for (int v = 0; v < Vectors; ++v) {
                held[j][v] = Ops::add_here(held[j][v], Ops::bits(Ops::look_up_float(table, bits[v])));
            }
        }
    }
    KADANOFF_UNROLL
    for (int j = 0; j < rbm_tile; ++j) {
        KADANOFF_UNROLL
        for (int v = 0; v < Vectors; ++v) Ops::store(out + j * out_stride + v * Ops::lanes, held[j][v]);
    }
}

/// Sums of integers.
template <class OpsType>
struct Int32Sums {
    using Ops = OpsType;
    using Vector = typename Ops::Vector;
    static constexpr int inputs = 4, entries = 16, units_of_row = 16;
    KADANOFF_LEAF static Vector add(Vector a, Vector b) { return Ops::add(a, b); }
};

/// Adds the entries that the visible bits of `Words` words of chains look up in tables of 8 groups a word to the totals
/// of 16 hidden units, (visible unit, 16 words).
template <class Ops, int Words>
KADANOFF_LEAF void multiply_rows(const std::uint32_t* source, std::int64_t stride, std::int64_t inputs,
                                 const std::uint32_t* tables, std::uint32_t* totals) {
    constexpr int parts = 16 / Ops::lanes;
    for (std::int64_t i = 0; i < inputs; ++i, totals += 16) {
        typename Ops::Vector sum[parts];
        for (int p = 0; p < parts; ++p) sum[p] = Ops::load(totals + p * Ops::lanes);
        for (int w = 0; w < Words; ++w) {
            const std::uint32_t bits = source[w * stride + i];
            KADANOFF_UNROLL
            for (int k = 0; k < 8; ++k) {
                const std::uint32_t* entry = tables + (8 * w + k) * 256 + (bits >> (4 * k) & 15u) * 16;
                for (int p = 0; p < parts; ++p) sum[p] = Ops::add(sum[p], Ops::load(entry + p * Ops::lanes));
            }
        }
        for (int p = 0; p < parts; ++p) Ops::store(totals + p * Ops::lanes, sum[p]);
    }
}

/// Takes the totals of visible unit `input` with `left` hidden ones from `unit` on, at most 16, into the products.
template <class Ops>
KADANOFF_LEAF void take_totals(const RbmMomentsJob& moments, std::int64_t input, std::int64_t unit, std::int64_t left,
                               const std::uint32_t* totals, const double* column) {
    alignas(64) double row[16];
    double* products = moments.products + input * moments.hidden + unit;
    double* out = left < 16 ? row : products;
    if (left < 16 && !moments.first) {
        for (int j = 0; j < left; ++j) row[j] = products[j];
    }
    for (int j = 0; j < 16; j += Ops::doubles) {
        auto total = Ops::load_words(totals + j);
        if (!moments.first) total = Ops::plus(total, Ops::load_doubles(out + j));
        if (moments.last) {
            const auto rest = Ops::plus(Ops::double_of(moments.row[input]), Ops::load_doubles(column + j));
            total = Ops::plus(Ops::times(total, Ops::double_of(moments.factor)), rest);
            total = Ops::over(total, Ops::double_of(moments.divisor));
        }
        Ops::store_doubles(out + j, total);
    }
    for (int j = 0; j < left && left < 16; ++j) products[j] = row[j];
}

/// What the totals of 16 hidden units add to their products with any visible one.
KADANOFF_LEAF void moment_columns(const RbmMomentsJob& moments, std::int64_t unit, double* column) {
    for (std::int64_t j = 0; j < 16; ++j) {
        const double total = unit + j < moments.hidden ? moments.hidden_totals[unit + j] : 0.0;
        column[j] = moments.column_factor * total + moments.constant;
    }
}

/// Set bits of every lane.
template <class Ops>
KADANOFF_LEAF typename Ops::Vector count_lane_bits(typename Ops::Vector a) {
    const auto masked = [](typename Ops::Vector x, std::uint32_t mask)
                            KADANOFF_INLINE_LAMBDA { return Ops::bit_and(x, Ops::broadcast(mask)); };
    a = Ops::subtract(a, masked(Ops::template shift_right<1>(a), 0x55555555u));
    a = Ops::add(masked(a, 0x33333333u), masked(Ops::template shift_right<2>(a), 0x33333333u));
    a = masked(Ops::add(a, Ops::template shift_right<4>(a)), 0x0F0F0F0Fu);
    a = Ops::add(a, Ops::template shift_right<8>(a));
    return masked(Ops::add(a, Ops::template shift_right<16>(a)), 0x3Fu);
}

}  // namespace kadanoff
