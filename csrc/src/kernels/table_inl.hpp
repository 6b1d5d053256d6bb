// Included once by each table_ISA.cpp, after its Ops. The ODR contract of checkerboard_inl.hpp holds here too.

#include "kadanoff/registry.hpp"
#include "kernels/graph_units.hpp"
#include "kernels/table.hpp"

namespace kadanoff {
namespace {

template <class Ops, class Rule>
void build_tables(const TableBuild& build, std::int64_t first, std::int64_t last) noexcept {
    const std::int64_t octets = table_octets(build), count = (last - first) * octets;
    const auto octet = [&](std::int64_t k) KADANOFF_INLINE_LAMBDA -> TableOctet {
        return {first + k / octets, static_cast<int>(k % octets)};
    };
    std::int64_t k = 0;
    for (; k + 1 < count; k += 2) {
        const TableOctet two[2] = {octet(k), octet(k + 1)};
        build_octets<Ops, Rule, 2>(build, two);
    }
    for (; k < count; ++k) {
        const TableOctet one = octet(k);
        build_octets<Ops, Rule, 1>(build, &one);
    }
}

template <class Ops, class Rule, int Degree, bool One>
void update_bytes(const TableJob& job, std::int64_t first, std::int64_t last) noexcept {
    for_each_register<Ops, table_streams>(
        job, first, last,
        [&](const SweepUnit& unit, std::int64_t vector, SiteStream<Ops, table_streams>* stream, auto number)
            KADANOFF_INLINE_LAMBDA {
                update_table<Ops, Rule, Degree, One, decltype(number)::count>(job, unit, vector, stream);
            });
}

template <class Ops>
void sum_bytes(const TableSum& sum, double* out) noexcept {
    for (std::int64_t lane = 0; lane < packed_lanes; lane += Ops::lanes) {
        sum_table<Ops>(sum, lane, out + lane * replicas_per_word);
    }
}

template <class Ops, class Rule, bool One>
TableKernel table_of(int degree) noexcept {
    switch (degree) {
        case 4: return {build_tables<Ops, Rule>, update_bytes<Ops, Rule, 4, One>, sum_bytes<Ops>};
        case 6: return {build_tables<Ops, Rule>, update_bytes<Ops, Rule, 6, One>, sum_bytes<Ops>};
        default: return {build_tables<Ops, Rule>, update_bytes<Ops, Rule, 0, One>, sum_bytes<Ops>};
    }
}

template <class Ops>
TableKernel select_table(const TableChoice& choice) noexcept {
    TableKernel kernel{};
    visit_type(Rules{}, choice.rule, [&](auto rule) KADANOFF_INLINE_LAMBDA {
        using Rule = typename decltype(rule)::type;
        kernel = choice.one ? table_of<Ops, Rule, true>(choice.degree) : table_of<Ops, Rule, false>(choice.degree);
    });
    return kernel;
}

}  // namespace
}  // namespace kadanoff
