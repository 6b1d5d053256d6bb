// Included once by each packed_ISA.cpp, after its Ops. The ODR contract of checkerboard_inl.hpp holds here too.

#include "kadanoff/registry.hpp"
#include "kernels/graph_units.hpp"
#include "kernels/packed.hpp"

namespace kadanoff {
namespace {

template <class Ops, class Rule, class Sorter, int Degree, bool Direct>
void update_packed(const PackedJob& job, std::int64_t first, std::int64_t last) noexcept {
    for_each_register<Ops, packed_streams>(
        job, first, last,
        [&](const SweepUnit& unit, std::int64_t vector, SiteStream<Ops, packed_streams>* stream, auto number)
            KADANOFF_INLINE_LAMBDA {
                update_vectors<Ops, Rule, Sorter, Degree, Direct, decltype(number)::count>(job, unit, vector, stream);
            });
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
