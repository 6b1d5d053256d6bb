// The public header alone: what an embedder sees of networks.
#include <cmath>
#include <complex>
#include <cstdint>
#include <random>
#include <vector>

#include "check.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/tensor/network.hpp"

namespace {

using kadanoff::DType;
using kadanoff::InvalidArgument;
using kadanoff::NetworkContraction;
using kadanoff::NetworkEquation;
using kadanoff::NetworkOrder;

/// The sum over all values of all labels, one after the other.
double expected(const NetworkEquation& equation, const std::vector<std::vector<double>>& tensors) {
    std::vector<std::int64_t> value(equation.sizes.size(), 0);
    double total = 0;
    while (true) {
        double term = 1;
        for (std::size_t k = 0; k < tensors.size(); ++k) {
            std::int64_t place = 0;
            for (const int label : equation.inputs[k]) {
                const auto x = static_cast<std::size_t>(label);
                place = place * equation.sizes[x] + value[x];
            }
            term *= tensors[k][static_cast<std::size_t>(place)];
        }
        total += term;
        std::size_t d = 0;
        while (d < value.size() && ++value[d] == equation.sizes[d]) value[d++] = 0;
        if (d == value.size()) return total;
    }
}

/// A ring of matrices with a label that three tensors have, and a vector.
const NetworkEquation ring{{{0, 1, 4}, {1, 2}, {2, 3, 4}, {3, 0}, {4}}, {}, {5, 3, 4, 2, 6}};
const NetworkOrder one_after_the_other{{{0, 1}, {5, 2}, {6, 3}, {7, 4}}, {}};

std::vector<std::vector<double>> random_tensors(const NetworkEquation& equation) {
    std::mt19937 random(7);
    std::normal_distribution<double> normal;
    std::vector<std::vector<double>> tensors;
    for (const auto& labels : equation.inputs) {
        std::size_t size = 1;
        for (const int label : labels)
            size *= static_cast<std::size_t>(equation.sizes[static_cast<std::size_t>(label)]);
        tensors.emplace_back(size);
        for (double& x : tensors.back()) x = normal(random);
    }
    return tensors;
}

std::vector<const void*> addresses(const std::vector<std::vector<double>>& tensors) {
    std::vector<const void*> result;
    for (const auto& tensor : tensors) result.push_back(tensor.data());
    return result;
}

bool close(double a, double b) { return std::abs(a - b) <= 1e-12 * std::abs(b); }

TEST_CASE(a_ring_is_contracted_in_slices_and_whole) {
    const auto tensors = random_tensors(ring);
    const double sum = expected(ring, tensors);
    for (const std::vector<int>& sliced : {std::vector<int>{}, {4}, {0, 2}}) {
        const NetworkContraction contraction(ring, {one_after_the_other.pairs, sliced}, DType::float64);
        double one = 0, two = 0;
        CHECK(contraction.run(addresses(tensors), &one, 1));
        CHECK(contraction.run(addresses(tensors), &two, 2));
        CHECK(close(one, sum));
        CHECK_EQUAL(one, two);
        std::int64_t exponent = 0;
        CHECK(contraction.run_scaled(addresses(tensors), &two, exponent));
        CHECK(close(std::ldexp(two, static_cast<int>(exponent)), sum));
    }
}

TEST_CASE(gradients_times_tensors_are_the_result) {
    const auto tensors = random_tensors(ring);
    const NetworkContraction contraction(ring, one_after_the_other, DType::float64, {2, 0});
    std::vector<double> first(tensors[2].size()), second(tensors[0].size());
    const double seed = 2;
    double value = 0;
    CHECK(contraction.run_gradients(addresses(tensors), &seed, &value, {first.data(), second.data()}));
    double by_first = 0, by_second = 0;
    for (std::size_t i = 0; i < first.size(); ++i) by_first += first[i] * tensors[2][i];
    for (std::size_t i = 0; i < second.size(); ++i) by_second += second[i] * tensors[0][i];
    CHECK(close(by_first, 2 * value));
    CHECK(close(by_second, 2 * value));
}

TEST_CASE(blocks_of_slices_give_the_same_bits_on_any_threads) {
    // 4096 slices, of which the first label is also the output's; numbers that leave the window of exponents.
    const NetworkEquation equation{{{0, 1, 2, 3}, {3, 4}, {4, 2, 1}, {4, 0}}, {0}, {32, 16, 8, 24, 24}};
    auto tensors = random_tensors(equation);
    for (std::size_t i = 0; i < tensors[0].size(); ++i) tensors[0][i] *= std::ldexp(1.0, static_cast<int>(i % 600));
    const NetworkContraction contraction(equation, {{{0, 1}, {4, 2}, {5, 3}}, {0, 1, 2}}, DType::float64, {1, 3});
    CHECK_EQUAL(contraction.slices(), 4096);
    const std::vector<double> seed(32, 1.0);
    const auto run = [&](int threads) {
        std::vector<double> all(32 + tensors[1].size() + tensors[3].size() + 32 + 2);
        double* const gradient = all.data() + 32;
        double* const scaled = gradient + tensors[1].size() + tensors[3].size();
        std::int64_t exponent = 0;
        CHECK(contraction.run_gradients(addresses(tensors), seed.data(), all.data(),
                                        {gradient, gradient + tensors[1].size()}, threads));
        CHECK(contraction.run_scaled(addresses(tensors), scaled, exponent, threads));
        all.back() = static_cast<double>(exponent);
        return all;
    };
    const std::vector<double> one = run(1);
    for (const int threads : {2, 3, 8}) CHECK(run(threads) == one);
    const NetworkContraction whole(equation, {{{0, 1}, {4, 2}, {5, 3}}, {}}, DType::float64);
    std::vector<double> expected(32);
    CHECK(whole.run(addresses(tensors), expected.data()));
    for (std::size_t i = 0; i < 32; ++i) CHECK(std::abs(one[i] - expected[i]) <= 1e-9 * std::abs(expected[i]));
}

TEST_CASE(what_a_poll_throws_reaches_the_caller) {
    const std::vector<std::vector<double>> tensors{std::vector<double>(1 << 20, 1.0), std::vector<double>(64, 1.0),
                                                   std::vector<double>(64 * 64, 1.0), std::vector<double>(64, 1.0)};
    const NetworkEquation equation{{{0}, {1}, {1, 2}, {2}}, {}, {1 << 20, 64, 64}};
    const NetworkContraction contraction(equation, {{{1, 2}, {4, 3}, {5, 0}}, {0}}, DType::float64);
    double value = 0;
    for (const int threads : {1, 3}) {
        CHECK_THROWS(InvalidArgument, "enough", contraction.run(addresses(tensors), &value, threads, [](auto) -> bool {
            throw InvalidArgument("enough");
        }));
    }
}

TEST_CASE(a_poll_stops_a_run) {
    // A million slices, seconds of work.
    const std::vector<std::vector<double>> tensors{std::vector<double>(1 << 20, 1.0), std::vector<double>(64, 1.0),
                                                   std::vector<double>(64 * 64, 1.0), std::vector<double>(64, 1.0)};
    const NetworkEquation equation{{{0}, {1}, {1, 2}, {2}}, {}, {1 << 20, 64, 64}};
    const NetworkContraction contraction(equation, {{{1, 2}, {4, 3}, {5, 0}}, {0}}, DType::float64);
    CHECK_EQUAL(contraction.slices(), 1 << 20);
    double value = 0;
    for (const int threads : {1, 3})
        CHECK(!contraction.run(addresses(tensors), &value, threads, [](auto) { return false; }));
}

TEST_CASE(a_poll_is_told_how_many_slices_are_done) {
    const std::vector<std::vector<double>> tensors{std::vector<double>(1 << 20, 1.0), std::vector<double>(1024, 1.0),
                                                   std::vector<double>(1024 * 1024, 1.0),
                                                   std::vector<double>(1024, 1.0)};
    const NetworkEquation equation{{{0}, {1}, {1, 2}, {2}}, {}, {1 << 20, 1024, 1024}};
    const NetworkContraction contraction(equation, {{{1, 2}, {4, 3}, {5, 0}}, {0}}, DType::float64);
    for (const int threads : {1, 3}) {
        double value = 0;
        std::int64_t last = 0;
        // Stopped at the second poll, so that some slices are done and some are not.
        int polls = 0;
        CHECK(!contraction.run(addresses(tensors), &value, threads, [&](std::int64_t done) {
            CHECK(done > last && done < contraction.slices());
            last = done;
            return ++polls < 2;
        }));
        CHECK_EQUAL(polls, 2);
    }
}

TEST_CASE(costs_are_told_before_anything_is_run) {
    const NetworkEquation product{{{0, 1}, {1, 2}}, {0, 2}, {64, 32, 128}};
    const NetworkContraction contraction(product, {{{0, 1}}, {}}, DType::float32);
    CHECK_EQUAL(contraction.flops(), 2.0 * 64 * 32 * 128);
    CHECK_EQUAL(contraction.largest(), 64 * 128);
    CHECK_EQUAL(contraction.slices(), 1);
}

TEST_CASE(what_is_no_network_is_refused) {
    const auto make = [](const NetworkEquation& equation, const NetworkOrder& order) {
        NetworkContraction(equation, order, DType::float64);
    };
    CHECK_THROWS(InvalidArgument, "at least one tensor", make({}, {}));
    CHECK_THROWS(InvalidArgument, "expected labels below 1, got 1", make({{{1}}, {}, {2}}, {}));
    CHECK_THROWS(InvalidArgument, "labels of the output in a tensor", make({{{0}}, {0, 0}, {2}}, {}));
    CHECK_THROWS(InvalidArgument, "sizes that are not negative", make({{{0}}, {}, {-2}}, {}));
    CHECK_THROWS(InvalidArgument, "expected 1 pairs, got 0", make({{{0}, {0}}, {}, {2}}, {}));
    CHECK_THROWS(InvalidArgument, "pairs of tensors that are left", make({{{0}, {0}}, {}, {2}}, {{{0, 0}}, {}}));
    CHECK_THROWS(InvalidArgument, "each sliced label once", make({{{0}}, {}, {2}}, {{}, {0, 0}}));
    const NetworkContraction one({{{0}}, {}, {2}}, {}, DType::float64);
    double value = 0;
    CHECK_THROWS(InvalidArgument, "expected 1 tensors, got 0", one.run({}, &value));
}

}  // namespace
