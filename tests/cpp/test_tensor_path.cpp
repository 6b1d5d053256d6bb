#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "check.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/tensor/path.hpp"

namespace {

using namespace kadanoff;

constexpr std::array<PathMethod, 4> methods{PathMethod::automatic, PathMethod::greedy, PathMethod::optimal,
                                            PathMethod::search};

bool close(double a, double b) { return std::abs(a - b) < 1e-9; }

/// A few trials, one thread.
PathOptions quick(PathMethod method) {
    PathOptions options;
    options.method = method;
    options.trials = 4;
    options.threads = 1;
    return options;
}

/// Matrices of 30 x 35, 35 x 15, 15 x 5, 5 x 10, 10 x 20 and 20 x 25.
const NetworkShape matrices{{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 6}}, {0, 6}, {30, 35, 15, 5, 10, 20, 25}};

/// An open square of tensors; bonds to the right have even numbers, those downwards odd ones.
NetworkShape square(std::int32_t side, std::int64_t extent) {
    NetworkShape shape;
    const auto bond = [&](std::int32_t y, std::int32_t x, int way) { return 2 * (y * side + x) + way; };
    for (std::int32_t y = 0; y < side; ++y) {
        for (std::int32_t x = 0; x < side; ++x) {
            std::vector<std::int32_t> own;
            if (x > 0) own.push_back(bond(y, x - 1, 0));
            if (y > 0) own.push_back(bond(y - 1, x, 1));
            if (x + 1 < side) own.push_back(bond(y, x, 0));
            if (y + 1 < side) own.push_back(bond(y, x, 1));
            shape.tensors.push_back(own);
        }
    }
    shape.extents.assign(static_cast<std::size_t>(2 * side * side), extent);
    return shape;
}

/// The least flops of all orders of pairs, tried one by one.
double least_of_all(const NetworkShape& shape, SsaPath& path, std::vector<std::int32_t> left) {
    if (left.size() == 1) return path_cost(shape, path, {}).log10_flops;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < left.size(); ++i) {
        for (std::size_t j = i + 1; j < left.size(); ++j) {
            std::vector<std::int32_t> rest = left;
            rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(j));
            rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
            rest.push_back(static_cast<std::int32_t>(shape.tensors.size() + path.size()));
            path.push_back({left[i], left[j]});
            least = std::min(least, least_of_all(shape, path, rest));
            path.pop_back();
        }
    }
    return least;
}

TEST_CASE(the_best_order_of_a_chain_of_matrices_is_found) {
    // The example of every textbook on dynamic programming: 15125 multiplications.
    for (const PathMethod method : {PathMethod::automatic, PathMethod::optimal, PathMethod::search}) {
        const ContractionPath path = find_path(matrices, quick(method));
        CHECK(close(path.cost.log10_flops, std::log10(15125.0)));
        CHECK(path.sliced.empty());
    }
    // From left to right, 40500.
    const PathCost cost = path_cost(matrices, {{0, 1}, {6, 2}, {7, 3}, {8, 4}, {9, 5}}, {});
    CHECK(close(cost.log10_flops, std::log10(30 * (35 * 15 + 15 * 5 + 5 * 10 + 10 * 20 + 20 * 25))));
    CHECK(close(cost.log2_largest, std::log2(30 * 25)));
    CHECK(close(cost.log2_peak, std::log2(30 * 20 + 30 * 25)));
}

