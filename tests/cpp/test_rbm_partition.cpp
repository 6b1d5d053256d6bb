#include <cmath>
#include <cstdint>
#include <vector>

#include "check.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/rbm_annealing.hpp"
#include "kadanoff/rbm_partition.hpp"

namespace {

using kadanoff::InvalidArgument;
using kadanoff::Rbm;
using kadanoff::RbmAnnealing;
using kadanoff::RbmAnnealingOptions;
using kadanoff::Units;

Rbm machine(Units visible, Units hidden) {
    Rbm rbm{7, 5, {}, {}, {}, visible, hidden};
    for (int i = 0; i < 35; ++i) rbm.weights.push_back(0.1f * static_cast<float>(i * 17 % 11 - 5));
    for (int i = 0; i < 7; ++i) rbm.visible_bias.push_back(0.2f * static_cast<float>(i - 3));
    for (int j = 0; j < 5; ++j) rbm.hidden_bias.push_back(0.3f * static_cast<float>(j - 2));
    return rbm;
}

/// ln Z from the energies of all pairs of states.
double enumerated(const Rbm& rbm, double beta) {
    const auto value = [](Units units, int bit) { return units == Units::binary ? bit : 2.0 * bit - 1.0; };
    double z = 0.0;
    for (int v = 0; v < 1 << 7; ++v) {
        for (int h = 0; h < 1 << 5; ++h) {
            double energy = 0.0;
            for (int i = 0; i < 7; ++i) {
                const double vi = value(rbm.visible_units, v >> i & 1);
                energy -= rbm.visible_bias[static_cast<std::size_t>(i)] * vi;
                for (int j = 0; j < 5; ++j) {
                    energy -=
                        vi * rbm.weights[static_cast<std::size_t>(i * 5 + j)] * value(rbm.hidden_units, h >> j & 1);
                }
            }
            for (int j = 0; j < 5; ++j) {
                energy -= rbm.hidden_bias[static_cast<std::size_t>(j)] * value(rbm.hidden_units, h >> j & 1);
            }
            z += std::exp(-beta * energy);
        }
    }
    return std::log(z);
}

constexpr Units encodings[] = {Units::binary, Units::spin};

TEST_CASE(the_exact_sum_is_that_of_all_states) {
    for (const Units visible : encodings) {
        for (const Units hidden : encodings) {
            const Rbm rbm = machine(visible, hidden);
            for (const double beta : {0.0, 0.7, 3.0}) {
                CHECK(std::fabs(*kadanoff::log_partition(rbm, beta, 2) - enumerated(rbm, beta)) < 1e-12);
            }
        }
    }
}

TEST_CASE(annealed_weights_have_the_mean_z) {
    for (const Units visible : encodings) {
        for (const Units hidden : encodings) {
            const Rbm rbm = machine(visible, hidden);
            RbmAnnealingOptions options;
            options.chains = 4000;
            options.seed = 3;
            RbmAnnealing annealing(rbm, std::vector<float>(7, 0.25f), options);
            annealing.start();
            CHECK(annealing.run({0.0, 0.2, 0.5, 0.8, 1.0}));
            std::vector<double> log_weights(4000);
            annealing.log_weights(log_weights.data());
            double sum = 0.0, squares = 0.0;
            for (const double log_weight : log_weights) {
                const double ratio = std::exp(log_weight + annealing.log_base() - enumerated(rbm, 1.0));
                sum += ratio;
                squares += ratio * ratio;
            }
            const double mean = sum / 4000.0;
            CHECK(std::fabs(mean - 1.0) < 4.0 * std::sqrt((squares / 4000.0 - mean * mean) / 4000.0));
        }
    }
}

TEST_CASE(a_poll_stops_sums_and_annealings) {
    Rbm rbm{22, 40, std::vector<float>(22 * 40, 0.5f), std::vector<float>(22), std::vector<float>(40)};
    CHECK(!kadanoff::log_partition(rbm, 1.0, 1, [] { return false; }));
    RbmAnnealing annealing(rbm, std::vector<float>(22), {});
    annealing.start();
    CHECK(!annealing.run(std::vector<double>(100, 0.5), [] { return false; }));
}

TEST_CASE(wrong_calls_throw) {
    const Rbm rbm = machine(Units::binary, Units::binary);
    const Rbm large{25, 25, std::vector<float>(625), std::vector<float>(25), std::vector<float>(25)};
    CHECK_THROWS(InvalidArgument, "at most 24 units", kadanoff::log_partition(large, 1.0, 1));
    CHECK_THROWS(InvalidArgument, "expected beta in [0, 1e12], got -1", kadanoff::log_partition(rbm, -1.0, 1));
    CHECK_THROWS(InvalidArgument, "7 finite biases, got 6", RbmAnnealing(rbm, std::vector<float>(6), {}));
    CHECK_THROWS(InvalidArgument, "7 finite biases", RbmAnnealing(rbm, std::vector<float>(7, std::nanf("")), {}));
    RbmAnnealingOptions options;
    options.beta = 0.0;
    CHECK_THROWS(InvalidArgument, "beta in (0, 1e12], got 0", RbmAnnealing(rbm, std::vector<float>(7), options));
    RbmAnnealing annealing(rbm, std::vector<float>(7), {});
    CHECK_THROWS(InvalidArgument, "mixtures in [0, 1], got 1.5", annealing.run({0.0, 1.5}));
    CHECK_THROWS(InvalidArgument, "a machine of the same layers", annealing.bridge(large));
    CHECK_THROWS(InvalidArgument, "same layers", annealing.bridge(machine(Units::spin, Units::binary)));
}

}  // namespace
