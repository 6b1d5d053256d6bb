#pragma once

#include <cstdint>

#include "kadanoff/update/graph_sweep.hpp"
#include "kadanoff/update/table_build.hpp"

namespace kadanoff {

/// Streams of a stripe of the table kernel, see graph_sweep.hpp.
inline constexpr int table_streams = 2;
/// Replicas in a word: byte k of word w is replica 4 w + k, 0xFF if up and 0 if down.
inline constexpr std::int64_t replicas_per_word = 4;

/// A block of sites of the table kernel, 16 words of a position at once. Replicas of one temperature share the tables
/// of a set.
struct TableJob : GraphJob {
    TableBuild model;             ///< what the tables are made of, and where set 0 lies
    const std::int64_t* set;      ///< in use by the replicas in these 16 words: where it lies from set 0
    int sets;                     ///< their number, at least 1
    const std::uint32_t* member;  ///< [number in `set` * 16 + word]: 0xFF in the bytes of the replicas of that set
    const double* scale;          ///< 2 beta log2(e) of every replica
};

/// The tables' bytes for the cases in which a register's sites are: a threshold of 16 bits, and 0xFF where the local
/// field points up.
template <class Ops>
struct TableEntry {
    typename Ops::Vector high, low, along;
};

/// The case of every byte: bit d is its neighbour d.
template <class Ops, int Degree>
KADANOFF_LEAF typename Ops::Vector table_case(const TableJob& job, const SitePlace<Ops, true>& at) {
    typename Ops::Vector number = Ops::zero();
    repeat<Degree>(job.degree, [&](int d) KADANOFF_INLINE_LAMBDA {
        const auto bit = Ops::broadcast(0x01010101u << d);
        number = Ops::bit_or(number, Ops::bit_and(bit, at.spins_at(job, job.neighbour + d * job.stride)));
    });
    return number;
}

/// Cases in the form in which rows are looked up: at most four rows, chosen by bits 4 and 5.
template <class Ops, int Degree>
struct CaseIndex {
    using Vector = typename Ops::Vector;
    Vector in_row, bit4_unset, bit5_unset;
    int quarters;

    KADANOFF_LEAF CaseIndex(Vector number, int degree) : in_row(number), quarters(table_quarters(degree)) {
        if (Degree > 0) quarters = table_quarters(Degree);
        bit4_unset = bit5_unset = Ops::zero();
        if (quarters == 1) return;
        in_row = Ops::bit_and(number, Ops::broadcast(0x0F0F0F0Fu));
        bit4_unset = Ops::equal_bytes(Ops::bit_and(number, Ops::broadcast(0x10101010u)), Ops::zero());
        bit5_unset = Ops::equal_bytes(Ops::bit_and(number, Ops::broadcast(0x20202020u)), Ops::zero());
    }

    /// The bytes in the rows at `row`, `next` words from each other.
    KADANOFF_LEAF Vector look_up(const std::uint32_t* row, std::int64_t next) const {
        const auto at = [&](int q) KADANOFF_INLINE_LAMBDA { return Ops::look_up(Ops::row(row + q * next), in_row); };
        if (quarters == 1) return at(0);
        const Vector first = Ops::select(bit4_unset, at(0), at(1));
        if (quarters == 2) return first;
        return Ops::select(bit5_unset, first, Ops::select(bit4_unset, at(2), at(3)));
    }

