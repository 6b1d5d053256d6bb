#include <cmath>
#include <vector>

#include "bench.hpp"
#include "operation_count.hpp"
#include "primitives.hpp"

namespace bench {

namespace {

using kadanoff::Isa;

/// Energy and magnetisation per site from the spins, site by site; for a coupling of 1 without field.
std::pair<double, double> sums_by_site(const kadanoff::Sampler& sampler) {
    const auto& extents = sampler.lattice().extents();
    const std::int64_t sites = sampler.lattice().sites();
    std::vector<std::int8_t> spins(static_cast<std::size_t>(sites));
    sampler.spins(spins.data());
    std::int64_t bonds = 0, up = 0;
    for (std::int64_t i = 0; i < sites; ++i) {
        const std::int64_t spin{spins[static_cast<std::size_t>(i)]};
        up += spin;
        std::int64_t stride = 1;
        for (std::size_t axis = extents.size(); axis-- > 0;) {  // the next site along each axis
            const std::int64_t extent = extents[axis];
            const std::int64_t next = i / stride % extent == extent - 1 ? i - (extent - 1) * stride : i + stride;
            bonds += spin * std::int64_t{spins[static_cast<std::size_t>(next)]};
            stride *= extent;
        }
    }
    const auto n = static_cast<double>(sites);
    return {-static_cast<double>(bonds) / n, static_cast<double>(up) / n};
}

void run_measure(benchmark::State& state, const Size& size, Isa isa) {
    kadanoff::Sampler sampler = make_sampler(size.lattice, "heatbath", 0.0, isa, 1);
    sampler.run(2);
    double energy = 0, magnetization = 0;
    sampler.measure(&energy, &magnetization);
    if (std::pair(energy, magnetization) != sums_by_site(sampler)) {
        state.SkipWithError("the sums are not those of the spins");
        return;
    }
    for ([[maybe_unused]] auto step : state) {
        sampler.measure(&energy, &magnetization);
        benchmark::DoNotOptimize(energy);
    }
    const auto sites = static_cast<double>(size.lattice.sites() * state.iterations());
    // A register of one colour covers the bonds of twice its sites.
    const double work = instructions(measure_operations(size.lattice), isa);
    const double roof = peak_operations(isa) / work * primitives(isa).lanes * 64;
    state.counters["sites/ns"] = giga_rate(sites);
    state.counters["GB/s"] = giga_rate(sites / 8);
    state.counters["instructions"] = work;
    state.counters["of_roof"] = giga_rate(sites / roof);
}

}  // namespace

void register_measurements() {
    for (const Size& size : sizes()) {
        for (const Isa isa : kadanoff::available_isas()) {
            const std::string name = "measure/" + size.name + "/" + kadanoff::name(isa);
            add(name, [=](benchmark::State& state) { run_measure(state, size, isa); });
        }
    }
}

}  // namespace bench
