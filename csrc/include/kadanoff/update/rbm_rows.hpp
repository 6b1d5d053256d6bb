#pragma once

#include "kadanoff/update/rbm_draw.hpp"
#include "kadanoff/update/rbm_weigh.hpp"

namespace kadanoff {

// The same method in the first-level cache, for registers too small to hold a table: units lie along the lanes, an
// entry is 64 bytes, and one chain after the other looks up its entries. The sums are then transposed for the draw.

/// Units that are summed up and drawn together, and groups of inputs whose tables lie in the cache.
inline constexpr int rbm_row_units = 32;
inline constexpr int rbm_row_groups = 16;

/// Entries of one group of inputs for the units of 64 bytes of rows.
template <class Sums>
KADANOFF_LEAF void build_row_table(const std::uint32_t* rows, std::int64_t stride, std::uint32_t* table) {
    using Ops = typename Sums::Ops;
    for (int lane = 0; lane < 16; lane += Ops::lanes, rows += Ops::lanes, table += Ops::lanes) {
        typename Ops::Vector low[4], high[4];  // sums of the first two inputs, and of the next two
        low[0] = high[0] = Ops::zero();
        low[1] = Ops::load(rows);
        low[2] = Ops::load(rows + stride);
        low[3] = Sums::add(low[1], low[2]);
        high[1] = Ops::load(rows + 2 * stride);
        high[2] = Ops::load(rows + 3 * stride);
        high[3] = Sums::add(high[1], high[2]);
        KADANOFF_UNROLL
        for (int e = 0; e < 16; ++e) {
            const auto sum = Sums::add(low[e % 4], high[e / 4]);
            Ops::store(table + e * 16, sum);
            if constexpr (Sums::inputs == 5) {
                Ops::store(table + (16 + e) * 16, Sums::add(sum, Ops::load(rows + 4 * stride)));
            }
        }
    }
}

/// Adds the entries of `Groups` groups to the sums of all chains, 16 words each; from the bias on if it is not null.
template <class Sums, int Groups>
KADANOFF_LEAF void add_row_entries(const std::uint32_t* table, const std::uint32_t* index, std::int64_t chains,
                                   const std::uint32_t* bias, std::uint32_t* sums) {
    using Ops = typename Sums::Ops;
    constexpr int parts = 16 / Ops::lanes;
    for (std::int64_t c = 0; c < chains; ++c, sums += 16) {
        typename Ops::Vector sum[parts];
        for (int p = 0; p < parts; ++p) sum[p] = Ops::load((bias != nullptr ? bias : sums) + p * Ops::lanes);
        KADANOFF_UNROLL
        for (int g = 0; g < Groups; ++g) {
            const std::uint32_t entry = (index[(g * chains + c) / 2] >> (16 * (c % 2))) & 0xFFFFu;
            const std::uint32_t* from = table + g * Sums::entries * 16 + entry;
            for (int p = 0; p < parts; ++p) sum[p] = Sums::add(sum[p], Ops::load(from + p * Ops::lanes));
        }
        for (int p = 0; p < parts; ++p) Ops::store(sums + p * Ops::lanes, sum[p]);
    }
}

/// Sums of the units of 64 bytes of rows, (chain, 16 words). `column`: first word of theirs in a row.
template <class Sums>
KADANOFF_LEAF void sum_rows(const RbmJob& job, std::int64_t column, std::int64_t chains, std::uint32_t* sums) {
    constexpr int table_words = Sums::entries * 16;
    const std::uint32_t* bias = job.bias + column;
    for (std::int64_t k = 0; k < job.groups;) {
        const std::int64_t left = job.groups - k;
        const int count = left >= 16 ? 16 : left >= 4 ? 4 : 1;
        for (int g = 0; g < count; ++g) {
            const std::uint32_t* rows = job.rows + (k + g) * Sums::inputs * job.row_stride + column;
            build_row_table<Sums>(rows, job.row_stride, job.partial + g * table_words);
        }
        const std::uint32_t* index = job.index + k * chains / 2;
        if (count == 16) add_row_entries<Sums, 16>(job.partial, index, chains, bias, sums);
        if (count == 4) add_row_entries<Sums, 4>(job.partial, index, chains, bias, sums);
        if (count == 1) add_row_entries<Sums, 1>(job.partial, index, chains, bias, sums);
        bias = nullptr;
        k += count;
    }
}

template <class Sums>
struct RowSums;

/// int16 sums of 32 units.
template <class OpsType>
struct RowSums<Fixed16Sums<OpsType>> {
    using Ops = OpsType;
    using Vector = typename Ops::Vector;
    static constexpr int parts = 16 / Ops::lanes, column_words = 16;

