#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "check.hpp"
#include "engine/cluster_model.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/isa.hpp"
#include "kadanoff/sampler.hpp"
#include "kadanoff/update/heat_bath.hpp"
#include "kadanoff/update/random_bits.hpp"
#include "kadanoff/update/union_find.hpp"
#include "trajectory.hpp"

namespace {

using kadanoff::DrawKey;
using kadanoff::InvalidArgument;
using kadanoff::Ising;
using kadanoff::Lattice;
using kadanoff::Model;
using kadanoff::Potts;
using kadanoff::Sampler;
using kadanoff::SamplerOptions;

SamplerOptions make_options(const std::string& update, std::int64_t replicas = 1) {
    SamplerOptions options;
    options.beta = {0.5};
    options.update = update;
    options.replicas = replicas;
    options.seed = 0x0123456789ABCDEFu;
    options.threads = 1;
    options.start = kadanoff::Start::random;
    return options;
}

std::vector<double> ramp(std::int64_t count, double low, double high) {
    std::vector<double> result(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < result.size(); ++i) {
        result[i] = low + (high - low) * static_cast<double>(i * 37 % result.size()) / static_cast<double>(count);
    }
    return result;
}

struct Case {
    Lattice lattice;
    Model model;
};

std::vector<Case> cases() {
    const Lattice wide = Lattice::make("square", {6, 150}),
                  open = Lattice::make("cubic", {3, 4, 70}, {true, false, false});
    const Lattice honeycomb = Lattice::make("honeycomb", {5, 7});
    return {
        {wide, Ising{1.0}},
        {wide, Ising{-0.9, 0.1}},
        {open, Ising{0.5}},
        {wide, Potts{3, 1.8}},
        {honeycomb, Ising{1.0, ramp(honeycomb.sites(), -0.5, 0.5)}},
        {wide, Ising{ramp(wide.bond_count(), -1.0, 1.5)}},
    };
}

/// Spins and all series of a short run, as one hash.
std::uint64_t short_run(const Case& c, const SamplerOptions& options) {
    constexpr std::int64_t draws = 3;
    Sampler sampler(c.lattice, c.model, options);
    sampler.run(4);
    const auto series = 2 + sampler.extra_series().size();
    std::vector<double> values(series * static_cast<std::size_t>(draws * options.replicas));
    double* data = values.data();
    const std::int64_t row = draws * options.replicas;
    CHECK_EQUAL(sampler.sample(draws, 2, data, data + row, {}, data + 2 * row), draws);
    std::uint64_t hash = hash_of(sampler);
    for (const double value : values) hash = hash_step(hash, value);
    return hash;
}

std::vector<std::uint32_t> packed(const Sampler& sampler) {
    std::vector<std::uint32_t> words(static_cast<std::size_t>(sampler.packed_size()));
    sampler.packed(words.data());
    return words;
}

}  // namespace

TEST_CASE(clusters_are_the_same_on_every_instruction_set_and_number_of_threads) {
    for (const std::string update : {"swendsen-wang", "wolff"}) {
        for (const Case& c : cases()) {
            SamplerOptions options = make_options(update, 5);
            std::uint64_t first = 0;
            for (const kadanoff::Isa isa : kadanoff::available_isas()) {
                const IsaSetting setting(kadanoff::name(isa));
                for (const int threads : {1, 2, 3}) {
                    options.threads = threads;
                    const std::uint64_t hash = short_run(c, options);
                    if (first == 0) first = hash;
                    CHECK_EQUAL(hash, first);
                }
            }
        }
    }
}

TEST_CASE(clusters_go_on_from_packed_spins_and_from_spins) {
    for (const std::string update : {"swendsen-wang", "wolff"}) {
        for (const Case& c : cases()) {
            const SamplerOptions options = make_options(update, 3);
            Sampler first(c.lattice, c.model, options), second(c.lattice, c.model, options),
                third(c.lattice, c.model, options);
            first.run(7);
            second.set_packed(packed(first).data());
            second.set_sweep(7);
            std::vector<std::int8_t> spins(static_cast<std::size_t>(3 * c.lattice.sites()));
            first.spins(spins.data());
            third.set_spins(spins.data());
            third.set_sweep(7);
            for (Sampler* sampler : {&first, &second, &third}) sampler->run(5);
            CHECK(packed(first) == packed(second));
            CHECK(packed(first) == packed(third));
        }
    }
}

