#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "check.hpp"
#include "colours.hpp"
#include "isoenergetic_clusters.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/tempering.hpp"
#include "kadanoff/update/replica_swap.hpp"
#include "trajectory.hpp"

namespace {

using kadanoff::accepts_swap;
using kadanoff::InvalidArgument;
using kadanoff::Ising;
using kadanoff::Lattice;
using kadanoff::ParallelTempering;
using kadanoff::Sampler;
using kadanoff::SamplerOptions;
using kadanoff::TemperingOptions;
using kadanoff::TemperingState;

Sampler make_walkers(std::int64_t count, int threads = 1) {
    SamplerOptions options;
    options.replicas = count;
    options.seed = 0x0123456789ABCDEFu;
    options.threads = threads;
    options.start = kadanoff::Start::random;
    return {Lattice::make("square", {8, 8}), Ising{1.0, 0.0}, options};
}

TemperingOptions make_options() { return {{0.2, 0.3, 0.4, 0.5}, 2, kadanoff::SwapPairs::alternating, 3}; }

/// Spins, temperatures and energies of a short run, as one hash.
std::uint64_t short_run(int threads) {
    Sampler walkers = make_walkers(12, threads);
    ParallelTempering tempering(walkers, make_options());
    tempering.run(25);
    std::vector<double> energy(12), magnetization(12);
    tempering.measure(energy.data(), magnetization.data());
    std::uint64_t hash = hash_of(walkers);
    for (const double value : energy) hash = hash_step(hash, value);
    for (const std::int64_t at : tempering.state().temperature) hash = hash_step(hash, static_cast<double>(at));
    return hash;
}

void refuse(std::int64_t walkers, TemperingOptions options, const char* text) {
    Sampler sampler = make_walkers(walkers);
    CHECK_THROWS(InvalidArgument, text, ParallelTempering(sampler, options));
}

}  // namespace

// The shortcut by exp() must decide as the threshold does, also one step to either side of it.
TEST_CASE(a_swap_is_accepted_up_to_the_threshold) {
    CHECK(accepts_swap(0.0, ~std::uint64_t{0}));
    CHECK(accepts_swap(5.0, ~std::uint64_t{0}));
    for (double x = 1e-18; x < 720.0; x *= 1.37) {
        const std::uint64_t limit = kadanoff::threshold(kadanoff::exp_minus(x));
        for (int shift = 0; shift < 64; ++shift) {
            const std::uint64_t step = std::uint64_t{1} << shift;
            if (limit >= step) CHECK(accepts_swap(-x, limit - step));
            if (limit < ~std::uint64_t{0} - step) CHECK(!accepts_swap(-x, limit + step));
        }
        CHECK(accepts_swap(-x, limit));
        CHECK(accepts_swap(-x, 0));
    }
}

TEST_CASE(swaps_are_by_the_difference_of_betas_and_of_energies) {
    CHECK_EQUAL(kadanoff::swap_drive(0.5, -3.0, 0.25, 1.0), -1.0);
    CHECK_EQUAL(kadanoff::swap_drive(0.25, -3.0, 0.5, 1.0), 1.0);
}

TEST_CASE(one_trajectory_for_all_instruction_sets_and_threads) {
    std::uint64_t first = 0;
    for (const kadanoff::Isa isa : kadanoff::available_isas()) {
        const IsaSetting setting(kadanoff::name(isa));
        for (const int threads : {1, 2, 3}) {
            const std::uint64_t hash = short_run(threads);
            if (first == 0) first = hash;
            if (!CHECK_EQUAL(hash, first)) std::printf("with %s, %d threads\n", kadanoff::name(isa), threads);
        }
    }
}

