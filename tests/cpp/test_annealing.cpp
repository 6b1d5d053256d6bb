#include "kadanoff/annealing.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "check.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/isa.hpp"
#include "trajectory.hpp"

namespace {

using kadanoff::Ising;
using kadanoff::Lattice;
using kadanoff::Sampler;
using kadanoff::SamplerOptions;

constexpr std::int64_t replicas = 70;

/// A +-J glass on 5 x 6 sites; every third bond is antiferromagnetic.
Lattice glass_lattice() { return Lattice::make("square", {5, 6}); }

Ising glass() {
    std::vector<double> couplings(static_cast<std::size_t>(glass_lattice().bond_count()), 1.0);
    for (std::size_t b = 0; b < couplings.size(); b += 3) couplings[b] = -1.0;
    return Ising{couplings};
}

Sampler make_sampler(int threads = 1, std::int64_t count = replicas) {
    SamplerOptions options;
    options.update = "metropolis";
    options.replicas = count;
    options.seed = 0x0123456789ABCDEFu;
    options.threads = threads;
    options.start = kadanoff::Start::random;
    return {glass_lattice(), glass(), options};
}

std::vector<std::int8_t> spins_of(const Sampler& sampler) {
    std::vector<std::int8_t> spins(static_cast<std::size_t>(sampler.lattice().sites() * sampler.options().replicas));
    sampler.spins(spins.data());
    return spins;
}

std::vector<double> energies_of(Sampler& sampler) {
    std::vector<double> energies(static_cast<std::size_t>(sampler.options().replicas));
    sampler.total_energy(energies.data());
    return energies;
}

/// H written out over the bonds.
double energy_of(const std::int8_t* spins) {
    const Ising model = glass();
    const auto bonds = glass_lattice().bonds();
    double energy = 0.0;
    for (std::size_t b = 0; b < bonds.size(); ++b) {
        energy -= model.coupling[static_cast<std::int64_t>(b)] * spins[bonds[b].first] * spins[bonds[b].second];
    }
    return energy;
}

const std::vector<double> cooling{0.1, 0.3, 0.6, 1.0, 0.4, 2.0};

std::string error_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const kadanoff::InvalidArgument& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE(annealing_is_a_loop_over_betas) {
    Sampler annealed = make_sampler(), looped = make_sampler();
    CHECK_EQUAL(kadanoff::anneal(annealed, cooling, 3), static_cast<std::int64_t>(cooling.size()));
    for (const double beta : cooling) {
        looped.set_beta({beta});
        looped.run(3);
    }
    CHECK_EQUAL(hash_of(annealed), hash_of(looped));
    CHECK_EQUAL(annealed.sweep(), looped.sweep());
}

TEST_CASE(best_states_are_the_lowest_seen) {
    Sampler annealed = make_sampler(), looped = make_sampler();
    std::vector<double> best(replicas), lowest = energies_of(looped);
    std::vector<std::int8_t> spins(spins_of(annealed).size());
    kadanoff::anneal(annealed, cooling, 1, best.data(), spins.data());
    for (const double beta : cooling) {
        looped.set_beta({beta});
        looped.run(1);
        const std::vector<double> now = energies_of(looped);
        for (std::size_t r = 0; r < lowest.size(); ++r) lowest[r] = std::min(lowest[r], now[r]);
    }
    CHECK_EQUAL(hash_of(annealed), hash_of(looped));  // looking changes nothing
    CHECK(best == lowest);
    CHECK(best != energies_of(annealed));  // or nothing would be tested
    for (std::int64_t r = 0; r < replicas; ++r) {
        CHECK_EQUAL(energy_of(spins.data() + r * 30), best[static_cast<std::size_t>(r)]);
    }
}

TEST_CASE(a_poll_stops_annealing_between_betas) {
    Sampler sampler = make_sampler();
    int polls = 0;
    const std::int64_t done =
        kadanoff::anneal(sampler, std::vector<double>(100000, 0.5), 100, nullptr, nullptr, [&] { return ++polls < 3; });
    CHECK_EQUAL(polls, 3);
    CHECK(done > 0 && done < 100000);
    CHECK(sampler.sweep() / 100 == done);
}

TEST_CASE(resampling_gives_floor_or_ceil_copies) {
    const std::vector<double> energy{-3.0, 0.5, 2.0, -3.0, 40.0, 1.25, -7.5, 0.0, 3.0};
    const auto count = static_cast<std::int64_t>(energy.size());
    constexpr double step = 0.21;
    double total = 0.0;
    for (const double e : energy) total += std::exp(-step * e);
    constexpr int draws = 4096;
    std::vector<double> mean(energy.size(), 0.0);
    for (int k = 0; k < draws; ++k) {
        std::vector<std::int64_t> parents(energy.size());
        const double log_weight = kadanoff::resample(energy.data(), count, step, (k + 0.5) / draws, parents.data());
        CHECK(std::fabs(log_weight - std::log(total / static_cast<double>(count))) < 1e-14);
        CHECK(std::is_sorted(parents.begin(), parents.end()));
        for (std::int64_t i = 0; i < count; ++i) {
            const auto copies = static_cast<double>(std::count(parents.begin(), parents.end(), i));
            const double tau =
                static_cast<double>(count) * std::exp(-step * energy[static_cast<std::size_t>(i)]) / total;
            CHECK(copies == std::floor(tau) || copies == std::ceil(tau));
            mean[static_cast<std::size_t>(i)] += copies / draws;
        }
    }
    for (std::size_t i = 0; i < energy.size(); ++i) {  // a mean over uniforms: exact up to the grid's end effects
        const double tau = static_cast<double>(count) * std::exp(-step * energy[i]) / total;
        if (!CHECK(std::fabs(mean[i] - tau) <= 1.0 / draws)) std::printf("%zu: %g, expected %g\n", i, mean[i], tau);
    }
}

TEST_CASE(resampling_by_nothing_keeps_everyone) {
    const std::vector<double> energy{5.0, -5.0, 0.25, 1e9, -1e9};
    std::vector<std::int64_t> parents(5);
    for (const double uniform : {0.0, 0.5, 1.0 - 0x1p-53}) {
        CHECK_EQUAL(kadanoff::resample(energy.data(), 5, 0.0, uniform, parents.data()), 0.0);
        CHECK((parents == std::vector<std::int64_t>{0, 1, 2, 3, 4}));
    }
    CHECK_EQUAL(kadanoff::resample(energy.data(), 5, 1.0, 0.5, parents.data()), 1e9 - std::log(5.0));
    CHECK((parents == std::vector<std::int64_t>{4, 4, 4, 4, 4}));  // the others weigh nothing
}

TEST_CASE(populations_at_beta_0_are_the_initial_ones) {
    Sampler sampler = make_sampler();
    const std::vector<std::int8_t> before = spins_of(sampler);
    const std::vector<double> energy = energies_of(sampler);
    const kadanoff::PopulationRecord record = kadanoff::population_anneal(sampler, {0.0}, 1, 2);
    CHECK(spins_of(sampler) == before);
    CHECK_EQUAL(record.steps.size(), std::size_t{2});
    for (int run = 0; run < 2; ++run) {
        const kadanoff::PopulationStep& step = record.steps[static_cast<std::size_t>(run)];
        double sum = 0.0;
        for (int r = 0; r < 35; ++r) sum += energy[static_cast<std::size_t>(35 * run + r)];
        CHECK_EQUAL(step.energy, sum / 35);
        CHECK_EQUAL(step.log_weight, 0.0);
        CHECK_EQUAL(step.families, 35.0);
        CHECK(std::fabs(step.family_square - 1.0) < 1e-12);
        CHECK(std::fabs(step.family_entropy - std::log(35.0)) < 1e-12);
    }
}

TEST_CASE(resampled_spins_go_with_their_families) {
    Sampler sampler = make_sampler(), by_hand = make_sampler();
    const std::vector<double> energy = energies_of(by_hand);
    const std::vector<std::int8_t> before = spins_of(by_hand);
    const kadanoff::PopulationRecord record = kadanoff::population_anneal(sampler, {0.4}, 2, 2);
    std::vector<std::int8_t> copied(before.size());
    for (std::size_t r = 0; r < replicas; ++r) {
        const auto family = static_cast<std::size_t>(record.families[r]);
        CHECK(family / 35 == r / 35);  // runs never mix
        std::copy_n(before.begin() + static_cast<std::ptrdiff_t>(30 * family), 30,
                    copied.begin() + static_cast<std::ptrdiff_t>(30 * r));
    }
    CHECK(copied != before);
    by_hand.set_spins(copied.data());
    by_hand.set_beta({0.4});
    by_hand.run(2);
    CHECK(spins_of(sampler) == spins_of(by_hand));
    double total = 0.0;
    for (std::size_t r = 0; r < 35; ++r) total += std::exp(-0.4 * energy[r]);
    CHECK(std::fabs(record.steps[0].log_weight - std::log(total / 35)) < 1e-13);
}

TEST_CASE(populations_do_not_depend_on_threads_or_instructions) {
    std::uint64_t first = 0;
    for (const kadanoff::Isa isa : kadanoff::available_isas()) {
        const IsaSetting setting(kadanoff::name(isa));
        for (const int threads : {1, 2}) {
            Sampler sampler = make_sampler(threads, 512);
            const auto record = kadanoff::population_anneal(sampler, {0.2, 0.5, 1.0, 2.0}, 3, 4);
            std::uint64_t hash = hash_of(sampler);
            for (const auto& step : record.steps) hash = hash_step(hash, step.energy);
            for (const std::int64_t family : record.families)
                hash = hash_step(hash, static_cast<std::uint64_t>(family));
            if (first == 0) first = hash;
            CHECK_EQUAL(hash, first);
        }
    }
}

TEST_CASE(inserted_betas_are_chosen_by_the_last_run) {
    Sampler sampler = make_sampler(1, 512), fixed = make_sampler(2, 512);
    const std::vector<double> energy = energies_of(sampler);
    const auto record = kadanoff::population_anneal(sampler, {0.3, 1.0}, 3, 4, {}, 0.1);
    const std::vector<double>& betas = record.betas;
    CHECK_EQUAL(betas.front(), kadanoff::largest_step(energy.data() + 384, 128, 0.1, 0.3));
    CHECK(betas.size() > 4 && betas.back() == 1.0 && std::count(betas.begin(), betas.end(), 0.3) == 1);
    CHECK(std::is_sorted(betas.begin(), betas.end()));
    const auto again = kadanoff::population_anneal(fixed, betas, 3, 4);
    CHECK(again.betas == betas);
    CHECK_EQUAL(hash_of(sampler), hash_of(fixed));
    CHECK(record.families == again.families);
    for (std::size_t k = 0; k < again.steps.size(); ++k) {
        CHECK_EQUAL(record.steps[k].log_weight, again.steps[k].log_weight);
        CHECK_EQUAL(record.steps[k].energy, again.steps[k].energy);
    }
}

TEST_CASE(wrong_schedules_change_nothing) {
    Sampler sampler = make_sampler();
    const std::uint64_t before = hash_of(sampler);
    const auto error = [&](const std::vector<double>& betas, std::int64_t sweeps, std::int64_t runs) {
        return error_of([&] { kadanoff::population_anneal(sampler, betas, sweeps, runs); });
    };
    CHECK_EQUAL(error({0.5, 0.4}, 1, 1), "[population_anneal] expected ascending betas, got 0.5 before 0.4");
    CHECK_EQUAL(error({0.5, 0.5}, 1, 1), "[population_anneal] expected ascending betas, got 0.5 before 0.5");
    CHECK_EQUAL(error({-0.5, 0.5}, 1, 1), "[population_anneal] expected beta in [0, 1e12], got -0.5");
    CHECK_EQUAL(error({0.5, NAN}, 1, 1), "[population_anneal] expected beta in [0, 1e12], got nan");
    CHECK_EQUAL(error({0.5}, 0, 1), "[population_anneal] expected at least 1 sweep per beta, got 0");
    CHECK_EQUAL(error({0.5}, 1, 3), "[population_anneal] expected runs that divide 70 replicas, got 3");
    CHECK_EQUAL(error({0.5}, 1, 0), "[population_anneal] expected runs that divide 70 replicas, got 0");
    for (const double share : {-0.1, 1e-7, 1.0, static_cast<double>(NAN)}) {
        const std::string text = error_of([&] { kadanoff::population_anneal(sampler, {0.5}, 1, 1, {}, share); });
        CHECK_EQUAL(text.find("[population_anneal] expected culling_fraction 0 or in [1e-6, 1), got "), std::size_t{0});
    }
    CHECK_EQUAL(error_of([&] { kadanoff::anneal(sampler, {0.5, -1.0}, 1); }),
                "[anneal] expected beta in [0, 1e12], got -1");
    CHECK_EQUAL(error_of([&] { kadanoff::anneal(sampler, {0.5, 0.6}, std::int64_t{1} << 40); }),
                "[anneal] expected at most 2^40 sweeps in all, got 2 betas of 1099511627776 sweeps");
    CHECK_EQUAL(hash_of(sampler), before);
    CHECK_EQUAL(sampler.sweep(), 0);
}