/// Swapping the temperatures of two replicas, and back, leaves the trajectory of a third alone and uses each anew.
TEST_CASE(a_new_beta_counts_from_the_next_sweep) {
    const Case c = cases().back();
    SamplerOptions options = make_options("swendsen-wang", 3);
    options.beta = {0.2, 0.4, 0.9};
    Sampler swapped(c.lattice, c.model, options);
    swapped.run(3);
    swapped.set_beta({0.4, 0.2, 0.9});
    options.beta = {0.4, 0.2, 0.9};
    Sampler other(c.lattice, c.model, options);
    other.set_packed(packed(swapped).data());
    other.set_sweep(3);
    swapped.run(4);
    other.run(4);
    CHECK(packed(swapped) == packed(other));
}

TEST_CASE(a_draw_interrupted_by_polls_is_the_draw) {
    const Case c = cases().front();
    for (const std::string update : {"swendsen-wang", "wolff"}) {
        Sampler polled(c.lattice, c.model, make_options(update)), straight(c.lattice, c.model, make_options(update));
        double energy[2], magnetization[2], extra[2][3] = {{0.0}, {0.0}};
        CHECK_EQUAL(polled.sample(1, 2000, energy, magnetization, [] { return true; }, extra[0]), 1);
        CHECK_EQUAL(straight.sample(1, 2000, energy + 1, magnetization + 1, {}, extra[1]), 1);
        CHECK_EQUAL(polled.sweep(), straight.sweep());
        CHECK_EQUAL(energy[0], energy[1]);
        for (int k = 0; k < 3; ++k) CHECK_EQUAL(extra[0][k], extra[1][k]);
    }
}

TEST_CASE(what_clusters_do_not_serve_is_refused) {
    const Lattice square = Lattice::make("square", {4, 4});
    for (const std::string update : {"swendsen-wang", "wolff"}) {
        const SamplerOptions options = make_options(update);
        CHECK_THROWS(InvalidArgument,
                     "[Sampler] expected no plaquette coupling for update '" + update +
                         "', got 0.2: its clusters are those of pair couplings",
                     Sampler(square, Ising(1.0, 0.0, 0.2), options));
        CHECK_THROWS(InvalidArgument, "[Sampler] expected Potts couplings >= 0 for update '" + update + "', got -1",
                     Sampler(square, Potts(3, -1.0), options));
        SamplerOptions wrong = options;
        wrong.kernel = "checkerboard";
        CHECK_THROWS(InvalidArgument, "such as 'cluster', got 'checkerboard'", Sampler(square, Ising{}, wrong));
        wrong.kernel = "cluster-rows";
        CHECK_THROWS(InvalidArgument, "such as 'cluster-graph', got 'cluster-rows'",
                     Sampler(Lattice::make("honeycomb", {4, 4}), Ising{1.0, ramp(32, 0.0, 1.0)}, wrong));
        wrong.kernel = "";
        wrong.device = kadanoff::Device::cuda;
        CHECK_THROWS(kadanoff::Unavailable, "[Sampler] expected device 'cpu' for the cluster kernel, got 'cuda'",
                     Sampler(square, Ising{}, wrong));
        Sampler sampler(square, Ising{}, options);
        std::vector<std::uint32_t> words = packed(sampler);
        words[3] |= 2;
        CHECK_THROWS(InvalidArgument, "[spins] expected padding bits of 0 in packed spins, got 1",
                     sampler.set_packed(words.data()));
    }
}

/// Zero temperature and infinite temperature: all bonds between equal spins, and none.
TEST_CASE(bonds_are_certain_in_the_limits) {
    const Lattice square = Lattice::make("square", {16, 16});
    for (const std::string kernel : {"cluster-rows", "cluster-graph"}) {
        SamplerOptions options = make_options("swendsen-wang");
        options.kernel = kernel;
        options.start = kadanoff::Start::down;
        for (const double beta : {0.0, 1000.0}) {
            options.beta = {beta};
            Sampler sampler(square, Ising{}, options);
            double energy, magnetization, extra[3];
            CHECK_EQUAL(sampler.sample(1, 1, &energy, &magnetization, {}, extra), 1);
            CHECK_EQUAL(extra[0], beta == 0.0 ? 1.0 : 256.0);
            CHECK(beta == 0.0 ? std::fabs(magnetization) < 0.5 : energy == -2.0);
        }
    }
}

