#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "check.hpp"
#include "colours.hpp"
#include "kadanoff/rng/word_ops.hpp"
#include "kadanoff/update/bit_count.hpp"
#include "kadanoff/update/heat_bath.hpp"
#include "kadanoff/update/metropolis.hpp"
#include "kadanoff/update/plain_real.hpp"
#include "trajectory.hpp"

namespace {

using kadanoff::BitCount;
using kadanoff::Bond;
using kadanoff::Ising;
using kadanoff::Lattice;
using kadanoff::Model;
using kadanoff::Potts;
using kadanoff::Sampler;
using kadanoff::SamplerOptions;
using kadanoff::WordOps;

// --- bit-sliced counts

/// Words of random bits, the k-th with about k in 4 bits set.
std::vector<std::uint32_t> random_words(int count, std::uint64_t seed) {
    const std::vector<std::int8_t> spins = random_spins(64 * static_cast<std::int64_t>(count), seed);
    std::vector<std::uint32_t> words(static_cast<std::size_t>(count), 0);
    for (std::size_t i = 0; i < words.size(); ++i) {
        for (std::size_t bit = 0; bit < 32; ++bit) {
            const bool one = spins[64 * i + bit] > 0, other = spins[64 * i + 32 + bit] > 0;
            const bool set = i % 4 == 0 ? one : i % 4 == 1 ? one && other : i % 4 == 2 ? one || other : true;
            words[i] |= static_cast<std::uint32_t>(set) << bit;
        }
    }
    return words;
}

/// Counts `items` words in pairs, or one by one, and compares every bit with a plain sum.
template <int Items>
void check_count(int items, bool in_pairs) {
    const std::vector<std::uint32_t> words = random_words(items, static_cast<std::uint64_t>(items));
    auto count = BitCount<WordOps, Items>::none();
    int next = 0;
    for (; in_pairs && next + 1 < items; next += 2) {
        count.add_pair(words[static_cast<std::size_t>(next)], words[static_cast<std::size_t>(next) + 1], next);
    }
    for (; next < items; ++next) count.add(words[static_cast<std::size_t>(next)], next);
    for (int bit = 0; bit < 32; ++bit) {
        int expected = 0;
        for (const std::uint32_t word : words) expected += static_cast<int>(word >> bit & 1);
        for (int value = 0; value <= items; ++value) {
            if (!CHECK_EQUAL(count.equals(value) >> bit & 1, static_cast<std::uint32_t>(expected == value))) return;
            if (!CHECK_EQUAL(count.above(value) >> bit & 1, static_cast<std::uint32_t>(expected > value))) return;
        }
    }
}

// --- tables

/// Thresholds of a drive x: of a flip against the local field, and of up along and against it. From NumPy.
struct TableAnswer {
    double drive;
    std::uint64_t metropolis, up, down;
};

constexpr TableAnswer table_answers[] = {
    {0x0p+0, 0xffffffffffffffffu, 0x7fffffffffffffffu, 0x7fffffffffffffffu},
    {0x1.0624dd2f1a9fcp-10, 0xffd296f30e08ffffu, 0x800b5b45169167ffu, 0x7ff4a4bae96e97ffu},
    {0x1p-2, 0xd744fccad69d77ffu, 0x8b100c2f2b1097ffu, 0x74eff3d0d4ef5fffu},
    {0x1.5555555555555p-2, 0xcb2ff529eb71d7ffu, 0x8eb8c1c1aac19fffu, 0x71473e3e553e53ffu},
    {0x1p+0, 0x7fffffffffffffffu, 0xaaaaaaaaaaaaa7ffu, 0x55555555555553ffu},
    {0x1.71547652b82fep+0, 0x5e2d58d8b3bce3ffu, 0xbb26a7aead15e7ffu, 0x44d9585152ea1bffu},
    {0x1.4p+1, 0x2d413cccfe779bffu, 0xd98b1c139e7c47ffu, 0x2674e3ec6183b9ffu},
    {0x1.d99999999999ap+1, 0x13b2c47bff8327ffu, 0xedb58838eee8f7ffu, 0x124a77c711170dffu},
    {0x1p+4, 0x0000ffffffffffffu, 0xffff0000fffeffffu, 0x0000ffff0000fffeu},
    {0x1.88p+4, 0x000000b504f333f9u, 0xffffff4afb0d4fffu, 0x000000b504f2b3f9u},
    {0x1.7f33333333333p+5, 0x000000000001125fu, 0xfffffffffffeefffu, 0x000000000001125fu},
    {0x1.fcp+5, 0x0000000000000001u, 0xffffffffffffffffu, 0x0000000000000001u},
    {0x1.02p+6, 0x0000000000000000u, 0xffffffffffffffffu, 0x0000000000000000u},
    {0x1.f3ep+9, 0x0000000000000000u, 0xffffffffffffffffu, 0x0000000000000000u},
    {0x1.e848p+19, 0x0000000000000000u, 0xffffffffffffffffu, 0x0000000000000000u},
};

/// T, put together from what a table holds and what it does not.
std::uint64_t table_threshold(double probability) {
    const double top = kadanoff::first_bits<WordOps>(probability) - 1.0;
    return (static_cast<std::uint64_t>(top) << 48) | kadanoff::last_bits(probability);
}

/// T of a drive and of the opposite one, from either side.
template <class Rule>
void check_table_thresholds(double drive, std::uint64_t expected, std::uint64_t opposite) {
    for (const double sign : {1.0, -1.0}) {
        const double signed_drive = sign * drive;
        double accepted, mirrored;
        Rule::template accepted_in_table<WordOps, 1>(&signed_drive, &accepted, &mirrored);
        CHECK_EQUAL(table_threshold(accepted), sign > 0.0 ? expected : opposite);
        CHECK_EQUAL(table_threshold(mirrored), sign > 0.0 ? opposite : expected);
    }
}

// --- engines

Lattice complete_graph(std::int64_t sites) {
    std::vector<Bond> bonds;
    for (std::int64_t i = 0; i < sites; ++i) {
        for (std::int64_t j = i + 1; j < sites; ++j) bonds.push_back({i, j});
    }
    return Lattice::graph(sites, bonds);
}

std::vector<double> signs(const Lattice& lattice) {
    std::vector<double> result;
    for (const std::int8_t spin : random_spins(lattice.bond_count(), 3)) result.push_back(spin);
    return result;
}

struct Case {
    std::string kernel;
    Lattice lattice;
    Model model;
};

std::vector<Case> cases() {
    const Lattice open = Lattice::make("square", {5, 7}, {false, false});
    const Lattice triangular = Lattice::make("triangular", {20, 31});
    const Lattice star = Lattice::graph(13, {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}, {1, 2}, {10, 11}});
    std::vector<double> sizes;
    for (std::size_t b = 0; b < 58; ++b) sizes.push_back(0.25 * static_cast<double>(b % 7) - 0.6);
    return {
        {"packed", Lattice::make("square", {40, 35}), Ising{1.0}},
        {"packed", Lattice::make("square", {3, 5}), Ising{-0.5, 0.25}},
        {"packed", open, Ising{signs(open)}},
        {"packed", triangular, Ising{signs(triangular), 0.5}},
        {"packed", star, Ising{-1.0}},
        {"packed", complete_graph(64), Ising{signs(complete_graph(64))}},
        {"table", open, Ising{sizes, 0.1}},
        {"table", Lattice::make("square", {40, 35}), Ising{1.0, 0.25}},
        {"table", triangular, Ising{signs(triangular), -0.5}},
        {"table", Lattice::graph(9, {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}, {1, 2}, {7, 8}}), Ising{0.7}},
        {"dense", complete_graph(37), Ising{signs(complete_graph(37)), 0.5}},
        {"dense", complete_graph(300), Ising{0.01}},
        {"dense", open, Ising{sizes, 0.1}},
        {"plain", open, Ising{sizes, 0.1}},
        {"plain", Lattice::make("square", {40, 35}), Ising{1.0, 0.0, 0.2}},
        {"plain", star, Ising{1.0}},
        {"potts", open, Potts{3, sizes}},
        {"potts", triangular, Potts{5}},
        {"potts", star, Potts{256, 2.0}},
    };
}

