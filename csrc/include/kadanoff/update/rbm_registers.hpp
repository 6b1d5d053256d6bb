#pragma once

#include "kadanoff/update/rbm_draw.hpp"
#include "kadanoff/update/rbm_weigh.hpp"

namespace kadanoff {

// The method of four Russians (Arlazarov, Dinic, Kronrod and Faradzhev, 1970) in registers: chains lie along the lanes,
// the partial sums of a few inputs of one unit are one register, and a permutation looks them up for all lanes.

/// Units whose sums are in registers together.
inline constexpr int rbm_tile = 6;

template <class Sums>
struct RegisterTables;

/// Sums of two chains in a lane.
template <class OpsType>
struct RegisterTables<Fixed16Sums<OpsType>> {
    using Ops = OpsType;
    using Vector = typename Ops::Vector;
    using Sum = Vector;
    using Table = typename Ops::PairTable;
    static constexpr int sums = 1, vectors = 4;  ///< sums for a vector of chains; vectors of a tile

    KADANOFF_LEAF static Table load(const std::uint32_t* p) { return Ops::pair_table(p); }
    KADANOFF_LEAF static Sum bias(const std::uint32_t* row, std::int64_t unit) {
        return Ops::broadcast_pair(row[unit / 2] >> (16 * (unit % 2)));
    }
    KADANOFF_LEAF static void indices(Vector packed, Vector* index) { index[0] = packed; }
    template <bool Elsewhere>
    KADANOFF_LEAF static Sum add(Sum sum, Table table, Vector index) {
        return Ops::add_pairs(sum, Ops::look_up_pairs(table, index));
    }
    KADANOFF_LEAF static void reals(const Sum* sum, typename Ops::Real& even, typename Ops::Real& odd) {
        even = low_real<Ops>(*sum);
        odd = high_real<Ops>(*sum);
    }

    struct Drive {
        Vector limit, scale, factor;
        KADANOFF_LEAF Drive(const RbmDrives& drives, std::int64_t at)
            : limit(Ops::load(drives.limit + at)),
              scale(Ops::load(drives.scale + at)),
              factor(Ops::load(drives.factor + at)) {}
    };
    template <class Logistic>
    KADANOFF_LEAF static std::uint32_t draw(const RbmJob& job, const Logistic& logistic, const Drive& drive,
                                            std::int64_t word, int part, std::int64_t unit, const Sum* sum,
                                            Vector uniform) {
        const Vector y = fixed16_drive<Ops>(*sum, drive.limit, drive.scale, drive.factor);
        return draw_fixed16<Ops>(job, logistic, word, part, unit, *sum, y, uniform);
    }
};

/// Sums of even and odd chains apart.
template <class OpsType>
struct RegisterTables<Float32Sums<OpsType>> {
    using Ops = OpsType;
    using Vector = typename Ops::Vector;
    using Sum = typename Ops::Real;
    using Table = typename Ops::RealTable;
    static constexpr int sums = 2, vectors = 2;

    KADANOFF_LEAF static Table load(const std::uint32_t* p) { return Ops::real_table(p); }
    KADANOFF_LEAF static Sum bias(const std::uint32_t* row, std::int64_t unit) {
        return Ops::as_real(Ops::broadcast(row[unit]));
    }
    /// The last 4 bits of a lane count.
    KADANOFF_LEAF static void indices(Vector packed, Vector* index) {
        index[0] = packed;
        index[1] = Ops::template shift_right<16>(packed);
    }
    template <bool Elsewhere>
    KADANOFF_LEAF static Sum add(Sum sum, Table table, Vector index) {
        const Sum part = Ops::look_up_float(table, index);
        return Elsewhere ? Ops::plus_elsewhere(sum, part) : Ops::plus(sum, part);
    }
    KADANOFF_LEAF static void reals(const Sum* sum, Sum& even, Sum& odd) {
        even = sum[0];
        odd = sum[1];
    }

