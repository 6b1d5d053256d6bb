// Included once by each checkerboard_ISA.cpp, after its Ops.
//
// ODR CONTRACT. These files are compiled with different -m flags. Whatever they instantiate must be a leaf
// (always inlined), a template on the file's own Ops, or have internal linkage; none may use the standard
// library's templates. Otherwise the linker could keep an AVX-512 copy for a machine without it.
// tests/python/test_isa.py asserts that the objects define no weak symbol.

#include "kadanoff/registry.hpp"
#include "kernels/checkerboard.hpp"

namespace kadanoff {
namespace {

/// Units (job, unit) are taken two by two: two stripes of a large lattice, or two replicas of a small one.
template <class Ops, class Lattice, class Rule, bool Symmetric>
void update(const HalfSweep* jobs, std::int64_t count, std::int64_t first, std::int64_t last) noexcept {
    const std::int64_t per_job = last - first;
    const std::int64_t total = per_job * count;
    Unit<Ops> unit[2];
    const HalfSweep* job[2];
    const auto begin = [&](int slot, std::int64_t index) __attribute__((always_inline)) {
        job[slot] = jobs + index / per_job;
        unit[slot] = begin_unit<Ops>(*job[slot], first + index % per_job);
    };
    std::int64_t next = 0;
    for (; next + 1 < total; next += 2) {
        begin(0, next);
        begin(1, next + 1);
        const std::int64_t both = unit[0].vectors < unit[1].vectors ? unit[0].vectors : unit[1].vectors;
        update_units<Ops, Lattice, Rule, Symmetric, 2>(job, unit, both);
        update_units<Ops, Lattice, Rule, Symmetric, 1>(job, unit, unit[0].vectors);
        update_units<Ops, Lattice, Rule, Symmetric, 1>(job + 1, unit + 1, unit[1].vectors);
    }
    if (next < total) {
        begin(0, next);
        update_units<Ops, Lattice, Rule, Symmetric, 1>(job, unit, unit[0].vectors);
    }
}

template <class Ops, class Lattice>
SpinSums measure(const CheckerboardLayout& layout, const std::uint32_t* own, const std::uint32_t* other,
                 std::int64_t first, std::int64_t last) noexcept {
    SpinSums sums;
    for (std::int64_t lane = 0; lane < vector_words; lane += Ops::lanes) {
        const SpinSums part = measure_lanes<Ops, Lattice>(layout, own, other, first, last, lane);
        sums.unequal_bonds += part.unequal_bonds;
        sums.up_spins += part.up_spins;
    }
    return sums;
}

template <class Ops>
CheckerboardKernel select_kernel(KernelChoice choice) noexcept {
    CheckerboardKernel kernel{};
    visit_type(Lattices{}, choice.lattice, [&](auto lattice) __attribute__((always_inline)) {
        using Lattice = typename decltype(lattice)::type;
        visit_type(Rules{}, choice.rule, [&](auto rule) __attribute__((always_inline)) {
            using Rule = typename decltype(rule)::type;
            kernel = {choice.symmetric ? update<Ops, Lattice, Rule, true> : update<Ops, Lattice, Rule, false>,
                      measure<Ops, Lattice>, vector_words / Ops::lanes};
        });
    });
    return kernel;
}

}  // namespace
}  // namespace kadanoff