SamplerOptions options_of(const Case& of, const std::string& update, const std::string& order, std::int64_t replicas) {
    SamplerOptions options;
    options.beta.clear();
    for (std::int64_t r = 0; r < replicas; ++r) options.beta.push_back(0.1 + 0.01 * static_cast<double>(r % 90));
    options.update = update;
    options.order = order;
    options.kernel = of.kernel;
    options.replicas = replicas;
    options.seed = 0x0123456789ABCDEFu;
    options.start = kadanoff::Start::random;
    return options;
}

/// Calls visit(case, options) for every model, rule and order.
template <class Visit>
void for_all(const std::vector<std::int64_t>& replicas, Visit visit) {
    for (const Case& of : cases()) {
        for (const char* update : {"heatbath", "metropolis"}) {
            for (const char* order : {"sublattice", "sequential", "random", "parallel"}) {
                for (const std::int64_t count : replicas) visit(of, options_of(of, update, order, count));
            }
        }
    }
}

std::string text(const Case& of, const SamplerOptions& options) {
    return of.kernel + " on " + of.lattice.name() + ", " + options.update + ", " + options.order + ", " +
           std::to_string(options.replicas) + " replicas";
}

std::uint64_t hash_after(const Case& of, const SamplerOptions& options, std::int64_t sweeps) {
    Sampler sampler(of.lattice, of.model, options);
    std::vector<double> energy(static_cast<std::size_t>(sweeps * options.replicas)), spin = energy;
    CHECK_EQUAL(sampler.sample(sweeps, 1, energy.data(), spin.data()), sweeps);
    std::uint64_t hash = hash_of(sampler);
    for (const double value : energy) hash = hash_step(hash, value);
    for (const double value : spin) hash = hash_step(hash, value);
    return hash;
}

}  // namespace