    struct Drive {
        Sum even, odd;
        KADANOFF_LEAF Drive(const RbmDrives& drives, std::int64_t at) {
            const std::uint32_t* p = drives.real + at / 16 * 32 + at % 16;
            even = Ops::as_real(Ops::load(p));
            odd = Ops::as_real(Ops::load(p + 16));
        }
    };
    template <class Logistic>
    KADANOFF_LEAF static std::uint32_t draw(const RbmJob& job, const Logistic& logistic, const Drive& drive,
                                            std::int64_t word, int part, std::int64_t unit, const Sum* sum,
                                            Vector uniform) {
        const Vector y =
            join_low_halves<Ops>(float32_drive<Ops>(sum[0], drive.even), float32_drive<Ops>(sum[1], drive.odd));
        const auto negative = Ops::negative_pairs(join_high_halves<Ops>(Ops::bits(sum[0]), Ops::bits(sum[1])));
        const PairDraw<Ops> drawn(logistic, y, negative, uniform);
        if (__builtin_expect(drawn.open == 0, 1)) return drawn.up;
        alignas(64) std::uint32_t first_bits[Ops::lanes], sums_of[2][Ops::lanes];
        Ops::store(first_bits, drawn.first_bits);
        Ops::store(sums_of[0], Ops::bits(sum[0]));
        Ops::store(sums_of[1], Ops::bits(sum[1]));
        const OpenUnits units{word * rbm_chains + part * 2 * Ops::lanes,
                              static_cast<std::uint32_t>(unit),
                              drawn.open,
                              drawn.up,
                              Ops::set_bits(negative),
                              first_bits};
        return finish_float32_units(job, units, sums_of[0], Ops::lanes, 1);
    }
};

/// Sums of a tile of units in `Vectors` vectors of chains: sum[unit][vector][...]. The indices of the groups of inputs
/// are `stride` words apart.
template <class Tables, int Vectors>
KADANOFF_LEAF void sum_tile(const RbmJob& job, std::int64_t unit, const std::uint32_t* index, std::int64_t stride,
                            typename Tables::Sum (*sum)[Vectors * Tables::sums]) {
    using Ops = typename Tables::Ops;
    constexpr int count = Vectors * Tables::sums;
    typename Tables::Sum held[rbm_tile][count];
    KADANOFF_UNROLL
    for (int j = 0; j < rbm_tile; ++j) {
        KADANOFF_UNROLL
        for (int r = 0; r < count; ++r) held[j][r] = Tables::bias(job.bias, unit + j);
    }
    const std::uint32_t* table = job.tables + unit * job.groups * 16;
    for (std::int64_t k = 0; k < job.groups; ++k, index += stride, table += rbm_tile * 16) {
        typename Ops::Vector at[count];
        KADANOFF_UNROLL
        for (int v = 0; v < Vectors; ++v) Tables::indices(Ops::load(index + v * Ops::lanes), at + v * Tables::sums);
        KADANOFF_UNROLL
        for (int j = 0; j < rbm_tile; ++j) {
            const auto row = Tables::load(table + j * 16);
            KADANOFF_UNROLL
            for (int r = 0; r < count; r += 2) {  // two adders of the processor share the sums
                held[j][r] = Tables::template add<true>(held[j][r], row, at[r]);
                if (r + 1 < count) held[j][r + 1] = Tables::template add<false>(held[j][r + 1], row, at[r + 1]);
            }
        }
    }
    KADANOFF_UNROLL
    for (int j = 0; j < rbm_tile; ++j) {
        KADANOFF_UNROLL
        for (int r = 0; r < count; ++r) sum[j][r] = held[j][r];
    }
}

/// Weighs the sums of a tile.
template <class Tables, int Betas, int Vectors>
KADANOFF_LEAF void weigh_tile(const RbmJob& job, std::int64_t unit, std::int64_t vector,
                              const typename Tables::Sum (*sum)[Vectors * Tables::sums]) {
    using Ops = typename Tables::Ops;
    constexpr int parts = 16 / Ops::lanes;
    for (int v = 0; v < Vectors; ++v) {
        alignas(64) std::uint32_t even[rbm_tile * Ops::lanes], odd[rbm_tile * Ops::lanes];
        KADANOFF_UNROLL
        for (int j = 0; j < rbm_tile; ++j) {
            typename Ops::Real first, second;
            Tables::reals(&sum[j][v * Tables::sums], first, second);
            Ops::store(even + j * Ops::lanes, Ops::bits(first));
            Ops::store(odd + j * Ops::lanes, Ops::bits(second));
        }
        const std::int64_t place = (vector + v) / parts * rbm_chains + (vector + v) % parts * Ops::lanes;
        weigh_units<Ops, Betas, Ops::lanes>(*job.weighing, unit, rbm_tile, even, Ops::lanes, place);
        weigh_units<Ops, Betas, Ops::lanes>(*job.weighing, unit, rbm_tile, odd, Ops::lanes, place + 16);
    }
}

/// Draws a tile of units in the vectors of chains from `vector` on; 16 / Ops::lanes of them make up a word.
template <class Tables, class Logistic, RbmTask Task, int Vectors>
KADANOFF_LEAF void draw_tile(const RbmJob& job, std::int64_t unit, bool first, std::int64_t vector,
                             const std::uint32_t* index, std::int64_t stride, std::uint32_t* state) {
    using Ops = typename Tables::Ops;
    constexpr int parts = 16 / Ops::lanes;
    typename Tables::Sum sum[rbm_tile][Vectors * Tables::sums];
    sum_tile<Tables, Vectors>(job, unit, index, stride, sum);
    if constexpr (Task != RbmTask::draw) weigh_tile<Tables, weighed_betas(Task), Vectors>(job, unit, vector, sum);
    if constexpr (Task == RbmTask::weigh) return;
    const Logistic logistic(*job.logistic);
    for (int v = 0; v < Vectors; ++v, state += 4 * Ops::lanes) {
        const std::int64_t word = (vector + v) / parts;
        const int part = static_cast<int>((vector + v) % parts);
        RbmStream<Ops> stream;
        stream.resume(job, word, part, unit, first, state);
        const typename Tables::Drive drive(job.drives, (vector + v) * Ops::lanes);
        KADANOFF_UNROLL
        for (int j = 0; j < rbm_tile; ++j) {
            store_rbm_units<Ops>(job, word, part, unit + j,
                                 Tables::draw(job, logistic, drive, word, part, unit + j, &sum[j][v * Tables::sums],
                                              stream.words.next()));
        }
        stream.store(state);
    }
}

/// Tables of the units [first, last), multiples of rbm_tile, for sum_tile: (tile, group of inputs, unit of the tile).
template <class Sums>
KADANOFF_LEAF void fill_register_tables(const RbmJob& job, std::int64_t first, std::int64_t last,
                                        std::uint32_t* tables) {
    using Ops = typename Sums::Ops;
    constexpr bool pairs = Sums::inputs == 5;
    constexpr int parts = 16 / Ops::lanes;
    typename Ops::Vector in[Sums::inputs][parts];  // ones in the entries that hold an input
    for (int i = 0; i < Sums::inputs; ++i) {
        for (int p = 0; p < parts; ++p) {
            const auto place = Ops::iota(static_cast<std::uint32_t>(p * Ops::lanes));
            const auto bit = Ops::broadcast(pairs ? (1u << i) >> 1 : 1u << i);
            in[i][p] = pairs && i == 0 ? Ops::broadcast(0xFFFF0000u) : Ops::equal(Ops::bit_and(place, bit), bit);
        }
    }
    for (std::int64_t unit = first; unit < last; ++unit) {
        std::uint32_t* out = tables + (unit / rbm_tile * job.groups * rbm_tile + unit % rbm_tile) * 16;
        const std::uint32_t* row = job.rows + (pairs ? unit / 2 : unit);
        for (std::int64_t k = 0; k < job.groups; ++k, out += rbm_tile * 16, row += Sums::inputs * job.row_stride) {
            for (int p = 0; p < parts; ++p) {
                typename Ops::Vector x[Sums::inputs];
                KADANOFF_UNROLL
                for (int i = 0; i < Sums::inputs; ++i) {
                    const std::uint32_t word = row[i * job.row_stride];
                    const auto weight = pairs ? Ops::broadcast_pair(word >> (16 * (unit % 2))) : Ops::broadcast(word);
                    x[i] = Ops::bit_and(weight, in[i][p]);
                }
                auto sum = Sums::add(Sums::add(x[0], x[1]), Sums::add(x[2], x[3]));
                if constexpr (Sums::inputs == 5) sum = Sums::add(sum, x[4]);
                Ops::store(out + p * Ops::lanes, sum);
            }
        }
    }
}

}  // namespace kadanoff
