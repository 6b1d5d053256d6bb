#pragma once

#include <cstdint>

#include "kadanoff/lattice/checkerboard.hpp"
#include "kadanoff/rng/stream.hpp"
#include "kadanoff/rng/xoshiro.hpp"
#include "kadanoff/update/classes.hpp"

namespace kadanoff {

/// One colour of one replica, about to be updated. Plain data, passed to CUDA kernels by value.
struct HalfSweep {
    CheckerboardLayout layout;
    std::uint32_t* own;          ///< the colour to update: first row of plane 0
    const std::uint32_t* other;  ///< the colour of its neighbours
    const AcceptTable* table;
    DrawKey key;  ///< stream: the rule's; sublattice: the colour
};

/// A unit of work: the columns of one vector register in one stripe. Its sites share a seeded stream per lane.
template <class Ops>
struct Unit {
    Xoshiro128pp<Ops> stream;
    Cursor at;
    std::int64_t vectors;  ///< left to do
};

/// Units of one colour: stripes times the registers that make up a vector of the layout.
template <class Ops>
KADANOFF_LEAF std::int64_t unit_count(const CheckerboardLayout& layout) {
    return layout.stripes() * (vector_words / Ops::lanes);
}

template <class Ops>
KADANOFF_LEAF Unit<Ops> begin_unit(const HalfSweep& job, std::int64_t index) {
    constexpr std::int64_t registers = vector_words / Ops::lanes;
    const std::int64_t stripe = index / registers;
    const std::int64_t lane = (index % registers) * Ops::lanes;
    const std::int64_t first = stripe * stripe_vectors;
    const std::int64_t rest = job.layout.vectors() - first;
    const auto group = Ops::iota(static_cast<std::uint32_t>(stripe * vector_words + lane));
    return {Xoshiro128pp<Ops>(draw<Ops>(job.key, group, 0)), cursor_at(job.layout, first, lane, job.key.sublattice),
            rest < stripe_vectors ? rest : stripe_vectors};
}

/// Compares the rest of U with the rest of T for the undecided sites of a register. The 64-bit draw of a site
/// is a pair of words of the Philox block with group = word index in the colour and slot = bit / 2.
template <class Ops, class Lookup>
KADANOFF_LEAF typename Ops::Vector finish_undecided(const HalfSweep& job, Stream tail, const Cursor& at,
                                                    const Classes<Ops>& classes, typename Ops::Vector accepted,
                                                    typename Ops::Vector undecided) {
    alignas(64) std::uint32_t select[4][Ops::lanes];
    alignas(64) std::uint32_t open[Ops::lanes], result[Ops::lanes];
    for (int i = 0; i < 4; ++i) Ops::store(select[i], classes.select[i]);
    Ops::store(open, undecided);
    Ops::store(result, accepted);
    DrawKey key = job.key;
    key.stream = tail;
    const auto first_word = static_cast<std::uint32_t>(at.plane * job.layout.plane_words + at.word);
    for (int lane = 0; lane < Ops::lanes; ++lane) {
        for (std::uint32_t left = open[lane]; left != 0; left &= left - 1) {
            const std::uint32_t lowest = left & (~left + 1);
            const std::uint32_t bit = WordOps::popcount(lowest - 1);
            const auto block = draw<WordOps>(key, first_word + static_cast<std::uint32_t>(lane), bit / 2);
            const std::uint32_t low = block.word[bit & 1 ? 2 : 0], high = block.word[bit & 1 ? 3 : 1];
            const std::uint64_t uniform = (static_cast<std::uint64_t>(high) << 32) | low;
            const int bits[4] = {(select[0][lane] >> bit) & 1 ? 1 : 0, (select[1][lane] >> bit) & 1 ? 1 : 0,
                                 (select[2][lane] >> bit) & 1 ? 1 : 0, (select[3][lane] >> bit) & 1 ? 1 : 0};
            constexpr std::uint64_t rest = ~std::uint64_t{0} >> uniform_planes;
            const std::uint64_t limit = job.table->threshold[Lookup::index(bits)] & rest;
            result[lane] = (uniform & rest) <= limit ? result[lane] | lowest : result[lane] & ~lowest;
        }
    }
    return Ops::load(result);
}

/// The leaves that a kernel is made of. Symmetric: no field.
template <class Lattice, class Rule, bool Symmetric>
struct CheckerboardUpdate;

template <class Lattice, class Rule>
struct CheckerboardUpdate<Lattice, Rule, true> {
    using Lookup = SymmetricLookup<Lattice::coordination>;

    template <class Ops>
    KADANOFF_LEAF static Classes<Ops> classify(typename Ops::Vector spin, const typename Ops::Vector* neighbour,
                                               const AcceptTable& table) {
        return Rule::template symmetric_classes<Ops, Lattice>(spin, neighbour, table);
    }
    template <class Ops>
    KADANOFF_LEAF static typename Ops::Vector settle(const Classes<Ops>& classes, typename Ops::Vector accepted,
                                                     typename Ops::Vector first_plane) {
        return Rule::template settle<Ops>(classes, accepted, first_plane);
    }
};

template <class Lattice, class Rule>
struct CheckerboardUpdate<Lattice, Rule, false> {
    using Lookup = FieldLookup<Lattice::coordination, Rule::uses_spin>;

