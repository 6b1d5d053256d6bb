#include <string>
#include <vector>

#include "check.hpp"
#include "colours.hpp"
#include "kadanoff/registry.hpp"

namespace {

using kadanoff::AcceptTable;
using kadanoff::DrawKey;
using kadanoff::KernelChoice;
using kadanoff::UniformIsing;

constexpr std::uint64_t seed = 0xFEDCBA9876543210u;
constexpr std::uint64_t first_sweep = 0xFFFFFFFEu;  // the third sweep carries into the high bits

/// Calls visit(lattice tag, rule tag) with the types of one choice.
template <class Visit>
void with_types(int lattice, int rule, Visit visit) {
    kadanoff::visit_type(kadanoff::Lattices{}, lattice, [&](auto lattice_tag) {
        kadanoff::visit_type(kadanoff::Rules{}, rule, [&](auto rule_tag) { visit(lattice_tag, rule_tag); });
    });
}

template <class Lattice, class Rule>
AcceptTable make_table(const UniformIsing& model, double beta, bool symmetric) {
    return symmetric ? kadanoff::make_symmetric_table<Lattice, Rule>(model.coupling, beta)
                     : kadanoff::make_field_table<Lattice, Rule>(model, beta);
}

struct Setup {
    const Shape& shape;
    UniformIsing model;
    double beta;
    KernelChoice choice;

    std::string text() const {
        return shape.text() + ", rule " + std::to_string(choice.rule) + ", coupling " + std::to_string(model.coupling) +
               ", field " + std::to_string(model.field);
    }
};

constexpr std::uint32_t half_sweeps = 5;

DrawKey key_of(std::uint32_t half, kadanoff::Stream stream) {
    return {seed, first_sweep + half / 2, 5, stream, half % 2};
}

/// One kernel against the oracle's spins after 0, 1, ... half sweeps; ghosts, padding and sums included.
bool follows(const std::vector<Reference>& steps, const Setup& setup, const AcceptTable& table, kadanoff::Stream stream,
             const kadanoff::CheckerboardKernel& kernel) {
    Colours fast(setup.shape);
    fast.write(steps[0].spins);
    for (std::uint32_t half = 0; half < half_sweeps; ++half) {
        const kadanoff::HalfSweep job = fast.job(table, key_of(half, stream));
        kernel.update(&job, 1, 0, fast.layout().stripes() * kernel.units_per_stripe);
        if (!CHECK_EQUAL(fast.broken_invariant(), std::string())) return false;
        if (!CHECK(fast.read() == steps[half + 1].spins)) return false;
    }
    const kadanoff::SpinSums sums =
        kernel.measure(fast.layout(), fast.first_row(0), fast.first_row(1), 0, fast.layout().vectors());
    return CHECK_EQUAL(sums.unequal_bonds, steps.back().unequal_bonds()) &&
           CHECK_EQUAL(sums.up_spins, steps.back().up_spins());
}

template <class Lattice, class Rule>
void compare_kernels(const Setup& setup) {
    const AcceptTable table = make_table<Lattice, Rule>(setup.model, setup.beta, setup.choice.symmetric);
    std::vector<Reference> steps{{setup.shape.layers(), setup.shape.rows, setup.shape.columns, setup.shape.dimension(),
                                  random_spins(setup.shape.sites(), 11)}};
    for (std::uint32_t half = 0; half < half_sweeps; ++half) {
        steps.push_back(steps.back());
        steps.back().half_sweep<Rule>(setup.model, setup.beta, key_of(half, Rule::stream));
    }
    for (const NamedKernel& named : kernels(setup.choice)) {
        if (!follows(steps, setup, table, Rule::stream, named.kernel)) {
            std::printf("with %s on %s\n", named.isa.c_str(), setup.text().c_str());
        }
    }
}

void compare_with_reference(const UniformIsing& model, double beta, bool symmetric) {
    for (const Shape& shape : shapes()) {
        for (int rule = 0; rule < kadanoff::Rules::size; ++rule) {
            const Setup setup{shape, model, beta, {shape.dimension() - 2, rule, symmetric}};
            with_types(setup.choice.lattice, rule, [&](auto lattice, auto rule_tag) {
                compare_kernels<typename decltype(lattice)::type, typename decltype(rule_tag)::type>(setup);
            });
        }
    }
}

}  // namespace

TEST_CASE(ferromagnets_follow_the_site_by_site_oracle) { compare_with_reference({1.0, 0.0}, 0.3, true); }
TEST_CASE(antiferromagnets_follow_the_site_by_site_oracle) { compare_with_reference({-1.0, 0.0}, 0.3, true); }
TEST_CASE(the_general_kernel_follows_the_oracle_without_a_field) { compare_with_reference({1.0, 0.0}, 0.3, false); }
TEST_CASE(ferromagnets_in_a_field_follow_the_oracle) { compare_with_reference({0.8, 0.35}, 0.4, false); }
TEST_CASE(antiferromagnets_in_a_field_follow_the_oracle) { compare_with_reference({-1.2, -2.0}, 0.4, false); }
TEST_CASE(free_spins_follow_the_oracle) { compare_with_reference({0.0, 0.5}, 1.0, false); }

