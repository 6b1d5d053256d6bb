#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "check.hpp"
#include "engine/square_star.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/isa.hpp"
#include "kadanoff/sampler.hpp"
#include "trajectory.hpp"

namespace {

using kadanoff::InvalidArgument;
using kadanoff::Ising;
using kadanoff::Lattice;
using kadanoff::Model;
using kadanoff::Sampler;
using kadanoff::SamplerOptions;

SamplerOptions make_options(const std::vector<double>& couplings, int clusters) {
    SamplerOptions options;
    options.beta = {0.2, 0.4, 0.6};
    options.update = "self-learning";
    options.replicas = 3;
    options.seed = 0x0123456789ABCDEFu;
    options.threads = 1;
    options.self_learning = {couplings, clusters};
    return options;
}

struct Case {
    std::vector<double> couplings;
    int clusters;
};

const std::vector<Case> cases{{{1.1}, 1}, {{-0.9}, 2}, {{1.2, -0.1, 0.05}, 2}, {{0.0, 0.8}, 3}, {{0.0}, 4}};
const Ising plaquettes{1.0, 0.1, 0.2};

}  // namespace

TEST_CASE(proposals_are_the_same_on_every_instruction_set_and_number_of_threads) {
    const Lattice lattice = Lattice::make("square", {9, 37});
    for (const Case& c : cases) {
        std::uint64_t first = 0;
        for (const kadanoff::Isa isa : kadanoff::available_isas()) {
            const IsaSetting setting(kadanoff::name(isa));
            for (const int threads : {1, 2, 3}) {
                SamplerOptions options = make_options(c.couplings, c.clusters);
                options.threads = threads;
                Sampler sampler(lattice, plaquettes, options);
                sampler.run(20);
                const std::uint64_t hash = hash_of(sampler);
                if (first == 0) first = hash;
                CHECK_EQUAL(hash, first);
            }
        }
    }
}

/// What the flips add up to is what the spins have: a sampler that reads the spins counts anew.
TEST_CASE(sums_stay_those_of_the_spins) {
    const Lattice lattice = Lattice::make("square", {215, 5});
    for (const Case& c : cases) {
        Sampler sampler(lattice, plaquettes, make_options(c.couplings, c.clusters));
        sampler.run(30);
        double energy[3], magnetization[3], energy_anew[3], magnetization_anew[3];
        sampler.measure(energy, magnetization);
        std::vector<std::int8_t> spins(static_cast<std::size_t>(3 * lattice.sites()));
        sampler.spins(spins.data());
        Sampler other(lattice, plaquettes, make_options(c.couplings, c.clusters));
        other.set_spins(spins.data());
        other.set_sweep(30);
        other.measure(energy_anew, magnetization_anew);
        for (int r = 0; r < 3; ++r) {
            CHECK_EQUAL(energy[r], energy_anew[r]);
            CHECK_EQUAL(magnetization[r], magnetization_anew[r]);
        }
        sampler.run(10);
        other.run(10);
        CHECK_EQUAL(hash_of(sampler), hash_of(other));
    }
}

TEST_CASE(the_model_itself_is_never_refused) {
    Sampler sampler(Lattice::make("square", {12, 20}), Ising{0.7}, make_options({0.7}, 3));
    std::vector<double> energy(300), magnetization(300), extra(600);
    CHECK_EQUAL(sampler.sample(100, 1, energy.data(), magnetization.data(), {}, extra.data()), 100);
    for (std::size_t i = 300; i < 600; ++i) CHECK_EQUAL(extra[i], 1.0);
}

TEST_CASE(neighbours_are_those_of_a_torus) {
    for (const std::int64_t rows : {2, 3, 7}) {
        for (const std::int64_t columns : {2, 5, 40}) {
            const std::int64_t stride = columns + 3;
            const kadanoff::SquareStar star(rows, columns, stride);
            for (std::int64_t y = 0; y < rows; ++y) {
                for (std::int64_t x = 0; x < columns; ++x) {
                    const auto at = static_cast<std::uint32_t>(y * stride + x);
                    for (std::size_t k = 0; k < kadanoff::SquareStar::size; ++k) {
                        const auto [dy, dx] = kadanoff::SquareStar::steps[k];
                        const std::int64_t to = (y + dy + 2 * rows) % rows * stride + (x + dx + 2 * columns) % columns;
                        CHECK_EQUAL(at + star.view().of(at)[k], to);
                    }
                }
            }
        }
    }
}

TEST_CASE(what_proposals_do_not_serve_is_refused) {
    const SamplerOptions options = make_options({1.0}, 1);
    const std::string call = "[SelfLearning] expected ", square = "an Ising model on a periodic square lattice, got ";
    CHECK_THROWS(InvalidArgument, call + square + "lattice cubic",
                 Sampler(Lattice::make("cubic", {4, 4, 4}), Ising{}, options));
    CHECK_THROWS(InvalidArgument, call + square + "an open square lattice",
                 Sampler(Lattice::make("square", {4, 4}, {true, false}), Ising{}, options));
    CHECK_THROWS(InvalidArgument, call + square + "a Potts model",
                 Sampler(Lattice::make("square", {4, 4}), kadanoff::Potts{}, options));
    const Lattice lattice = Lattice::make("square", {4, 4});
    CHECK_THROWS(InvalidArgument, call + "1 to 3 effective couplings, got 0",
                 Sampler(lattice, Ising{}, make_options({}, 1)));
    CHECK_THROWS(InvalidArgument, call + "a finite effective coupling of at most 1e12 in size, got nan",
                 Sampler(lattice, Ising{}, make_options({std::nan("")}, 1)));
    CHECK_THROWS(InvalidArgument, call + "at least 1 cluster, and at most 2^28 sites in all of them, got 0 on 16 sites",
                 Sampler(lattice, Ising{}, make_options({1.0}, 0)));
    SamplerOptions wrong = options;
    wrong.kernel = "cluster-rows";
    CHECK_THROWS(InvalidArgument, "such as 'cluster-square', got 'cluster-rows'", Sampler(lattice, Ising{}, wrong));
    wrong.kernel = "";
    wrong.device = kadanoff::Device::cuda;
    CHECK_THROWS(kadanoff::Unavailable, "expected device 'cpu' for the cluster kernel, got 'cuda'",
                 Sampler(lattice, Ising{}, wrong));
}