    template <class Ops>
    KADANOFF_LEAF static Classes<Ops> classify(typename Ops::Vector spin, const typename Ops::Vector* neighbour,
                                               const AcceptTable& table) {
        return field_classes<Ops, Lattice, Rule>(spin, neighbour, table);
    }
    template <class Ops>
    KADANOFF_LEAF static typename Ops::Vector settle(const Classes<Ops>& classes, typename Ops::Vector accepted,
                                                     typename Ops::Vector /*first_plane*/) {
        return Ops::bit_xor(classes.base, accepted);
    }
};

/// Updates the next `vectors` vectors of `Count` units in lockstep. Two units hide the latency of each other's
/// random stream (measured on Zen 5: 28 flips/ns with one, 43 with two, neighbours not counted).
template <class Ops, class Lattice, class Rule, bool Symmetric, int Count>
KADANOFF_LEAF void update_units(const HalfSweep* const* job, Unit<Ops>* unit, std::int64_t vectors) {
    using Vector = typename Ops::Vector;
    using Update = CheckerboardUpdate<Lattice, Rule, Symmetric>;
    for (std::int64_t done = 0; done < vectors; ++done) {
        Classes<Ops> classes[Count];
        Vector accepted[Count], undecided[Count], first_plane[Count], valid[Count];
        KADANOFF_UNROLL
        for (int i = 0; i < Count; ++i) {
            const CheckerboardLayout& layout = job[i]->layout;
            const Cursor& at = unit[i].at;
            Vector neighbour[Lattice::coordination];
            Lattice::template load_neighbours<Ops>(layout, job[i]->other, at, neighbour);
            const Vector spin = load_own<Ops>(layout, job[i]->own + at.plane * layout.plane_stride, at.word);
            classes[i] = Update::template classify<Ops>(spin, neighbour, *job[i]->table);
            valid[i] = row_mask<Ops>(layout, at, RowMask::valid);
            undecided[i] = Ops::and_not(valid[i], classes[i].fixed);
            accepted[i] = Ops::zero();
            first_plane[i] = Ops::zero();
        }
        KADANOFF_UNROLL
        for (int k = 0; k < uniform_planes; ++k) {
            KADANOFF_UNROLL
            for (int i = 0; i < Count; ++i) {
                const Vector uniform = unit[i].stream.next();
                const Vector limit = Update::Lookup::template apply<Ops>(classes[i].select, job[i]->table->plane[k]);
                accepted[i] = Ops::select(undecided[i], limit, accepted[i]);
                undecided[i] = Ops::and_equal(undecided[i], uniform, limit);
                if (k == 0) first_plane[i] = uniform;
            }
        }
        KADANOFF_UNROLL
        for (int i = 0; i < Count; ++i) {
            if (Ops::any(undecided[i])) {
                accepted[i] = finish_undecided<Ops, typename Update::Lookup>(*job[i], Rule::tail_stream, unit[i].at,
                                                                             classes[i], accepted[i], undecided[i]);
            }
            const Vector value =
                Ops::bit_and(valid[i], Update::template settle<Ops>(classes[i], accepted[i], first_plane[i]));
            const CheckerboardLayout& layout = job[i]->layout;
            store_with_ghosts<Ops>(layout, job[i]->own + unit[i].at.plane * layout.plane_stride, unit[i].at.word,
                                   value);
            advance(layout, unit[i].at, job[i]->key.sublattice);
        }
    }
    KADANOFF_UNROLL
    for (int i = 0; i < Count; ++i) unit[i].vectors -= vectors;
}

/// Sums over a stretch of vectors of one colour: unequal neighbour pairs and up spins of both colours.
struct SpinSums {
    std::uint64_t unequal_bonds = 0;
    std::uint64_t up_spins = 0;
};

/// Sums over the vectors [first, last) of colour 0, whose sites touch every bond once, in the register that
/// begins at `lane`. `own` and `other` as in HalfSweep.
template <class Ops, class Lattice>
KADANOFF_LEAF SpinSums measure_lanes(const CheckerboardLayout& layout, const std::uint32_t* own,
                                     const std::uint32_t* other, std::int64_t first, std::int64_t last,
                                     std::int64_t lane) {
    using Vector = typename Ops::Vector;
    typename Ops::BitSum bit0 = Ops::no_bits(), bit1 = bit0, bit2 = bit0, up = bit0;
    Cursor at = cursor_at(layout, first, lane, 0);
    for (std::int64_t q = first; q < last; ++q, advance(layout, at, 0)) {
        const std::int64_t plane = at.plane * layout.plane_stride;
        const Vector spin = load_own<Ops>(layout, own + plane, at.word);
        Vector neighbour[Lattice::coordination];
        Lattice::template load_neighbours<Ops>(layout, other, at, neighbour);
        KADANOFF_UNROLL
        for (int i = 0; i < Lattice::coordination; ++i) neighbour[i] = Ops::bit_xor(neighbour[i], spin);
        const NeighbourCount<Ops> unequal = Lattice::template count<Ops>(neighbour);
        const Vector valid =
            Ops::bit_and(row_mask<Ops>(layout, at, RowMask::valid), Ops::below(layout.row_block() - at.word));
        bit0 = Ops::add_bits(bit0, Ops::bit_and(unequal.bit0, valid));
        bit1 = Ops::add_bits(bit1, Ops::bit_and(unequal.bit1, valid));
        bit2 = Ops::add_bits(bit2, Ops::bit_and(unequal.bit2, valid));
        up = Ops::add_bits(up, Ops::bit_and(spin, valid));
        up = Ops::add_bits(up, Ops::bit_and(Ops::load(other + plane + at.word), valid));
    }
    return {Ops::total(bit0) + 2 * Ops::total(bit1) + 4 * Ops::total(bit2), Ops::total(up)};
}

}  // namespace kadanoff