TEST_CASE(no_order_is_better_than_the_optimal_one) {
    // An index in three tensors, one of the output, one that is summed at once, a diagonal, separate pieces.
    const std::vector<NetworkShape> shapes{
        {{{0, 1}, {1, 2}, {2, 3}, {3, 0}, {1, 3}}, {}, {2, 3, 5, 4}},
        {{{0, 1, 2}, {2, 3}, {1, 3, 4}, {2, 4, 5}, {5}}, {0}, {3, 2, 4, 2, 5, 3}},
        {{{0}, {0, 1}, {2, 2, 3}, {3}, {4}}, {2}, {4, 7, 3, 2, 5}},
    };
    for (const NetworkShape& shape : shapes) {
        SsaPath path;
        const double least = least_of_all(shape, path, {0, 1, 2, 3, 4});
        CHECK(close(find_path(shape, quick(PathMethod::optimal)).cost.log10_flops, least));
        CHECK(find_path(shape, quick(PathMethod::greedy)).cost.log10_flops > least - 1e-9);
    }
}

TEST_CASE(costs_are_those_of_the_path) {
    const NetworkShape shape = square(5, 3);
    for (const PathMethod method : {PathMethod::automatic, PathMethod::greedy, PathMethod::search}) {
        PathOptions options = quick(method);
        for (const double limit : {std::numeric_limits<double>::infinity(), 100.0}) {
            options.largest_limit = limit;
            const ContractionPath path = find_path(shape, options);
            const PathCost cost = path_cost(shape, path.pairs, path.sliced);
            CHECK_EQUAL(path.pairs.size(), 24u);
            CHECK_EQUAL(path.sliced.empty(), limit > 100.0);
            CHECK(close(cost.log10_flops, path.cost.log10_flops));
            CHECK(close(cost.log2_peak, path.cost.log2_peak));
            CHECK(close(cost.log2_slices, std::log2(3) * static_cast<double>(path.sliced.size())));
            CHECK(cost.log10_unsliced <= cost.log10_flops + 1e-9);
        }
    }
}

TEST_CASE(limits_are_obeyed) {
    const NetworkShape shape = square(6, 2);
    for (const PathMethod method : {PathMethod::automatic, PathMethod::greedy, PathMethod::search}) {
        CHECK(find_path(shape, quick(method)).cost.log2_peak > 6.0);
        for (const double bits : {3.0, 5.0}) {
            PathOptions options = quick(method);
            options.largest_limit = std::exp2(bits);
            CHECK(find_path(shape, options).cost.log2_largest <= bits + 1e-9);
            options.peak_limit = 2.5 * std::exp2(bits);
            const PathCost both = find_path(shape, options).cost;
            CHECK(both.log2_largest <= bits + 1e-9);
            CHECK(both.log2_peak <= std::log2(options.peak_limit) + 1e-9);
        }
    }
}

TEST_CASE(slices_of_a_path_keep_its_tree) {
    const NetworkShape shape = square(6, 2);
    const SsaPath pairs = find_path(shape, quick(PathMethod::greedy)).pairs;
    PathOptions options;
    CHECK(slice_path(shape, pairs, options).sliced.empty());
    options.largest_limit = 16;
    const ContractionPath path = slice_path(shape, pairs, options);
    CHECK(!path.sliced.empty());
    CHECK(path.cost.log2_largest <= 4.0 + 1e-9);
    CHECK(close(path.cost.log10_unsliced, path_cost(shape, pairs, {}).log10_flops));
}

TEST_CASE(paths_do_not_depend_on_threads) {
    const NetworkShape shape = square(6, 2);
    PathOptions options = quick(PathMethod::search);
    options.trials = 20;
    options.peak_limit = 60;
    const ContractionPath one = find_path(shape, options);
    options.threads = 3;
    const ContractionPath three = find_path(shape, options);
    CHECK(one.pairs == three.pairs);
    CHECK(one.sliced == three.sliced);
    options.seed = 1;
    CHECK(find_path(shape, options).pairs != one.pairs);
}

TEST_CASE(a_poll_ends_a_search_with_the_best_so_far) {
    const NetworkShape shape = square(8, 2);
    PathOptions options;
    options.method = PathMethod::search;
    options.seconds = 1e4;
    int polls = 0;
    const ContractionPath path = find_path(shape, options, [&] { return ++polls < 2; });
    CHECK_EQUAL(polls, 2);
    CHECK_EQUAL(path.pairs.size(), 63u);
    CHECK(path.cost.log10_flops <= find_path(shape, quick(PathMethod::greedy)).cost.log10_flops + 1e-9);
}

