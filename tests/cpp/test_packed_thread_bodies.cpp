#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "check.hpp"
#include "cuda/packed_device.hpp"
#include "engine/packed_device_engine.hpp"
#include "host_device.hpp"
#include "kadanoff/error.hpp"

// The replica-packed kernel as a GPU runs it, on a device that the CPU plays: the same memory, launches and thread
// bodies, compared with the CPU engine bit by bit.

namespace {

using kadanoff::Bond;
using kadanoff::Engine;
using kadanoff::Ising;
using kadanoff::Lattice;
using kadanoff::Model;
using kadanoff::SamplerOptions;
using kadanoff::Start;
using kadanoff::Totals;

constexpr std::uint64_t first_sweep = (std::uint64_t{1} << 33) + 5;

std::unique_ptr<kadanoff::PackedBackend> make_host_packed(const kadanoff::PackedPlan& plan) {
    return std::make_unique<kadanoff::cuda::DevicePacked<HostDevice>>(plan);
}

Lattice make_lattice(const std::string& name, std::int64_t rows, std::int64_t columns, bool periodic = true) {
    return Lattice::make(name, {rows, columns}, {periodic, periodic});
}

/// Signs that follow no pattern.
kadanoff::Values signs(const Lattice& lattice, double size) {
    std::vector<double> values;
    for (std::int64_t b = 0; b < lattice.bond_count(); ++b) {
        const kadanoff::DrawKey key{7, 0, 0, kadanoff::Stream::initial_sign, 0};
        const auto block = kadanoff::draw<kadanoff::WordOps>(key, static_cast<std::uint32_t>(b), 0);
        values.push_back(block.word[0] & 1 ? size : -size);
    }
    return values;
}

struct Case {
    Lattice lattice;
    Model model;
    std::string order = "sublattice";
};

/// A star with rays that are bound to each other, and one site with no neighbour.
Lattice uneven_graph() {
    std::vector<Bond> bonds;
    for (std::int64_t i = 1; i < 40; ++i) bonds.push_back({0, i});
    for (std::int64_t i = 1; i < 39; i += 2) bonds.push_back({i, i + 1});
    return Lattice::graph(41, bonds);
}

std::vector<Case> cases() {
    const Lattice square = make_lattice("square", 34, 38), open = make_lattice("square", 9, 21, false);
    const Lattice triangular = make_lattice("triangular", 12, 15), honeycomb = make_lattice("honeycomb", 7, 5);
    return {
        {square, Ising{1.0, 0.0, 0.0}},
        {square, Ising{-0.9, 0.4, 0.0}},
        {square, Ising{signs(square, 1.0), 0.0, 0.0}},
        {open, Ising{1.0, 0.0, 0.0}},
        {open, Ising{signs(open, 0.7), -0.3, 0.0}},
        {make_lattice("square", 5, 7), Ising{-1.0, 0.0, 0.0}},
        {triangular, Ising{-1.0, 0.0, 0.0}},
        {triangular, Ising{1.0, 1.5, 0.0}},
        {honeycomb, Ising{signs(honeycomb, 1.0), 0.0, 0.0}},
        {Lattice::make("cubic", {4, 6, 5}), Ising{1.0, 0.0, 0.0}},
        {Lattice::make("chain", {300}), Ising{1.0, 0.0, 0.0}},
        {uneven_graph(), Ising{0.5, 0.0, 0.0}},
        {uneven_graph(), Ising{-0.5, 0.2, 0.0}},
        {open, Ising{1.0, 0.0, 0.0}, "sequential"},
        {open, Ising{signs(open, 1.0), 0.1, 0.0}, "random"},
        {square, Ising{1.0, 0.0, 0.0}, "parallel"},
    };
}

SamplerOptions make_options(const std::string& update, const std::string& order, std::int64_t replicas) {
    SamplerOptions options;
    options.update = update;
    options.order = order;
    options.replicas = replicas;
    options.seed = 0x123456789ABCDEF0u;
    options.threads = 1;
    options.start = Start::random;
    options.beta.clear();
    for (std::int64_t r = 0; r < replicas; ++r) options.beta.push_back(0.0625 + 0.25 * static_cast<double>(r % 5));
    return options;
}

std::vector<std::uint32_t> words_of(const Engine& engine) {
    std::vector<std::uint32_t> words(static_cast<std::size_t>(engine.packed_size()));
    engine.read(words.data());
    return words;
}

bool same(const std::vector<Totals>& a, const std::vector<Totals>& b) {
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!CHECK_EQUAL(a[i].energy, b[i].energy) || !CHECK_EQUAL(a[i].spin, b[i].spin)) return false;
    }
    return true;
}

