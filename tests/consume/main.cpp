#include <cmath>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <kadanoff/sampler.hpp>

/// A simulation from C++ alone; fails unless spins and energy are the ones that every build of the library gives.
int main() {
    kadanoff::SamplerOptions options;
    options.beta = {0.4};
    options.seed = 2024;
    options.replicas = 2;

    kadanoff::Sampler sampler(kadanoff::Square{.rows = 64, .columns = 96}, kadanoff::Ising{}, options);
    constexpr std::int64_t draws = 500;
    std::vector<double> energy(2 * draws), magnetization(2 * draws);
    sampler.run(200);
    if (sampler.sample(draws, 5, energy.data(), magnetization.data()) != draws) return 1;

    double mean = 0;
    for (const double value : energy) mean += value / static_cast<double>(energy.size());
    std::vector<std::uint32_t> words(static_cast<std::size_t>(sampler.packed_size()));
    sampler.packed(words.data());
    std::uint64_t hash = 14695981039346656037u;
    for (const std::uint32_t word : words) hash = (hash ^ word) * 1099511628211u;
    std::printf("%s: energy per site %.6f, spins %016llx\n", sampler.kernel().c_str(), mean,
                static_cast<unsigned long long>(hash));

    constexpr double infinite_lattice = -1.106079;  // Onsager at beta = 0.4
    constexpr std::uint64_t expected = 0x1e41cd8fd5606c2du;
    return hash == expected && std::fabs(mean - infinite_lattice) < 0.01 ? 0 : 1;
}