    /// The same in the bytes of `where`, `old` in the others.
    KADANOFF_LEAF Vector look_up_where(typename Ops::ByteSet where, const std::uint32_t* row, std::int64_t next,
                                       Vector old) const {
        if (quarters == 1) return Ops::look_up_where(where, Ops::row(row), in_row, old);
        return Ops::select_where(where, look_up(row, next), old);
    }
};

/// The entries of all replicas, each from its own set. One: there is one set.
template <class Ops, class Rule, int Degree, bool One>
KADANOFF_LEAF TableEntry<Ops> look_up_table(const TableJob& job, const SitePlace<Ops, true>& at,
                                            typename Ops::Vector number) {
    const CaseIndex<Ops, Degree> index(number, job.degree);
    const std::int64_t next = job.stride * job.model.step;
    const std::int64_t kind = index.quarters * next;
    const std::uint32_t* row = job.model.row + at.site * job.model.step;
    const std::uint32_t* own = row + job.set[0];
    TableEntry<Ops> entry{index.look_up(own, next), index.look_up(own + kind, next),
                          Rule::uses_spin ? index.look_up(own + 2 * kind, next) : Ops::zero()};
    if constexpr (One) return entry;
    for (int k = 1; k < job.sets; ++k) {
        const auto mine = Ops::set_bytes(Ops::load(job.member + k * packed_lanes + at.lane));
        own = row + job.set[k];
        entry.high = index.look_up_where(mine, own, next, entry.high);
        entry.low = index.look_up_where(mine, own + kind, next, entry.low);
        if constexpr (Rule::uses_spin) entry.along = index.look_up_where(mine, own + 2 * kind, next, entry.along);
    }
    return entry;
}

/// Whether U <= T, of a replica whose case is given and of which the first 16 bits are equal: the others of U are the
/// first 48 bits of the Philox block with group = first_group + the site's place in the block, replica = its own.
template <class Rule>
KADANOFF_LEAF bool finish_spin(const TableJob& job, std::int64_t site, std::int64_t replica, int number) {
    DrawKey key = job.key;
    key.stream = Rule::table_tail_stream;
    key.replica = static_cast<std::uint32_t>(replica);
    const auto block = draw<WordOps>(key, job.first_group + static_cast<std::uint32_t>(site), 0);
    const std::uint64_t uniform = (static_cast<std::uint64_t>(block.word[1] & 0xFFFFu) << 32) | block.word[0];
    double drive = all_fields<WordOps>(job.model, site, number, first_fields<WordOps>(job.model, site));
    drive *= job.scale[replica];
    double accepted[1], mirrored[1];
    Rule::template accepted_in_table<WordOps, 1>(&drive, accepted, mirrored);
    return uniform <= last_bits(accepted[0]);
}

template <class Ops, class Rule>
KADANOFF_LEAF typename Ops::Vector finish_table(const TableJob& job, const SweepUnit& unit, std::int64_t site,
                                                typename Ops::Vector number, typename Ops::Vector accepted,
                                                typename Ops::Vector tied) {
    alignas(64) std::uint32_t open[Ops::lanes], result[Ops::lanes], cases[Ops::lanes];
    Ops::store(open, tied);
    Ops::store(result, accepted);
    Ops::store(cases, number);
    for (int lane = 0; lane < Ops::lanes; ++lane) {
        const std::int64_t replica = (job.first_word + unit.lane + lane) * replicas_per_word;
        for (int byte = 0; byte < replicas_per_word; ++byte) {
            const std::uint32_t mask = 0xFFu << (8 * byte);
            if ((open[lane] & mask) == 0) continue;
            const int own = static_cast<int>((cases[lane] >> (8 * byte)) & 0xFFu);
            const bool accept = finish_spin<Rule>(job, site, replica + byte, own);
            result[lane] = accept ? result[lane] | mask : result[lane] & ~mask;
        }
    }
    return Ops::load(result);
}

/// Updates `Count` registers in lockstep, each with a stream of its own.
template <class Ops, class Rule, int Degree, bool One, int Count>
KADANOFF_LEAF void update_table(const TableJob& job, const SweepUnit& unit, std::int64_t vector,
                                SiteStream<Ops, table_streams>* stream) {
    using Vector = typename Ops::Vector;
    SitePlace<Ops, true> at[Count];
    Vector number[Count], uniform[Count][2];
    KADANOFF_UNROLL
    for (int i = 0; i < Count; ++i) {
        at[i] = SitePlace<Ops, true>(job, unit, vector + i);
        stream[i].template draw_words<2>(job, unit, uniform[i]);
        number[i] = table_case<Ops, Degree>(job, at[i]);
    }
    KADANOFF_UNROLL
    for (int i = 0; i < Count; ++i) {
        const auto entry = look_up_table<Ops, Rule, Degree, One>(job, at[i], number[i]);
        const auto same_high = Ops::equal_bytes(uniform[i][0], entry.high);
        const auto tied = Ops::bit_and(same_high, Ops::equal_bytes(uniform[i][1], entry.low));
        Vector accepted = Ops::bit_or(Ops::below_bytes(uniform[i][0], entry.high),
                                      Ops::bit_and(same_high, Ops::below_bytes(uniform[i][1], entry.low)));
        if (Ops::any(tied)) accepted = finish_table<Ops, Rule>(job, unit, at[i].site, number[i], accepted, tied);
        if constexpr (Rule::uses_spin) {
            // Along the field always, against it only if accepted.
            const auto spin = Ops::load(job.source + at[i].word);
            accepted = Ops::bit_xor(entry.along, Ops::and_equal(accepted, spin, entry.along));
        }
        Ops::store(job.target + at[i].word, accepted);
    }
}

/// Bonds or fields whose energies are to be added up for the 64 replicas of 16 words.
struct TableSum {
    const std::uint32_t* spins;   ///< word 0 of position 0, of the word block
    const std::uint32_t* first;   ///< position of an end of each bond, or of each site
    const std::uint32_t* second;  ///< of the other end; null: compare with up
    const double* weight;
    std::int64_t weight_step;  ///< 1, or 0 where all items have one weight
    std::int64_t items;
};

/// Writes to sum[replica] the sum of the weights of the items that are unequal (down), items in order, for the replicas
/// of a register's words.
template <class Ops>
KADANOFF_LEAF void sum_table(const TableSum& in, std::int64_t lane, double* sum) {
    constexpr int count = Ops::lanes * replicas_per_word / Ops::doubles;
    typename Ops::Double total[count];
    KADANOFF_UNROLL
    for (int i = 0; i < count; ++i) total[i] = Ops::double_of(0.0);
    const auto spins_at = [&](const std::uint32_t* positions, std::int64_t item) KADANOFF_INLINE_LAMBDA {
        return Ops::load(in.spins + static_cast<std::int64_t>(positions[item]) * packed_lanes + lane);
    };
    for (std::int64_t k = 0; k < in.items; ++k) {
        const auto own = spins_at(in.first, k);
        const auto unequal = in.second != nullptr ? Ops::bit_xor(own, spins_at(in.second, k)) : Ops::bit_not(own);
        const auto bytes = Ops::set_bytes(unequal);
        const auto weight = Ops::double_of(in.weight[k * in.weight_step]);
        KADANOFF_UNROLL
        for (int i = 0; i < count; ++i) total[i] = Ops::plus_where(bytes, i, total[i], weight);
    }
    KADANOFF_UNROLL
    for (int i = 0; i < count; ++i) Ops::store_doubles(sum + i * Ops::doubles, total[i]);
}

}  // namespace kadanoff