struct Pair {
    kadanoff::EngineRequest request;
    std::unique_ptr<Engine> cpu = kadanoff::make_packed_engine(request);
    std::unique_ptr<Engine> device = kadanoff::make_packed_engine_on(request, make_host_packed);

    /// Three draws two sweeps apart.
    bool stay_equal(std::uint64_t sweep) {
        const auto replicas = static_cast<std::size_t>(request.options.replicas);
        std::vector<Totals> expected(3 * replicas), got(3 * replicas), now(replicas), last(replicas);
        cpu->advance(sweep, 3, 2, expected.data());
        device->advance(sweep, 3, 2, got.data());
        device->measure(now.data());
        for (std::size_t r = 0; r < replicas; ++r) last[r] = expected[3 * r + 2];
        return CHECK(words_of(*device) == words_of(*cpu)) && same(got, expected) && same(now, last);
    }

    bool unpack_equally() {
        const auto size = static_cast<std::size_t>(request.spins());
        std::vector<std::int8_t> expected(size), got(size), in_place(size);
        cpu->unpack(expected.data());
        device->unpack(got.data());
        HostDevice::owns_all = true;
        device->unpack(in_place.data());
        HostDevice::owns_all = false;
        return CHECK(got == expected) && CHECK(in_place == expected);
    }

    /// Spins, and temperatures of some replicas.
    bool change_equally() {
        std::vector<std::int8_t> spins(static_cast<std::size_t>(request.spins()));
        for (std::size_t i = 0; i < spins.size(); ++i) spins[i] = i % 3 == 0 ? 1 : -1;
        std::vector<double> beta = request.options.beta;
        for (std::size_t r = 0; r < beta.size(); r += 2) beta[r] = 0.8;
        for (Engine* engine : {cpu.get(), device.get()}) {
            engine->pack(spins.data());
            engine->set_beta(beta);
        }
        return CHECK(words_of(*device) == words_of(*cpu));
    }
};

bool equals_engine(const Case& one, const std::string& update, std::int64_t replicas) {
    const SamplerOptions options = make_options(update, one.order, replicas);
    Pair pair{{one.lattice, one.model, options}};
    if (!CHECK(words_of(*pair.device) == words_of(*pair.cpu))) return false;
    pair.cpu->advance(first_sweep, 1, 1, nullptr);
    pair.device->advance(first_sweep, 1, 1, nullptr);
    if (!pair.stay_equal(first_sweep + 1) || !pair.unpack_equally()) return false;
    return pair.change_equally() && pair.stay_equal(first_sweep + 7);
}

void compare(const std::string& update) {
    for (const Case& one : cases()) {
        for (const std::int64_t replicas : {1, 40, 64, 200, 600}) {
            if (equals_engine(one, update, replicas)) continue;
            std::printf("on %s, order %s, %d replicas\n", one.lattice.name(), one.order.c_str(),
                        static_cast<int>(replicas));
        }
    }
}

}  // namespace

TEST_CASE(packed_cuda_bodies_equal_the_engine_by_heat_bath) { compare("heatbath"); }
TEST_CASE(packed_cuda_bodies_equal_the_engine_by_metropolis) { compare("metropolis"); }

/// The comparison sees a single thread that does nothing.
TEST_CASE(a_missing_thread_is_seen) {
    const Lattice lattice = make_lattice("square", 34, 38);
    const Model model = Ising{1.0, 0.0, 0.0};
    const SamplerOptions options = make_options("heatbath", "sublattice", 64);
    Pair pair{{lattice, model, options}};
    pair.cpu->advance(first_sweep, 1, 1, nullptr);
    HostDevice::damage("UpdatePacked");
    pair.device->advance(first_sweep, 1, 1, nullptr);
    CHECK(words_of(*pair.device) != words_of(*pair.cpu));
}

TEST_CASE(packed_words_are_checked_before_they_reach_the_device) {
    const Lattice lattice = make_lattice("square", 4, 4);
    const Model model = Ising{1.0, 0.0, 0.0};
    const SamplerOptions options = make_options("heatbath", "sublattice", 3);
    Pair pair{{lattice, model, options}};
    const std::vector<std::uint32_t> before = words_of(*pair.device);
    std::vector<std::uint32_t> words = before;
    words[1] |= 8;
    CHECK_THROWS(kadanoff::InvalidArgument, "[spins] expected padding bits of 0 in packed spins, got 1",
                 pair.device->write(words.data()));
    CHECK(words_of(*pair.device) == before);
    CHECK_EQUAL(pair.device->kernel(), "packed-host");
}
