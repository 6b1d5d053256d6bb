#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "check.hpp"
#include "colours.hpp"
#include "kadanoff/sampler.hpp"
#include "trajectory.hpp"

namespace {

using kadanoff::Ising;
using kadanoff::Lattice;
using kadanoff::Sampler;
using kadanoff::SamplerOptions;

SamplerOptions make_options(double beta, const std::string& update = "heatbath") {
    SamplerOptions options;
    options.beta = {beta};
    options.update = update;
    options.seed = 0x0123456789ABCDEFu;
    options.threads = 1;
    options.start = kadanoff::Start::random;
    return options;
}

/// Spins, energies and magnetisations of a short run, as one hash.
std::uint64_t short_run(const Lattice& lattice, const Ising& model, const SamplerOptions& options) {
    constexpr std::int64_t draws = 3;
    Sampler sampler(lattice, model, options);
    sampler.run(2);
    std::vector<double> energy(static_cast<std::size_t>(draws * options.replicas)), magnetization = energy;
    CHECK_EQUAL(sampler.sample(draws, 2, energy.data(), magnetization.data()), draws);
    std::uint64_t hash = hash_of(sampler);
    for (const double value : energy) hash = hash_step(hash, value);
    for (const double value : magnetization) hash = hash_step(hash, value);
    return hash;
}

/// The hash must not depend on instruction set or threads.
void check_one_hash(const Lattice& lattice, const Ising& model, SamplerOptions options) {
    std::uint64_t first = 0;
    for (const kadanoff::Isa isa : kadanoff::available_isas()) {
        const IsaSetting setting(kadanoff::name(isa));
        for (const int threads : {1, 2, 3}) {
            options.threads = threads;
            const std::uint64_t hash = short_run(lattice, model, options);
            if (first == 0) first = hash;
            if (!CHECK_EQUAL(hash, first)) std::printf("with %s, %d threads\n", kadanoff::name(isa), threads);
        }
    }
}

std::vector<std::uint32_t> packed(const Sampler& sampler) {
    std::vector<std::uint32_t> words(static_cast<std::size_t>(sampler.packed_size()));
    sampler.packed(words.data());
    return words;
}

}  // namespace

// 1000^2 sites are 61 stripes: three workers split them. Two of the replicas are fewer than the workers.
TEST_CASE(threads_that_share_a_lattice_give_the_same_bits) {
    check_one_hash(kadanoff::Square{1000, 1000}, {1.0, 0.0}, make_options(0.44));
    check_one_hash(kadanoff::Square{1000, 1000}, {-1.0, 0.2}, make_options(0.44, "metropolis"));
    check_one_hash(kadanoff::Cubic{66, 128, 100}, {1.0, 0.0}, make_options(0.22));
    SamplerOptions options = make_options(0.44);
    options.replicas = 2;
    options.beta = {0.3, 0.6};
    check_one_hash(kadanoff::Square{898, 1030}, {1.0, 0.0}, options);
}

TEST_CASE(threads_that_take_whole_replicas_give_the_same_bits) {
    for (const std::int64_t replicas : {1, 4, 7}) {
        SamplerOptions options = make_options(0.5, "metropolis");
        options.replicas = replicas;
        check_one_hash(kadanoff::Square{64, 64}, {1.0, 0.0}, options);
        check_one_hash(kadanoff::Square{258, 130}, {1.0, -0.1}, options);
        check_one_hash(kadanoff::Cubic{6, 10, 66}, {-1.0, 0.0}, options);
    }
}

TEST_CASE(trajectories_are_those_of_the_contract) {
    // Golden: they change only with KADANOFF_RNG_VERSION.
    CHECK_EQUAL(KADANOFF_RNG_VERSION, 1);
    SamplerOptions options = make_options(0.44);
    options.replicas = 2;
    CHECK_EQUAL(short_run(kadanoff::Square{100, 100}, {1.0, 0.0}, options), 8598000472164105119u);
    options.update = "metropolis";
    CHECK_EQUAL(short_run(kadanoff::Square{100, 100}, {1.0, 0.1}, options), 6307860931699746688u);
    CHECK_EQUAL(short_run(kadanoff::Cubic{10, 12, 70}, {-1.0, 0.0}, options), 4241081741050636479u);
}

TEST_CASE(a_run_in_parts_is_the_whole_run) {
    const Lattice lattice = kadanoff::Square{100, 100};
    Sampler whole(lattice, {}, make_options(0.44)), parts(lattice, {}, make_options(0.44));
    whole.run(23);
    parts.run(0);
    parts.run(9);
    double energy[4], magnetization[4];
    CHECK_EQUAL(parts.sample(4, 3, energy, magnetization), 4);
    parts.run(2);
    CHECK_EQUAL(parts.sweep(), 23);
    CHECK(packed(whole) == packed(parts));
}