TEST_CASE(bits_are_counted_as_they_should) {
    for (const bool in_pairs : {false, true}) {
        check_count<1>(1, in_pairs);
        check_count<2>(2, in_pairs);
        check_count<3>(3, in_pairs);
        check_count<4>(4, in_pairs);
        check_count<6>(6, in_pairs);
        for (int items = 0; items <= 40; ++items) check_count<0>(items, in_pairs);
        for (const int items : {127, 128, 254, kadanoff::max_counted}) check_count<0>(items, in_pairs);
    }
}

TEST_CASE(powers_of_two_are_exact_to_4e_7) {
    double worst = 0.0;
    for (int i = 0; i <= 126 * 4096; ++i) {
        const float x = static_cast<float>(i) / 4096.0f;
        float four[4] = {x, x, 126.0f, 0.0f};
        float one = x;
        kadanoff::exp2_minus<WordOps, 4>(four);
        kadanoff::exp2_minus<WordOps, 1>(&one);
        const double exact = std::exp2(-static_cast<double>(x));
        worst = std::fmax(worst, std::fabs(static_cast<double>(one) / exact - 1.0));
        if (!CHECK(std::memcmp(&one, &four[1], sizeof one) == 0)) return;
    }
    CHECK(worst < 2e-7);
    CHECK(worst > 1e-8);  // else it is not float that is measured
    for (const float beyond : {126.5f, 1e6f, 3e38f, INFINITY}) {
        float x[1] = {beyond};
        kadanoff::exp2_minus<WordOps, 1>(x);
        CHECK(x[0] > 0.0f && x[0] < 1.2e-38f);
    }
}

TEST_CASE(table_thresholds_are_rounded_up) {
    for (const TableAnswer& answer : table_answers) {
        check_table_thresholds<kadanoff::Metropolis>(answer.drive, answer.metropolis, answer.metropolis);
        check_table_thresholds<kadanoff::HeatBath>(answer.drive, answer.up, answer.down);
    }
}

TEST_CASE(uniform_numbers_reach_one_and_never_zero) {
    CHECK_EQUAL(kadanoff::uniform_real<WordOps>(0u), 0x1p-33f);
    CHECK_EQUAL(kadanoff::uniform_real<WordOps>(1u), 0x1.8p-32f);
    CHECK_EQUAL(kadanoff::uniform_real<WordOps>(0x80000000u), 0.5f);
    CHECK_EQUAL(kadanoff::uniform_real<WordOps>(0xFFFFFFFFu), 1.0f);
    for (std::uint32_t word = 1; word != 0; word <<= 1) {
        CHECK(kadanoff::uniform_real<WordOps>(word - 1) <= kadanoff::uniform_real<WordOps>(word));
    }
}

TEST_CASE(every_instruction_set_gives_the_same_spins_and_sums) {
    for_all({1, 3, 33, 513}, [](const Case& of, const SamplerOptions& options) {
        std::uint64_t first = 0;
        for (const kadanoff::Isa isa : kadanoff::available_isas()) {
            const IsaSetting setting(kadanoff::name(isa));
            const std::uint64_t hash = hash_after(of, options, 2);
            if (first == 0) first = hash;
            if (!CHECK_EQUAL(hash, first)) std::printf("%s: %s\n", kadanoff::name(isa), text(of, options).c_str());
        }
    });
}

TEST_CASE(a_replica_does_not_depend_on_how_many_there_are) {
    for_all({1}, [](const Case& of, SamplerOptions options) {
        std::vector<std::int8_t> few, many;
        for (const std::int64_t replicas : {33, 600}) {
            options = options_of(of, options.update, options.order, replicas);
            Sampler sampler(of.lattice, of.model, options);
            sampler.run(3);
            many.resize(static_cast<std::size_t>(replicas * of.lattice.sites()));
            sampler.spins(many.data());
            if (few.empty()) few = many;
        }
        many.resize(few.size());
        if (!CHECK(few == many)) std::printf("%s\n", text(of, options).c_str());
    });
}

/// ThreadSanitizer sees blocks of replicas that are not kept apart.
TEST_CASE(threads_that_take_dense_replicas_give_the_same_bits) {
    const Case dense{"dense", complete_graph(60), Ising{signs(complete_graph(60))}};
    for (const char* order : {"sequential", "random", "parallel"}) {
        SamplerOptions options = options_of(dense, "heatbath", order, 700);
        options.threads = 1;
        const std::uint64_t alone = hash_after(dense, options, 20);
        options.threads = 4;
        CHECK_EQUAL(hash_after(dense, options, 20), alone);
    }
}

TEST_CASE(packed_spins_go_on_where_they_were) {
    for_all({1, 40}, [](const Case& of, const SamplerOptions& options) {
        Sampler whole(of.lattice, of.model, options);
        whole.run(2);
        std::vector<std::uint32_t> words(static_cast<std::size_t>(whole.packed_size()));
        whole.packed(words.data());
        Sampler second(of.lattice, of.model, options);
        second.set_packed(words.data());
        second.set_sweep(2);
        whole.run(3);
        second.run(3);
        if (!CHECK_EQUAL(hash_of(second), hash_of(whole))) std::printf("%s\n", text(of, options).c_str());
    });
}
