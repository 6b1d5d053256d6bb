#pragma once

#include "kadanoff/lattice/checkerboard.hpp"

namespace kadanoff {

/// Periodic square lattice, sites (y, x).
struct Square {
    static constexpr const char* name = "square";
    static constexpr int dimension = 2;
    static constexpr int coordination = 4;
    /// |local field| / |coupling| of the classes of a field-free table, see SymmetricLookup.
    static constexpr int class_field[2] = {2, 4};

    std::int64_t rows;
    std::int64_t columns;

    template <class Ops>
    KADANOFF_LEAF static void load_neighbours(const CheckerboardLayout& layout, const std::uint32_t* sublattice,
                                              const Cursor& at, typename Ops::Vector* neighbour) {
        const std::uint32_t* row = sublattice + at.plane * layout.plane_stride + at.word;
        load_row_neighbours<Ops>(layout, row, at, neighbour);
        neighbour[2] = Ops::load(row - layout.row_words);
        neighbour[3] = Ops::load(row + layout.row_words);
    }

    /// A full adder over three neighbours, a half adder for the fourth.
    template <class Ops>
    KADANOFF_LEAF static NeighbourCount<Ops> count(const typename Ops::Vector* neighbour) {
        using Vector = typename Ops::Vector;
        const Vector sum = Ops::xor3(neighbour[0], neighbour[1], neighbour[2]);
        const Vector carry = Ops::majority(neighbour[0], neighbour[1], neighbour[2]);
        const Vector carry2 = Ops::bit_and(sum, neighbour[3]);
        return {Ops::bit_xor(sum, neighbour[3]), Ops::bit_xor(carry, carry2), Ops::bit_and(carry, carry2)};
    }

    /// Sites with as many neighbours up as down.
    template <class Ops>
    KADANOFF_LEAF static typename Ops::Vector half_up(const NeighbourCount<Ops>& count) {
        return Ops::and_not(count.bit1, count.bit0);
    }

    /// Sites with more neighbours up than down.
    template <class Ops>
    KADANOFF_LEAF static typename Ops::Vector most_up(const NeighbourCount<Ops>& count) {
        return Ops::bit_or(count.bit2, Ops::bit_and(count.bit1, count.bit0));
    }
};

}  // namespace kadanoff