TEST_CASE(a_restored_state_goes_on_as_the_first) {
    const Lattice lattice = kadanoff::Cubic{6, 8, 70};
    SamplerOptions options = make_options(0.3, "metropolis");
    options.replicas = 3;
    Sampler first(lattice, {}, options), second(lattice, {}, options), third(lattice, {}, options);
    first.run(11);
    second.set_packed(packed(first).data());
    second.set_sweep(first.sweep());
    std::vector<std::int8_t> spins(static_cast<std::size_t>(3 * lattice.sites()));
    first.spins(spins.data());
    third.set_spins(spins.data());
    third.set_sweep(11);
    for (Sampler* sampler : {&first, &second, &third}) sampler->run(5);
    CHECK(packed(first) == packed(second));
    CHECK(packed(first) == packed(third));
    CHECK_EQUAL(third.sweep(), 16);
}

TEST_CASE(spins_survive_the_round_trip) {
    for (const Shape& shape : shapes()) {
        const Lattice lattice = shape.planes == 0 ? Lattice(kadanoff::Square{shape.rows, shape.columns})
                                                  : Lattice(kadanoff::Cubic{shape.planes, shape.rows, shape.columns});
        SamplerOptions options = make_options(0.44);
        options.replicas = 2;
        Sampler sampler(lattice, {}, options);
        const std::vector<std::int8_t> spins = random_spins(2 * shape.sites(), 4);
        std::vector<std::int8_t> copy(spins.size());
        sampler.set_spins(spins.data());
        sampler.spins(copy.data());
        CHECK(copy == spins);
    }
}

TEST_CASE(measurements_are_those_of_the_spins) {
    for (const Shape& shape : shapes()) {
        const Lattice lattice = shape.planes == 0 ? Lattice(kadanoff::Square{shape.rows, shape.columns})
                                                  : Lattice(kadanoff::Cubic{shape.planes, shape.rows, shape.columns});
        Sampler sampler(lattice, kadanoff::Ising{0.75, -0.25}, make_options(0.44));
        sampler.run(2);
        Reference sites{shape.layers(), shape.rows, shape.columns, shape.dimension(),
                        std::vector<std::int8_t>(static_cast<std::size_t>(shape.sites()))};
        sampler.spins(sites.spins.data());
        double energy = 0, magnetization = 0;
        sampler.measure(&energy, &magnetization);
        const auto n = static_cast<double>(shape.sites());
        const double spin = 2.0 * static_cast<double>(sites.up_spins()) - n;
        const double bonds =
            static_cast<double>(shape.dimension()) * n - 2.0 * static_cast<double>(sites.unequal_bonds());
        CHECK_EQUAL(magnetization, spin / n);
        CHECK_EQUAL(energy, (-0.75 * bonds + 0.25 * spin) / n);
    }
}

TEST_CASE(an_interrupted_run_stops_after_whole_sweeps) {
    const Lattice lattice = kadanoff::Square{64, 64};
    Sampler stopped(lattice, {}, make_options(0.44)), straight(lattice, {}, make_options(0.44));
    int polls = 0;
    CHECK(!stopped.run(1'000'000, [&] { return ++polls < 3; }));
    CHECK_EQUAL(polls, 3);
    CHECK(stopped.sweep() >= 3 && stopped.sweep() < 1'000'000);
    straight.run(stopped.sweep());
    CHECK(packed(stopped) == packed(straight));
    CHECK(stopped.run(100, [] { return true; }));
    straight.run(100);
    CHECK(packed(stopped) == packed(straight));
}

TEST_CASE(an_interrupted_sample_keeps_its_draws) {
    const Lattice lattice = kadanoff::Square{64, 64};
    constexpr std::int64_t draws = 100'000;
    std::vector<double> energy(draws, 99.0), magnetization(draws, 99.0), expected(draws), unused(draws);
    Sampler stopped(lattice, {}, make_options(0.44)), straight(lattice, {}, make_options(0.44));
    int polls = 0;
    const std::int64_t done =
        stopped.sample(draws, 1, energy.data(), magnetization.data(), [&] { return ++polls < 4; });
    CHECK(done >= 4 && done < draws);
    CHECK_EQUAL(polls, 4);
    CHECK_EQUAL(stopped.sweep(), done);
    straight.sample(done, 1, expected.data(), unused.data());
    const auto kept = static_cast<std::size_t>(done);
    CHECK(std::vector<double>(energy.begin(), energy.begin() + done) ==
          std::vector<double>(expected.begin(), expected.begin() + done));
    CHECK_EQUAL(energy[kept], 99.0);
    CHECK_EQUAL(magnetization[kept], 99.0);
    CHECK(packed(stopped) == packed(straight));
}