TEST_CASE(random_bits_have_their_probability_wherever_a_string_begins) {
    const DrawKey key{99, 5, 2, kadanoff::Stream::wolff, 1};
    constexpr std::int64_t vectors = 39;
    std::vector<std::uint32_t> bits(vectors * kadanoff::string_lanes);
    for (const double p : {0.25, 0.5857864376269049, 1.0}) {
        const std::uint64_t limit = kadanoff::threshold({p, 0.0});
        kadanoff::fill_bits<kadanoff::WordOps>(key, limit, 0, vectors, bits.data());
        double ones = 0.0;
        for (const std::uint32_t word : bits) ones += __builtin_popcount(word);
        const double count = 32.0 * static_cast<double>(bits.size());
        CHECK(std::fabs(ones - p * count) <= 4.0 * std::sqrt(p * (1.0 - p) * count));
        std::vector<std::uint32_t> later(7 * kadanoff::string_lanes);
        kadanoff::fill_bits<kadanoff::WordOps>(key, limit, 32, 7, later.data());
        CHECK(std::equal(later.begin(), later.end(), bits.begin() + 32 * kadanoff::string_lanes));
    }
}

TEST_CASE(a_heat_bath_decision_is_the_comparison_of_integers) {
    for (const double x : {0.0, 1e-12, 0.3, -0.3, 5.0, -20.0, 800.0}) {
        const kadanoff::Decision decision = kadanoff::HeatBath::decide(true, -x);
        const std::uint64_t limit = kadanoff::threshold(decision.probability);
        for (const std::uint64_t step : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 20,
                                         std::uint64_t{1} << 40, std::uint64_t{1} << 62}) {
            for (const std::uint64_t uniform : {limit + step, limit - step}) {
                CHECK_EQUAL(kadanoff::accepts_heat_bath(uniform, x), decision.base != (uniform <= limit));
            }
        }
    }
}

TEST_CASE(scaled_numbers_divide_the_range_evenly) {
    CHECK_EQUAL(kadanoff::scaled(0x5555555555555555u, 3), 0u);
    CHECK_EQUAL(kadanoff::scaled(0x5555555555555556u, 3), 1u);
    CHECK_EQUAL(kadanoff::scaled(~std::uint64_t{0}, 3), 2u);
    CHECK_EQUAL(kadanoff::scaled(0x00000001FFFFFFFFu, 0x80000000u), 0u);
    CHECK_EQUAL(kadanoff::scaled(0x0000000200000000u, 0x80000000u), 1u);
    CHECK_EQUAL(kadanoff::scaled(~std::uint64_t{0}, 0x80000000u), 0x7FFFFFFFu);
}

TEST_CASE(sets_are_joined_under_their_smallest_member) {
    constexpr std::uint32_t count = 200;
    std::uint32_t parent[count], label[count];
    for (std::uint32_t i = 0; i < count; ++i) parent[i] = label[i] = i;
    std::uint32_t state = 1;
    for (int join = 0; join < 150; ++join) {
        state = state * 1664525u + 1013904223u;
        const std::uint32_t i = (state >> 8) % count;
        state = state * 1664525u + 1013904223u;
        const std::uint32_t j = (state >> 8) % count;
        kadanoff::unite(parent, i, j);
        const std::uint32_t low = std::min(label[i], label[j]), high = std::max(label[i], label[j]);
        for (std::uint32_t& own : label) own = own == high ? low : own;
        for (std::uint32_t k = 0; k < count; ++k) {
            if (!CHECK(parent[k] <= k)) return;
            std::uint32_t root = k;
            while (parent[root] != root) root = parent[root];
            if (!CHECK_EQUAL(root, label[k])) return;
        }
    }
}
