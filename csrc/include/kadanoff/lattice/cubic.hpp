#pragma once

#include "kadanoff/lattice/square.hpp"

namespace kadanoff {

/// Periodic simple cubic lattice, sites (z, y, x).
struct Cubic {
    static constexpr const char* name = "cubic";
    static constexpr int dimension = 3;
    static constexpr int coordination = 6;
    static constexpr int class_field[3] = {4, 2, 6};

    std::int64_t planes;
    std::int64_t rows;
    std::int64_t columns;

    template <class Ops>
    KADANOFF_LEAF static void load_neighbours(const CheckerboardLayout& layout, const std::uint32_t* sublattice,
                                              const Cursor& at, typename Ops::Vector* neighbour) {
        Square::load_neighbours<Ops>(layout, sublattice, at, neighbour);
        const std::int64_t below = at.plane == 0 ? layout.planes - 1 : at.plane - 1;
        const std::int64_t above = at.plane == layout.planes - 1 ? 0 : at.plane + 1;
        neighbour[4] = Ops::load(sublattice + below * layout.plane_stride + at.word);
        neighbour[5] = Ops::load(sublattice + above * layout.plane_stride + at.word);
    }

    /// Two full adders over three neighbours each, then the sum of their two-bit results.
    template <class Ops>
    KADANOFF_LEAF static NeighbourCount<Ops> count(const typename Ops::Vector* neighbour) {
        using Vector = typename Ops::Vector;
        const Vector sum_a = Ops::xor3(neighbour[0], neighbour[1], neighbour[2]);
        const Vector carry_a = Ops::majority(neighbour[0], neighbour[1], neighbour[2]);
        const Vector sum_b = Ops::xor3(neighbour[3], neighbour[4], neighbour[5]);
        const Vector carry_b = Ops::majority(neighbour[3], neighbour[4], neighbour[5]);
        const Vector carry_c = Ops::bit_and(sum_a, sum_b);
        return {Ops::bit_xor(sum_a, sum_b), Ops::xor3(carry_a, carry_b, carry_c),
                Ops::majority(carry_a, carry_b, carry_c)};
    }

    template <class Ops>
    KADANOFF_LEAF static typename Ops::Vector half_up(const NeighbourCount<Ops>& count) {
        return Ops::bit_and(count.bit0, count.bit1);
    }

    template <class Ops>
    KADANOFF_LEAF static typename Ops::Vector most_up(const NeighbourCount<Ops>& count) {
        return count.bit2;
    }
};

}  // namespace kadanoff