TEST_CASE(both_ends_of_the_temperature_scale_follow_the_oracle) {
    compare_with_reference({1.0, 0.0}, 0.0, false);
    compare_with_reference({1.0, 0.0}, 1e-9, true);
    compare_with_reference({1.0, 0.0}, 1e6, true);
}

TEST_CASE(one_site_in_sixteen_thousand_needs_the_rare_continuation) {
    // What the tests above compare includes it: they update some 600,000 sites for each kernel and model.
    const Shape shape{0, 258, 196};
    const AcceptTable table = kadanoff::make_symmetric_table<kadanoff::Square, kadanoff::HeatBath>(1.0, 0.3);
    std::uint64_t undecided = 0, sites = 0;
    for (std::uint64_t sweep = 0; sweep < 40; ++sweep) {
        Colours colours(shape);
        const kadanoff::HalfSweep job = colours.job(table, {seed, sweep, 0, kadanoff::Stream::heat_bath, 0});
        for (std::int64_t index = 0; index < kadanoff::unit_count<kadanoff::WordOps>(colours.layout()); ++index) {
            auto unit = kadanoff::begin_unit<kadanoff::WordOps>(job, index);
            for (std::int64_t v = 0; v < unit.vectors; ++v, sites += 32) {
                std::uint32_t open = ~0u;
                for (const auto& plane : table.plane) open &= ~(unit.stream.next() ^ plane[0]);
                undecided += kadanoff::WordOps::popcount(open);
            }
        }
    }
    const std::uint64_t expected = sites / 16384;  // 81, standard deviation 9
    CHECK(undecided > expected - 40 && undecided < expected + 40);
}

TEST_CASE(units_in_any_split_give_the_same_spins) {
    const Shape shape{0, 258, 1000};
    const KernelChoice choice{0, 1, true};
    const AcceptTable table = kadanoff::make_symmetric_table<kadanoff::Square, kadanoff::Metropolis>(1.0, 0.44);
    for (const NamedKernel& named : kernels(choice)) {
        Colours whole(shape), parts(shape);
        whole.write(random_spins(shape.sites(), 1));
        parts.write(random_spins(shape.sites(), 1));
        const DrawKey key{seed, 3, 0, kadanoff::Stream::metropolis, 0};
        const std::int64_t units = whole.layout().stripes() * named.kernel.units_per_stripe;
        const kadanoff::HalfSweep whole_job = whole.job(table, key), parts_job = parts.job(table, key);
        named.kernel.update(&whole_job, 1, 0, units);
        for (std::int64_t last = units; last > 0; last -= 3) {
            named.kernel.update(&parts_job, 1, last > 3 ? last - 3 : 0, last);
        }
        CHECK(whole.read() == parts.read());
    }
}

TEST_CASE(two_jobs_at_once_give_the_spins_of_one_after_the_other) {
    const Shape shape{0, 66, 62};
    const KernelChoice choice{0, 0, true};
    const AcceptTable cold = kadanoff::make_symmetric_table<kadanoff::Square, kadanoff::HeatBath>(1.0, 0.7);
    const AcceptTable warm = kadanoff::make_symmetric_table<kadanoff::Square, kadanoff::HeatBath>(1.0, 0.2);
    for (const NamedKernel& named : kernels(choice)) {
        Colours together[2] = {Colours(shape), Colours(shape)}, alone[2] = {Colours(shape), Colours(shape)};
        const DrawKey keys[2] = {{seed, 3, 0, kadanoff::Stream::heat_bath, 1},
                                 {seed, 3, 1, kadanoff::Stream::heat_bath, 1}};
        for (std::size_t i = 0; i < 2; ++i) {
            together[i].write(random_spins(shape.sites(), i));
            alone[i].write(random_spins(shape.sites(), i));
        }
        const kadanoff::HalfSweep jobs[2] = {together[0].job(cold, keys[0]), together[1].job(warm, keys[1])};
        const std::int64_t units = together[0].layout().stripes() * named.kernel.units_per_stripe;
        named.kernel.update(jobs, 2, 0, units);
        for (std::size_t i = 0; i < 2; ++i) {
            const kadanoff::HalfSweep job = alone[i].job(i == 0 ? cold : warm, keys[i]);
            named.kernel.update(&job, 1, 0, units);
            CHECK(together[i].read() == alone[i].read());
        }
    }
}

TEST_CASE(a_measurement_in_parts_adds_up) {
    const Shape shape{10, 34, 70};
    for (const NamedKernel& named : kernels({1, 0, true})) {
        Colours colours(shape);
        colours.write(random_spins(shape.sites(), 5));
        const auto measure = [&](std::int64_t first, std::int64_t last) {
            return named.kernel.measure(colours.layout(), colours.first_row(0), colours.first_row(1), first, last);
        };
        const std::int64_t vectors = colours.layout().vectors();
        const kadanoff::SpinSums whole = measure(0, vectors), head = measure(0, 7), rest = measure(7, vectors);
        CHECK_EQUAL(head.unequal_bonds + rest.unequal_bonds, whole.unequal_bonds);
        CHECK_EQUAL(head.up_spins + rest.up_spins, whole.up_spins);
    }
}
