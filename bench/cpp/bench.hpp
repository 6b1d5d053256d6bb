#pragma once

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "kadanoff/isa.hpp"
#include "kadanoff/sampler.hpp"

namespace bench {

// Each registers its benchmarks, for every instruction set of this machine.
void register_updates();
void register_measurements();
void register_graphs();
void register_random_numbers();
void register_roofline();

/// Registers a benchmark that runs `body`.
template <class Body>
benchmark::internal::Benchmark* add(const std::string& name, Body body) {
    return benchmark::RegisterBenchmark(name.c_str(), body)->Unit(benchmark::kMicrosecond);
}

/// A counter in 10^9 items per CPU second (per second of wall time where a benchmark asks for that).
inline benchmark::Counter giga_rate(double items) { return {items * 1e-9, benchmark::Counter::kIsRate}; }

/// A lattice to bench, with the name that it has in the output.
struct Size {
    kadanoff::Lattice lattice;
    std::string name;
};
std::vector<Size> sizes();

/// Constructs a sampler on one instruction set.
kadanoff::Sampler make_sampler(const kadanoff::Lattice& lattice, const std::string& update, double field,
                               kadanoff::Isa isa, int threads);

}  // namespace bench