    Vector limit[parts], scale[parts], factor[parts];

    KADANOFF_LEAF RowSums(const RbmJob& job, std::int64_t word) {
        for (int p = 0; p < parts; ++p) {
            const std::int64_t at = word * 16 + p * Ops::lanes;
            limit[p] = Ops::load(job.drives.limit + at);
            scale[p] = Ops::load(job.drives.scale + at);
            factor[p] = Ops::load(job.drives.factor + at);
        }
    }
    /// 32 chains' sums as (unit, chain).
    KADANOFF_LEAF static void transpose(const RbmJob&, std::int64_t, const std::uint32_t* sums, std::int64_t,
                                        std::uint32_t* columns) {
        Ops::transpose_pairs(sums, 16, columns);
    }
    static constexpr int column(int unit) { return unit; }
    /// 32 chains' sums as floats, (unit, 16 even chains and 16 odd ones).
    KADANOFF_LEAF static void reals(const std::uint32_t* sums, std::int64_t, std::uint32_t* out) {
        alignas(64) std::uint32_t columns[rbm_row_units * 16];
        Ops::transpose_pairs(sums, 16, columns);
        for (int j = 0; j < rbm_row_units; ++j) {
            for (int p = 0; p < 16; p += Ops::lanes) {
                const Vector pairs = Ops::load(columns + j * 16 + p);
                Ops::store(out + j * 32 + p, Ops::bits(low_real<Ops>(pairs)));
                Ops::store(out + j * 32 + 16 + p, Ops::bits(high_real<Ops>(pairs)));
            }
        }
    }

    template <class Logistic>
    KADANOFF_LEAF std::uint32_t draw(const RbmJob& job, const Logistic& logistic, std::int64_t word, int part,
                                     std::int64_t unit, Vector sum, const std::uint32_t*, std::int64_t,
                                     Vector uniform) const {
        const Vector y = fixed16_drive<Ops>(sum, limit[part], scale[part], factor[part]);
        return draw_fixed16<Ops>(job, logistic, word, part, unit, sum, y, uniform);
    }
};

/// float32 sums of 2 x 16 units, transposed as y with the sign of the sum.
template <class OpsType>
struct RowSums<Float32Sums<OpsType>> {
    using Ops = OpsType;
    using Vector = typename Ops::Vector;
    static constexpr int parts = 16 / Ops::lanes, column_words = 32;

    KADANOFF_LEAF RowSums(const RbmJob&, std::int64_t) {}

    KADANOFF_LEAF static Vector signed_drive(Vector sum, typename Ops::Real real) {
        const Vector y = float32_drive<Ops>(Ops::as_real(sum), real);
        const Vector negative = Ops::less(Ops::as_real(sum), Ops::real(0.0f));
        return Ops::subtract(Ops::bit_xor(y, negative), negative);
    }
    KADANOFF_LEAF static void transpose(const RbmJob& job, std::int64_t word, const std::uint32_t* sums,
                                        std::int64_t half, std::uint32_t* columns) {
        alignas(64) std::uint32_t rows[32 * 16];
        for (int c = 0; c < 32; ++c) {
            const auto real = Ops::as_real(Ops::broadcast(job.drives.real[word * 32 + c % 2 * 16 + c / 2]));
            for (int p = 0; p < parts; ++p) {
                const std::uint32_t* from = sums + c * 16 + p * Ops::lanes;
                Ops::store(rows + c * 16 + p * Ops::lanes,
                           join_low_halves<Ops>(signed_drive(Ops::load(from), real),
                                                signed_drive(Ops::load(from + half), real)));
            }
        }
        Ops::transpose_pairs(rows, 16, columns);
    }
    /// Unit 16 h + w was in half h of word w.
    static constexpr int column(int unit) { return 2 * (unit % 16) + unit / 16; }
    /// The low 16 bits and the high ones are transposed apart.
    KADANOFF_LEAF static void reals(const std::uint32_t* sums, std::int64_t half, std::uint32_t* out) {
        alignas(64) std::uint32_t rows[2][32 * 16], columns[2][rbm_row_units * 16];
        for (int w = 0; w < 32 * 16; w += Ops::lanes) {
            const Vector first = Ops::load(sums + w), second = Ops::load(sums + half + w);
            Ops::store(rows[0] + w, join_low_halves<Ops>(first, second));
            Ops::store(rows[1] + w, join_high_halves<Ops>(first, second));
        }
        Ops::transpose_pairs(rows[0], 16, columns[0]);
        Ops::transpose_pairs(rows[1], 16, columns[1]);
        for (int j = 0; j < rbm_row_units; ++j) {
            for (int p = 0; p < 16; p += Ops::lanes) {
                const Vector low = Ops::load(columns[0] + column(j) * 16 + p);
                const Vector high = Ops::load(columns[1] + column(j) * 16 + p);
                Ops::store(out + j * 32 + p, join_low_halves<Ops>(low, high));
                Ops::store(out + j * 32 + 16 + p, join_high_halves<Ops>(low, high));
            }
        }
    }