TEST_CASE(a_poll_stops_between_rounds) {
    Sampler walkers = make_walkers(8), whole_walkers = make_walkers(8);
    TemperingOptions options = make_options();
    ParallelTempering tempering(walkers, options), whole(whole_walkers, options);
    int asked = 0;
    CHECK(!tempering.run(1'000'000'000, [&] { return ++asked < 3; }));
    CHECK_EQUAL(asked, 3);
    whole.run(walkers.sweep());
    CHECK_EQUAL(hash_of(walkers), hash_of(whole_walkers));
    CHECK(tempering.state().temperature == whole.state().temperature);
    CHECK(tempering.state().accepted == whole.state().accepted);
}

TEST_CASE(a_state_goes_on_where_it_was) {
    Sampler walkers = make_walkers(8), copy = make_walkers(8);
    ParallelTempering tempering(walkers, make_options());
    tempering.run(31);
    ParallelTempering moved = std::move(tempering);
    ParallelTempering resumed(copy, make_options());
    std::vector<std::uint32_t> words(static_cast<std::size_t>(walkers.packed_size()));
    walkers.packed(words.data());
    copy.set_packed(words.data());
    copy.set_sweep(walkers.sweep());
    resumed.set_state(moved.state());
    moved.run(20);
    resumed.run(20);
    CHECK_EQUAL(hash_of(walkers), hash_of(copy));
    CHECK(moved.state().temperature == resumed.state().temperature);
    CHECK(moved.state().round_trip_rounds == resumed.state().round_trip_rounds);
    TemperingState wrong = moved.state();
    std::swap(wrong.temperature[0], wrong.temperature[1]);
    wrong.temperature[0] = wrong.temperature[2];
    CHECK_THROWS(InvalidArgument, "[ParallelTempering] expected every temperature once in each copy",
                 moved.set_state(wrong));
}

TEST_CASE(wrong_options_are_refused) {
    TemperingOptions options = make_options();
    refuse(9, options, "[ParallelTempering] expected a multiple of 4 walkers, got 9");
    refuse(4, options, "[ParallelTempering] expected at least 2 copies for cluster moves, got 1");
    options.swap_every = 0;
    refuse(8, options, "[ParallelTempering] expected swap_every >= 1, got 0");
    options = {{0.2, 0.4, 0.3}};
    refuse(6, options,
           "[ParallelTempering] expected betas strictly increasing or strictly decreasing, got 0.3 after 0.4");
    options.beta = {0.2};
    refuse(6, options, "[ParallelTempering] expected at least 2 betas, got 1");
    options.beta = {-0.2, 0.3};
    refuse(6, options, "[Sampler] expected beta in [0, 1e12], got -0.2");
    Sampler walkers = make_walkers(8);
    ParallelTempering single(walkers, {{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8}});
    std::vector<double> room(8);
    CHECK_THROWS(InvalidArgument, "[sample] expected an even number of copies of an Ising model for overlaps",
                 single.sample(1, 1, {nullptr, nullptr, room.data(), nullptr}));
    CHECK_THROWS(InvalidArgument, "[move_clusters] expected options with cluster moves, got none",
                 single.move_clusters(0));
    CHECK_THROWS(InvalidArgument, "[ParallelTempering] expected a model of pairs of spins for cluster moves",
                 kadanoff::IsoenergeticClusters(walkers.lattice(), Ising{1.0, 0.0, 0.2}));
}

// Four sites in a row, 0 - 1 - 2 x 3: the last bond has no coupling and carries no cluster.
TEST_CASE(clusters_end_at_bonds_without_coupling) {
    const Lattice chain = Lattice::graph(4, {{0, 1}, {1, 2}, {2, 3}});
    const kadanoff::IsoenergeticClusters clusters(chain, Ising{std::vector<double>{1.0, -0.5, 0.0}, 0.1});
    std::vector<std::int32_t> scratch;
    std::vector<std::int8_t> a{1, -1, 1, 1}, b{1, 1, -1, -1};
    CHECK_EQUAL(clusters.move(a.data(), b.data(), 0, scratch), 2);
    CHECK((a == std::vector<std::int8_t>{1, 1, -1, 1}));
    CHECK((b == std::vector<std::int8_t>{1, -1, 1, -1}));
    CHECK_EQUAL(clusters.move(a.data(), b.data(), ~std::uint64_t{0}, scratch), 1);
    CHECK((a == std::vector<std::int8_t>{1, 1, -1, -1}));
    CHECK_EQUAL(clusters.move(a.data(), a.data(), 0, scratch), 0);
}