TEST_CASE(an_interrupt_is_heeded_wherever_it_comes) {
    // Every poll in turn says stop, once: also the last one within the sweeps of a draw.
    const Lattice lattice = kadanoff::Square{8, 8};
    constexpr std::int64_t draws = 200, every = 5;
    for (int stop = 1; stop <= 8; ++stop) {
        Sampler sampler(lattice, {}, make_options(0.44));
        std::vector<double> energy(draws), magnetization(draws);
        int polls = 0;
        const std::int64_t done =
            sampler.sample(draws, every, energy.data(), magnetization.data(), [&] { return ++polls != stop; });
        if (polls < stop) break;  // done before
        CHECK_EQUAL(polls, stop);
        CHECK(sampler.sweep() >= done * every);
    }
}

TEST_CASE(a_sample_in_pieces_is_the_sample) {
    // A poll cuts the work into chunks; the replicas' rows must come out as without.
    SamplerOptions options = make_options(0.44);
    options.replicas = 3;
    constexpr std::int64_t draws = 50;
    std::vector<double> energy(3 * draws), magnetization(3 * draws), energy2(3 * draws), magnetization2(3 * draws);
    Sampler whole(kadanoff::Square{64, 64}, {}, options), pieces(kadanoff::Square{64, 64}, {}, options);
    CHECK_EQUAL(whole.sample(draws, 7, energy.data(), magnetization.data()), draws);
    CHECK_EQUAL(pieces.sample(draws, 7, energy2.data(), magnetization2.data(), [] { return true; }), draws);
    CHECK(energy == energy2);
    CHECK(magnetization == magnetization2);
}

TEST_CASE(replicas_are_independent_of_their_number) {
    const Lattice lattice = kadanoff::Square{64, 64};
    SamplerOptions options = make_options(0.44);
    Sampler alone(lattice, {}, options);
    options.replicas = 3;
    Sampler three(lattice, {}, options);
    alone.run(5);
    three.run(5);
    const std::vector<std::uint32_t> one = packed(alone), all = packed(three);
    CHECK(std::vector<std::uint32_t>(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(one.size())) == one);
    CHECK(!std::equal(one.begin(), one.end(), all.begin() + static_cast<std::ptrdiff_t>(one.size())));
}

TEST_CASE(an_ordered_start_is_a_ground_state) {
    SamplerOptions options = make_options(0.44);
    options.start = kadanoff::Start::ordered;
    options.replicas = 16;
    double energy[16], magnetization[16];
    const auto start = [&](const Ising& model) {
        Sampler(kadanoff::Square{6, 10}, model, options).measure(energy, magnetization);
    };
    start({1.0, 0.0});
    double sum = 0;
    for (int r = 0; r < 16; ++r) {
        CHECK_EQUAL(energy[r], -2.0);
        CHECK_EQUAL(magnetization[r] * magnetization[r], 1.0);
        sum += magnetization[r];
    }
    CHECK(sum > -16 && sum < 16);  // the global sign is drawn
    start({1.0, -0.5});
    CHECK_EQUAL(energy[3], -2.5);
    start({-1.0, 0.5});
    CHECK_EQUAL(energy[3], -2.0);
    start({-1.0, 5.0});
    CHECK_EQUAL(energy[3], -3.0);
}

TEST_CASE(samplers_move) {
    Sampler first(kadanoff::Square{16, 16}, {}, make_options(0.44));
    first.run(3);
    const std::vector<std::uint32_t> before = packed(first);
    Sampler second = std::move(first);
    CHECK_EQUAL(second.sweep(), 3);
    CHECK(packed(second) == before);
    CHECK_EQUAL(std::string(second.lattice().name()), "square");
}

TEST_CASE(the_kernel_says_what_it_is) {
    for (const kadanoff::Isa isa : kadanoff::available_isas()) {
        const IsaSetting setting(kadanoff::name(isa));
        const Sampler sampler(kadanoff::Square{16, 16}, {}, make_options(0.44));
        CHECK_EQUAL(sampler.kernel(), std::string("checkerboard-") + kadanoff::name(isa));
    }
}