    template <class Logistic>
    KADANOFF_LEAF std::uint32_t draw(const RbmJob& job, const Logistic& logistic, std::int64_t word, int part,
                                     std::int64_t unit, Vector drive, const std::uint32_t* sums, std::int64_t half,
                                     Vector uniform) const {
        const auto negative = Ops::negative_pairs(drive);
        const PairDraw<Ops> drawn(logistic, Ops::size_pairs(drive), negative, uniform);
        if (__builtin_expect(drawn.open == 0, 1)) return drawn.up;
        alignas(64) std::uint32_t first_bits[Ops::lanes];
        Ops::store(first_bits, drawn.first_bits);
        const OpenUnits units{word * rbm_chains + part * 2 * Ops::lanes,
                              static_cast<std::uint32_t>(unit),
                              drawn.open,
                              drawn.up,
                              Ops::set_bits(negative),
                              first_bits};
        const int own = static_cast<int>(unit % rbm_row_units);
        const std::uint32_t* first = sums + own / 16 * half + part * 2 * Ops::lanes * 16 + own % 16;
        return finish_float32_units(job, units, first, 16, 32);
    }
};

/// Weighs the sums of the 32 units from `unit` on in the 32 chains of a word.
template <class Sums, int Betas>
KADANOFF_LEAF void weigh_rows(const RbmJob& job, std::int64_t unit, std::int64_t word, const std::uint32_t* sums,
                              std::int64_t half) {
    alignas(64) std::uint32_t reals[rbm_row_units * 32];
    RowSums<Sums>::reals(sums, half, reals);
    weigh_units<typename Sums::Ops, Betas, 32>(*job.weighing, unit, rbm_row_units, reals, 32, word * rbm_chains);
}

/// Draws the 32 units from `unit` on in the 32 chains of a word, whose sums are given, (half of the units, chain, 16
/// words), halves `half` words apart.
template <class Sums, class Logistic>
KADANOFF_LEAF void draw_rows(const RbmJob& job, std::int64_t unit, bool first, std::int64_t word,
                             const std::uint32_t* sums, std::int64_t half, std::uint32_t* state) {
    using Ops = typename Sums::Ops;
    constexpr int parts = 16 / Ops::lanes;
    alignas(64) std::uint32_t columns[rbm_row_units * 16];
    RowSums<Sums>::transpose(job, word, sums, half, columns);
    const RowSums<Sums> rows(job, word);
    const Logistic logistic(*job.logistic);
    for (int p = 0; p < parts; ++p) {
        RbmStream<Ops> stream;
        stream.resume(job, word, p, unit, first, state + p * 4 * Ops::lanes);
        for (int j = 0; j < rbm_row_units; ++j) {
            const auto drive = Ops::load(columns + RowSums<Sums>::column(j) * 16 + p * Ops::lanes);
            store_rbm_units<Ops>(job, word, p, unit + j,
                                 rows.draw(job, logistic, word, p, unit + j, drive, sums, half, stream.words.next()));
        }
        stream.store(state + p * 4 * Ops::lanes);
    }
}

}  // namespace kadanoff
