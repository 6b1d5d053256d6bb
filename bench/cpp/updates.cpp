#include <map>
#include <string>
#include <vector>

#include "bench.hpp"
#include "operation_count.hpp"
#include "primitives.hpp"

namespace bench {

namespace {

using kadanoff::Isa;
using kadanoff::Lattice;
using kadanoff::Sampler;

/// In one timed call; more where it starts threads.
constexpr std::int64_t flips_per_call = 1 << 23;
constexpr std::int64_t flips_per_threaded_call = 1 << 28;
/// A half sweep reads the vector, reads a vector of neighbours (the others are in the cache) and writes.
constexpr double bytes_per_flip = 3.0 * 64 / 512;

std::uint64_t spins_hash(const Sampler& sampler) {
    std::vector<std::uint32_t> words(static_cast<std::size_t>(sampler.packed_size()));
    sampler.packed(words.data());
    std::uint64_t hash = 14695981039346656037u;
    for (const std::uint32_t word : words) hash = (hash ^ word) * 1099511628211u;
    return hash;
}

/// Of the scalar kernel's spins after two sweeps; each computed once.
std::uint64_t scalar_hash(const Size& size, const std::string& update, double field) {
    static std::map<std::string, std::uint64_t> known;
    const std::string key = size.name + update + std::to_string(field);
    const auto found = known.find(key);
    if (found != known.end()) return found->second;
    Sampler sampler = make_sampler(size.lattice, update, field, Isa::scalar, 1);
    sampler.run(2);
    return known[key] = spins_hash(sampler);
}

/// `threads`: 0 for one thread and the CPU's clock, else that many and the wall clock.
void run_update(benchmark::State& state, const Size& size, const std::string& update, double field, Isa isa,
                int threads) {
    Sampler sampler = make_sampler(size.lattice, update, field, isa, std::max(1, threads));
    sampler.run(2);
    if (spins_hash(sampler) != scalar_hash(size, update, field)) {
        state.SkipWithError("the spins are not those of the scalar kernel");
        return;
    }
    const std::int64_t flips_wanted = threads == 0 ? flips_per_call : flips_per_threaded_call;
    const std::int64_t sweeps = std::max<std::int64_t>(1, flips_wanted / size.lattice.sites());
    for ([[maybe_unused]] auto step : state) {
        sampler.run(sweeps);
    }
    const auto flips = static_cast<double>(sweeps * size.lattice.sites() * state.iterations());
    state.counters["flips/ns"] = giga_rate(flips);
    state.counters["GB/s"] = giga_rate(flips * bytes_per_flip);
    if (threads > 0) return;
    const double work = instructions(update_operations(size.lattice, update, field), isa);
    const double roof = peak_operations(isa) / work * primitives(isa).lanes * 32;
    state.counters["instructions"] = work;
    state.counters["of_roof"] = giga_rate(flips / roof);
}

void register_one(const Size& size, const std::string& update, double field, Isa isa) {
    const std::string name =
        "update/" + size.name + "/" + update + (field == 0.0 ? "" : "/field") + "/" + kadanoff::name(isa);
    add(name, [=](benchmark::State& state) { run_update(state, size, update, field, isa, 0); });
}

void register_threads(const Size& size, int threads) {
    const std::string name = "update/" + size.name + "/heatbath/threads:" + std::to_string(threads);
    const Isa isa = kadanoff::available_isas().back();
    auto* entry = add(name, [=](benchmark::State& state) { run_update(state, size, "heatbath", 0.0, isa, threads); });
    entry->MeasureProcessCPUTime()->UseRealTime();
}

}  // namespace

std::vector<Size> sizes() {
    std::vector<Size> result;
    for (const std::int64_t extent : {64, 256, 1000, 1024, 4096}) {
        result.push_back({kadanoff::Square{extent, extent}, "square:" + std::to_string(extent)});
    }
    for (const std::int64_t extent : {16, 64, 256}) {
        result.push_back({kadanoff::Cubic{extent, extent, extent}, "cubic:" + std::to_string(extent)});
    }
    return result;
}

Sampler make_sampler(const Lattice& lattice, const std::string& update, double field, Isa isa, int threads) {
    setenv("KADANOFF_ISA", kadanoff::name(isa), 1);
    kadanoff::SamplerOptions options;
    options.beta = {lattice.coordination() == 4 ? 0.44 : 0.22};
    options.update = update;
    options.seed = 1;
    options.threads = threads;
    options.start = kadanoff::Start::random;
    return {lattice, kadanoff::Ising{1.0, field}, options};
}

void register_updates() {
    for (const Size& size : sizes()) {
        for (const char* update : {"heatbath", "metropolis"}) {
            for (const double field : {0.0, 0.1}) {
                for (const Isa isa : kadanoff::available_isas()) register_one(size, update, field, isa);
            }
        }
    }
    for (const int threads : {1, 2, 4, 8}) register_threads(sizes()[4], threads);
}

}  // namespace bench
