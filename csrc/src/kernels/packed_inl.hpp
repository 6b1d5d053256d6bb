// Included once by each packed_ISA.cpp, after its Ops. The ODR contract of checkerboard_inl.hpp holds here too.

#include "kadanoff/registry.hpp"
#include "kernels/packed.hpp"

namespace kadanoff {
namespace {

/// One register's worth of a stripe. Vectors are taken two by two where they have streams of their own.
template <class Ops, class Rule, class Sorter, int Degree, bool Direct>
inline __attribute__((always_inline)) void update_unit(const PackedJob& job, const SweepUnit& unit) {
    const std::int64_t vectors = job.vectors(unit.stripe);
    const std::int64_t sets = std::int64_t{1} << job.shift;
    Xoshiro128pp<Ops> stream[site_streams];
    for (std::int64_t set = 0; set < sets && set < vectors; ++set) stream[set] = begin_stream<Ops>(job, unit, set);
    std::int64_t vector = 0;
    for (; sets > 1 && vector + 1 < vectors; vector += 2) {
        Xoshiro128pp<Ops>* const own[2] = {stream + (vector & (sets - 1)), stream + (vector & (sets - 1)) + 1};
        update_vectors<Ops, Rule, Sorter, Degree, Direct, 2>(job, unit, vector, own);
    }
    for (; vector < vectors; ++vector) {
        Xoshiro128pp<Ops>* const own[1] = {stream + (vector & (sets - 1))};
        update_vectors<Ops, Rule, Sorter, Degree, Direct, 1>(job, unit, vector, own);
    }
}

template <class Ops, class Rule, class Sorter, int Degree, bool Direct>
void update_packed(const PackedJob& job, std::int64_t first, std::int64_t last) noexcept {
    for (std::int64_t stripe = first; stripe < last; ++stripe) {
        for (std::int64_t lane = 0; lane < packed_lanes; lane += Ops::lanes) {
            update_unit<Ops, Rule, Sorter, Degree, Direct>(job, {stripe, lane});
        }
    }
}

template <class Ops, class Rule, bool Direct>
PackedKernel kernel_of(const PackedChoice& choice) noexcept {
    if (!choice.symmetric) return {update_packed<Ops, Rule, PackedField<Rule>, 0, Direct>};
    switch (choice.degree) {
        case 2: return {update_packed<Ops, Rule, PackedSymmetric<Rule, 2>, 2, Direct>};
        case 3: return {update_packed<Ops, Rule, PackedSymmetric<Rule, 3>, 3, Direct>};
        case 4: return {update_packed<Ops, Rule, PackedSymmetric<Rule, 4>, 4, Direct>};
        case 6: return {update_packed<Ops, Rule, PackedSymmetric<Rule, 6>, 6, Direct>};
        default: return {update_packed<Ops, Rule, PackedSymmetric<Rule, 0>, 0, Direct>};
    }
}

template <class Ops>
PackedKernel select_packed(const PackedChoice& choice) noexcept {
    PackedKernel kernel{};
    visit_type(Rules{}, choice.rule, [&](auto rule) KADANOFF_INLINE_LAMBDA {
        using Rule = typename decltype(rule)::type;
        kernel = choice.direct ? kernel_of<Ops, Rule, true>(choice) : kernel_of<Ops, Rule, false>(choice);
    });
    return kernel;
}

template <class Ops, bool Direct>
void count_all(const PackedSum& sum, std::uint32_t* out) noexcept {
    for (std::int64_t lane = 0; lane < packed_lanes; lane += Ops::lanes) count_packed<Ops, Direct>(sum, lane, out);
}

template <class Ops>
PackedCount select_packed_count(bool direct) noexcept {
    return direct ? count_all<Ops, true> : count_all<Ops, false>;
}

}  // namespace
}  // namespace kadanoff
