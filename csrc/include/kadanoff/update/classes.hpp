#pragma once

#include "kadanoff/lattice/checkerboard.hpp"
#include "kadanoff/update/accept_table.hpp"

namespace kadanoff {

/// A vector of sites sorted into the classes of an AcceptTable, and what follows from a class.
template <class Ops>
struct Classes {
    using Vector = typename Ops::Vector;
    Vector select[4];  ///< bit planes that name the class
    Vector base;       ///< new spin = base XOR accepted
    Vector fixed;      ///< sites that need no table: Rule::settle decides them
};

/// Classes by the size of the local field, for models without a field: bit0 of the neighbour count, then
/// bit1 ^ bit2, tell the sizes apart (Lattice::class_field).
template <int Coordination>
struct SymmetricLookup {
    static_assert(Coordination == 4 || Coordination == 6, "another coordination needs a select tree of its own");

    template <class Ops>
    KADANOFF_LEAF static typename Ops::Vector apply(const typename Ops::Vector* select, const std::uint32_t* table) {
        if constexpr (Coordination == 4) {
            return Ops::select(select[0], Ops::broadcast(table[0]), Ops::broadcast(table[1]));
        } else {
            return Ops::select(select[0], Ops::broadcast(table[0]),
                               Ops::select(select[1], Ops::broadcast(table[1]), Ops::broadcast(table[2])));
        }
    }

    /// The class of one site from its select bits.
    KADANOFF_LEAF static int index(const int* bit) {
        if (bit[0]) return 0;
        return Coordination == 4 || bit[1] ? 1 : 2;
    }
};

/// Classes by (spin, number of up neighbours), or by the latter alone: select planes bit0, bit1, bit2, spin.
template <int Coordination, bool UsesSpin>
struct FieldLookup {
    static_assert(Coordination == 4 || Coordination == 6, "another coordination needs a select tree of its own");
    static constexpr int counts = Coordination + 1;
    static_assert(2 * counts <= max_classes, "AcceptTable is too small");

    template <class Ops>
    KADANOFF_LEAF static typename Ops::Vector apply(const typename Ops::Vector* select, const std::uint32_t* table) {
        const typename Ops::Vector down = by_count<Ops>(select, table);
        if constexpr (UsesSpin) {
            return Ops::select(select[3], by_count<Ops>(select, table + counts), down);
        } else {
            return down;
        }
    }

    KADANOFF_LEAF static int index(const int* bit) {
        return bit[0] + 2 * bit[1] + 4 * bit[2] + (UsesSpin && bit[3] ? counts : 0);
    }

private:
    template <class Ops>
    KADANOFF_LEAF static typename Ops::Vector pair(typename Ops::Vector bit, const std::uint32_t* table) {
        return Ops::select(bit, Ops::broadcast(table[1]), Ops::broadcast(table[0]));
    }

    template <class Ops>
    KADANOFF_LEAF static typename Ops::Vector by_count(const typename Ops::Vector* select, const std::uint32_t* table) {
        const auto low = Ops::select(select[1], pair<Ops>(select[0], table + 2), pair<Ops>(select[0], table));
        if constexpr (Coordination == 4) {
            return Ops::select(select[2], Ops::broadcast(table[4]), low);
        } else {
            const auto high = Ops::select(select[1], Ops::broadcast(table[6]), pair<Ops>(select[0], table + 4));
            return Ops::select(select[2], high, low);
        }
    }
};

/// Sorts sites for FieldLookup; no site is fixed.
template <class Ops, class Lattice, class Rule>
KADANOFF_LEAF Classes<Ops> field_classes(typename Ops::Vector spin, const typename Ops::Vector* neighbour,
                                         const AcceptTable& table) {
    const NeighbourCount<Ops> up = Lattice::template count<Ops>(neighbour);
    Classes<Ops> classes{{up.bit0, up.bit1, up.bit2, spin}, Ops::zero(), Ops::zero()};
    using Lookup = FieldLookup<Lattice::coordination, Rule::uses_spin>;
    classes.base = Lookup::template apply<Ops>(classes.select, table.base);
    return classes;
}

}  // namespace kadanoff
