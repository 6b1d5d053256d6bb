#pragma once

#include "kadanoff/rng/stream.hpp"
#include "kadanoff/update/classes.hpp"
#include "kadanoff/update/plain_real.hpp"
#include "kadanoff/update/table_build.hpp"

namespace kadanoff {

/// Heat bath (Glauber): the new spin is up with probability 1 / (1 + exp(-2 beta h)) in a local field h.
struct HeatBath {
    static constexpr const char* name = "heatbath";
    static constexpr Stream stream = Stream::heat_bath;
    static constexpr Stream tail_stream = Stream::heat_bath_tail;
    static constexpr Stream packed_stream = Stream::packed_heat_bath;
    static constexpr Stream packed_tail_stream = Stream::packed_heat_bath_tail;
    static constexpr Stream plain_stream = Stream::plain_heat_bath;
    static constexpr Stream dense_stream = Stream::dense_heat_bath;
    static constexpr Stream table_stream = Stream::table_heat_bath;
    static constexpr Stream table_tail_stream = Stream::table_heat_bath_tail;
    static constexpr bool uses_spin = false;

    /// Along the local field, and against it with probability exp(-d) / (1 + exp(-d)), d = |2 beta h|.
    /// Without a local field: up if accepted, probability 1/2.
    static Decision decide(bool /*spin*/, double drive) {
        const DoubleDouble weight = exp_minus(drive < 0 ? -drive : drive);
        return {drive > 0, weight / (DoubleDouble{1.0, 0.0} + weight)};
    }

    template <class Ops, class Lattice>
    KADANOFF_LEAF static Classes<Ops> symmetric_classes(typename Ops::Vector /*spin*/,
                                                        const typename Ops::Vector* neighbour,
                                                        const AcceptTable& table) {
        const NeighbourCount<Ops> up = Lattice::template count<Ops>(neighbour);
        const auto along = Ops::bit_xor(Lattice::template most_up<Ops>(up), Ops::broadcast(table.antiferro));
        return {{up.bit0, Ops::bit_xor(up.bit1, up.bit2), Ops::zero(), Ops::zero()},
                along,
                Lattice::template half_up<Ops>(up)};
    }

    /// Fixed sites feel no local field: the threshold 0111... is decided by the first plane alone.
    template <class Ops, class Sorted>
    KADANOFF_LEAF static typename Ops::Vector settle(const Sorted& classes, typename Ops::Vector accepted,
                                                     typename Ops::Vector first_plane) {
        return Ops::select(classes.fixed, Ops::bit_not(first_plane), Ops::bit_xor(classes.base, accepted));
    }

    /// The plain kernel's form: up with probability 1 / (1 + exp(-2 beta h)), drive = 2 beta h log2(e). A spin is 0
    /// (up) or the sign bit.
    template <class Ops, int Count>
    KADANOFF_LEAF static void move(const typename Ops::Real* drive, const typename Ops::Real* uniform,
                                   typename Ops::Vector* spin) {
        typename Ops::Real weight[Count];
        KADANOFF_UNROLL
        for (int i = 0; i < Count; ++i) weight[i] = Ops::size(drive[i]);
        exp2_minus<Ops, Count>(weight);
        KADANOFF_UNROLL
        for (int i = 0; i < Count; ++i) {
            const auto scaled = Ops::times(uniform[i], Ops::plus(Ops::real(1.0f), weight[i]));
            const auto against = Ops::less(scaled, weight[i]);  // probability weight / (1 + weight)
            const auto along = Ops::bits(drive[i]);             // its sign bit: down if the field points down
            spin[i] = Ops::bit_and(Ops::bit_xor(along, against), Ops::broadcast(sign_bit));
        }
    }

    /// The table kernel's form: the probabilities of up in fields of drive = 2 beta h log2(e), and in opposite ones.
    template <class Ops, int Count>
    KADANOFF_LEAF static void accepted_in_table(const typename Ops::Double* drive, typename Ops::Double* accepted,
                                                typename Ops::Double* mirrored) {
        const auto zero = Ops::double_of(0.0), one = Ops::double_of(1.0);
        KADANOFF_UNROLL
        for (int i = 0; i < Count; ++i) {
            const auto weight = half_to_the<Ops>(Ops::size(drive[i]));
            const auto along = Ops::over(one, Ops::plus(one, weight)), against = Ops::times(weight, along);
            accepted[i] = Ops::select_less(zero, drive[i], along, against);
            mirrored[i] = Ops::select_less(zero, drive[i], against, along);
        }
    }
};

}  // namespace kadanoff
