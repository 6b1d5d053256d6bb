#pragma once

#include "kadanoff/rng/stream.hpp"
#include "kadanoff/update/classes.hpp"
#include "kadanoff/update/plain_real.hpp"
#include "kadanoff/update/table_build.hpp"

namespace kadanoff {

/// Metropolis: a spin s flips with probability min(1, exp(-2 beta s h)) in a local field h.
struct Metropolis {
    static constexpr const char* name = "metropolis";
    static constexpr Stream stream = Stream::metropolis;
    static constexpr Stream tail_stream = Stream::metropolis_tail;
    static constexpr Stream packed_stream = Stream::packed_metropolis;
    static constexpr Stream packed_tail_stream = Stream::packed_metropolis_tail;
    static constexpr Stream plain_stream = Stream::plain_metropolis;
    static constexpr Stream dense_stream = Stream::dense_metropolis;
    static constexpr Stream table_stream = Stream::table_metropolis;
    static constexpr Stream table_tail_stream = Stream::table_metropolis_tail;
    static constexpr bool uses_spin = true;

    static Decision decide(bool spin, double drive) {
        const double cost = spin ? drive : -drive;
        return {spin, cost <= 0 ? DoubleDouble{1.0, 0.0} : exp_minus(cost)};
    }

    /// Counts the unsatisfied bonds: neighbours that differ from the spin (that equal it, if antiferromagnetic).
    template <class Ops, class Lattice>
    KADANOFF_LEAF static Classes<Ops> symmetric_classes(typename Ops::Vector spin,
                                                        const typename Ops::Vector* neighbour,
                                                        const AcceptTable& table) {
        const auto reference = Ops::bit_xor(spin, Ops::broadcast(table.antiferro));
        typename Ops::Vector unsatisfied[Lattice::coordination];
        KADANOFF_UNROLL
        for (int i = 0; i < Lattice::coordination; ++i) unsatisfied[i] = Ops::bit_xor(neighbour[i], reference);
        const NeighbourCount<Ops> count = Lattice::template count<Ops>(unsatisfied);
        return {{count.bit0, Ops::bit_xor(count.bit1, count.bit2), Ops::zero(), Ops::zero()},
                spin,
                Ops::bit_or(Lattice::template half_up<Ops>(count), Lattice::template most_up<Ops>(count))};
    }

    /// Fixed sites gain or keep energy by flipping: they flip.
    template <class Ops, class Sorted>
    KADANOFF_LEAF static typename Ops::Vector settle(const Sorted& classes, typename Ops::Vector accepted,
                                                     typename Ops::Vector /*first_plane*/) {
        return Ops::bit_xor(classes.base, Ops::bit_or(classes.fixed, accepted));
    }

    /// The plain kernel's form: drive = 2 beta h log2(e), a spin is 0 (up) or the sign bit.
    template <class Ops, int Count>
    KADANOFF_LEAF static void move(const typename Ops::Real* drive, const typename Ops::Real* uniform,
                                   typename Ops::Vector* spin) {
        typename Ops::Real weight[Count];
        KADANOFF_UNROLL
        for (int i = 0; i < Count; ++i) weight[i] = Ops::size(drive[i]);
        exp2_minus<Ops, Count>(weight);
        KADANOFF_UNROLL
        for (int i = 0; i < Count; ++i) {
            const auto cost = Ops::as_real(Ops::bit_xor(Ops::bits(drive[i]), spin[i]));
            const auto gains = Ops::bit_not(Ops::less(Ops::real(0.0f), cost));
            const auto accepted = Ops::bit_or(Ops::less(uniform[i], weight[i]), gains);
            spin[i] = Ops::bit_xor(spin[i], Ops::bit_and(accepted, Ops::broadcast(sign_bit)));
        }
    }

    /// The table kernel's form: the probabilities of a flip against fields of drive = 2 beta h log2(e), and against
    /// opposite ones.
    template <class Ops, int Count>
    KADANOFF_LEAF static void accepted_in_table(const typename Ops::Double* drive, typename Ops::Double* accepted,
                                                typename Ops::Double* mirrored) {
        KADANOFF_UNROLL
        for (int i = 0; i < Count; ++i) accepted[i] = mirrored[i] = half_to_the<Ops>(Ops::size(drive[i]));
    }
};

}  // namespace kadanoff
