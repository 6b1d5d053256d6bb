#include <cmath>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "bench.hpp"

namespace bench {

namespace {

using kadanoff::Isa;
using kadanoff::Lattice;
using kadanoff::Sampler;

constexpr double flips_per_call = 1 << 22;

/// One kernel at work: what it is called in the output, and what it samples.
struct Case {
    std::string name;
    Lattice lattice;
    kadanoff::Model model;
    std::int64_t replicas;
    std::string update = "heatbath";
    std::string kernel{};
    int temperatures = 1;  ///< that the replicas take in turn
};

/// Couplings drawn from a normal distribution, or their signs.
std::vector<double> couplings(const Lattice& lattice, bool signs) {
    std::mt19937_64 generator(1);
    std::normal_distribution<double> normal;
    std::vector<double> result(static_cast<std::size_t>(lattice.bond_count()));
    for (double& j : result) {
        j = normal(generator);
        if (signs) j = j < 0.0 ? -1.0 : 1.0;
    }
    return result;
}

kadanoff::Ising disordered(const Lattice& lattice, bool signs) {
    return {kadanoff::Values(couplings(lattice, signs)), kadanoff::Values(0.0)};
}

Lattice complete(std::int64_t sites) {
    std::vector<kadanoff::Bond> bonds;
    for (std::int64_t i = 0; i < sites; ++i) {
        for (std::int64_t j = i + 1; j < sites; ++j) bonds.push_back({i, j});
    }
    return Lattice::graph(sites, bonds);
}

Sampler make(const Case& what, Isa isa) {
    setenv("KADANOFF_ISA", kadanoff::name(isa), 1);
    kadanoff::SamplerOptions options;
    options.beta.clear();
    for (std::int64_t r = 0; r < (what.temperatures == 1 ? 1 : what.replicas); ++r) {
        options.beta.push_back(0.4 + 0.05 * static_cast<double>(r % what.temperatures));
    }
    options.update = what.update;
    options.kernel = what.kernel;
    options.replicas = what.replicas;
    options.seed = 1;
    options.threads = 1;
    options.start = kadanoff::Start::random;
    return {what.lattice, what.model, options};
}

std::vector<std::uint32_t> spins_after(Sampler& sampler, std::int64_t sweeps) {
    sampler.run(sweeps);
    std::vector<std::uint32_t> words(static_cast<std::size_t>(sampler.packed_size()));
    sampler.packed(words.data());
    return words;
}

bool same_spins(const Case& what, Isa isa) {
    Sampler fast = make(what, isa), slow = make(what, Isa::scalar);
    return spins_after(fast, 2) == spins_after(slow, 2);
}

void run_case(benchmark::State& state, const Case& what, Isa isa) {
    if (!same_spins(what, isa)) {
        state.SkipWithError("the spins are not those of the scalar kernel");
        return;
    }
    Sampler sampler = make(what, isa);
    const auto flips = static_cast<double>(what.lattice.sites() * what.replicas);
    const auto sweeps = static_cast<std::int64_t>(std::ceil(flips_per_call / flips));
    for ([[maybe_unused]] auto step : state) sampler.run(sweeps);
    state.counters["flips/ns"] = giga_rate(flips * static_cast<double>(sweeps * state.iterations()));
    state.SetLabel(sampler.kernel());
}

/// Energies of all replicas, in the time of which so many flips could be measured.
void run_energies(benchmark::State& state, const Case& what, Isa isa) {
    Sampler sampler = make(what, isa);
    sampler.run(2);
    std::vector<double> energy(static_cast<std::size_t>(what.replicas));
    for ([[maybe_unused]] auto step : state) {
        sampler.total_energy(energy.data());
        benchmark::DoNotOptimize(energy.data());
    }
    const auto sites = static_cast<double>(what.lattice.sites() * what.replicas * state.iterations());
    state.counters["sites/ns"] = giga_rate(sites);
}

/// A new temperature for all replicas, as annealing sets it after every sweep.
void run_new_beta(benchmark::State& state, const Case& what, Isa isa) {
    Sampler sampler = make(what, isa);
    double beta = 0.5;
    for ([[maybe_unused]] auto step : state) sampler.set_beta({beta += 1e-6});
    state.counters["sites/us"] = benchmark::Counter(
        static_cast<double>(what.lattice.sites() * state.iterations()) * 1e-6, benchmark::Counter::kIsRate);
}

std::vector<Case> cases() {
    const Lattice square10 = Lattice::make("square", {10, 10}), square32 = Lattice::make("square", {32, 32});
    const Lattice square64 = Lattice::make("square", {64, 64}), cubic8 = Lattice::make("cubic", {8, 8, 8});
    const Lattice triangular = Lattice::make("triangular", {32, 32});
    const Lattice hypercubic = Lattice::make("hypercubic", {6, 6, 6, 6});
    std::vector<Case> result;
    for (const std::int64_t replicas : {1, 64, 512}) {
        result.push_back({"square:32/signs", square32, disordered(square32, true), replicas});
        result.push_back({"square:32/normal", square32, disordered(square32, false), replicas});
    }
    for (const std::int64_t replicas : {64, 512}) {
        result.push_back({"cubic:8/signs", cubic8, disordered(cubic8, true), replicas});
        result.push_back({"cubic:8/normal", cubic8, disordered(cubic8, false), replicas});
    }
    result.push_back({"square:10/normal", square10, disordered(square10, false), 100, "metropolis"});
    result.push_back({"square:32/normal/betas:16", square32, disordered(square32, false), 64, "heatbath", "table", 16});
    result.push_back({"square:64/uniform", square64, kadanoff::Ising{1.0, 0.0}, 512, "heatbath", "packed"});
    result.push_back({"triangular:32/uniform", triangular, kadanoff::Ising{1.0, 0.0}, 512});
    result.push_back({"hypercubic:6/signs", hypercubic, disordered(hypercubic, true), 512});
    result.push_back({"square:32/plaquette", square32, kadanoff::Ising{1.0, 0.0, 0.2}, 64});
    result.push_back({"square:32/potts:3", square32, kadanoff::Potts{3, 1.0}, 64});
    for (const std::int64_t sites : {100, 256, 1000}) {
        const Lattice graph = complete(sites);
        result.push_back({"complete:" + std::to_string(sites) + "/normal", graph, disordered(graph, false), 64});
    }
    return result;
}

}  // namespace

void register_graphs() {
    for (const Case& what : cases()) {
        const std::string name = what.name + "/replicas:" + std::to_string(what.replicas) + "/" + what.update;
        for (const Isa isa : kadanoff::available_isas()) {
            const std::string suffix = name + "/" + kadanoff::name(isa);
            add("graph/" + suffix, [=](benchmark::State& state) { run_case(state, what, isa); });
            if (isa != kadanoff::available_isas().back()) continue;
            add("energies/" + suffix, [=](benchmark::State& state) { run_energies(state, what, isa); });
            add("new_beta/" + suffix, [=](benchmark::State& state) { run_new_beta(state, what, isa); });
        }
    }
}

}  // namespace bench