TEST_CASE(networks_of_few_tensors_have_paths) {
    for (const PathMethod method : methods) {
        CHECK(find_path({{}, {}, {}}, quick(method)).pairs.empty());
        CHECK(find_path({{{0, 0}}, {0}, {3}}, quick(method)).pairs.empty());
        const ContractionPath two = find_path({{{0}, {0, 1}}, {1}, {0, 4}}, quick(method));
        CHECK_EQUAL(two.pairs.size(), 1u);
        CHECK(close(two.cost.log10_flops, std::log10(4.0)));  // an extent of 0 counts as 1
    }
}

TEST_CASE(what_is_no_network_has_no_path) {
    const PathOptions options = quick(PathMethod::automatic);
    CHECK_THROWS(InvalidArgument, "expected indices in [0, 1), got 1", find_path({{{1}}, {}, {2}}, options));
    CHECK_THROWS(InvalidArgument, "expected indices in [0, 1), got -1", find_path({{{0}}, {-1}, {2}}, options));
    CHECK_THROWS(InvalidArgument, "each output index once", find_path({{{0}}, {0, 0}, {2}}, options));
    CHECK_THROWS(InvalidArgument, "output indices that a tensor has", find_path({{{0}}, {1}, {2, 2}}, options));
    CHECK_THROWS(InvalidArgument, "extents >= 0, got -2", find_path({{{0}}, {}, {-2}}, options));
}

TEST_CASE(options_are_checked) {
    const auto with = [](auto change) {
        PathOptions options = quick(PathMethod::search);
        change(options);
        return find_path(square(4, 2), options);
    };
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    CHECK_THROWS(InvalidArgument, "seconds in (0, 1e7]", with([](auto& o) { o.seconds = 0.0; }));
    CHECK_THROWS(InvalidArgument, "at least one trial", with([](auto& o) { o.trials = 0; }));
    CHECK_THROWS(InvalidArgument, "limits of at least one element", with([](auto& o) { o.peak_limit = 0.5; }));
    CHECK_THROWS(InvalidArgument, "limits of at least one element", with([&](auto& o) { o.largest_limit = nan; }));
    CHECK_THROWS(InvalidArgument, "at most 14 tensors for the optimal path, got 16",
                 with([](auto& o) { o.method = PathMethod::optimal; }));
    CHECK_THROWS(InvalidArgument, "[find_path] expected a limit of at least 3 elements, got 1",
                 with([](auto& o) { o.peak_limit = 1.0; }));
    CHECK(close(with([](auto& o) { o.peak_limit = 3.0; }).cost.log2_largest, 0.0));
}

TEST_CASE(what_is_no_path_has_no_cost) {
    const NetworkShape three{{{0}, {0, 1}, {1}}, {}, {2, 3}};
    CHECK_THROWS(InvalidArgument, "path of 2 pairs for 3 tensors, got 1", path_cost(three, {{0, 1}}, {}));
    CHECK_THROWS(InvalidArgument, "used once, got 0 in pair 1", path_cost(three, {{0, 1}, {0, 2}}, {}));
    CHECK_THROWS(InvalidArgument, "used once, got 4 in pair 0", path_cost(three, {{0, 4}, {1, 2}}, {}));
    CHECK_THROWS(InvalidArgument, "sliced indices of the network, got 2", path_cost(three, {{0, 1}, {3, 2}}, {2}));
    CHECK_THROWS(InvalidArgument, "each sliced index once, got 1", path_cost(three, {{0, 1}, {3, 2}}, {1, 1}));
    CHECK_THROWS(InvalidArgument, "used once", slice_path(three, {{0, 0}, {3, 2}}, {}));
}

}  // namespace
