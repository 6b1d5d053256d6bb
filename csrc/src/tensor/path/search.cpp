#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "checks.hpp"
#include "kadanoff/error.hpp"
#include "parallel.hpp"
#include "tensor/path/control.hpp"
#include "tensor/path/elimination.hpp"
#include "tensor/path/greedy.hpp"
#include "tensor/path/growth.hpp"
#include "tensor/path/optimal.hpp"
#include "tensor/path/order.hpp"
#include "tensor/path/slice.hpp"
#include "tensor/path/tree.hpp"
#include "tensor/path/trials.hpp"

namespace kadanoff {

namespace {

using namespace paths;

void check_options(const PathOptions& options) {
    if (options.seconds && !(*options.seconds > 0.0 && *options.seconds <= 1e7)) {
        throw InvalidArgument("[find_path] expected seconds in (0, 1e7]");
    }
    if (options.trials && *options.trials < 1) throw InvalidArgument("[find_path] expected at least one trial");
    if (!(options.peak_limit >= 1.0) || !(options.largest_limit >= 1.0)) {
        throw InvalidArgument("[find_path] expected limits of at least one element");
    }
}

[[noreturn]] void refuse_limits(double over, const Limits& limits) {
    const double limit = std::min(limits.largest, limits.peak);
    throw InvalidArgument("[find_path] expected a limit of at least " +
                          std::to_string(std::llround(std::exp2(limit + over))) + " elements, got " +
                          text(std::exp2(limit)));
}

Limits log2_limits(const PathOptions& options) {
    return {std::log2(options.largest_limit), std::log2(options.peak_limit)};
}

/// The network that is left when small tensors are absorbed.
struct Reduced {
    Network network;
    std::vector<std::int32_t> names;  ///< of its tensors, in the contraction so far
    SsaPath pairs;                    ///< of the contraction so far

    explicit Reduced(const Network& full) {
        Contraction contraction(full);
        absorb_small_tensors(contraction);
        names = contraction.living();
        pairs = contraction.pairs();
        network.open = full.open;
        network.weight = full.weight;
        for (const std::int32_t tensor : names) network.tensors.push_back(contraction.legs(tensor));
    }

    /// Pairs of the whole network, from pairs of what was left.
    SsaPath expand(const SsaPath& rest, std::int32_t tensors) const {
        SsaPath all = pairs;
        const auto name = [&](std::int32_t tensor) {
            const std::int32_t made = tensor - network.size();
            return made < 0 ? names[static_cast<std::size_t>(tensor)]
                            : tensors + static_cast<std::int32_t>(pairs.size()) + made;
        };
        for (const std::array<std::int32_t, 2>& pair : rest) all.push_back({name(pair[0]), name(pair[1])});
        return all;
    }
};

/// Pairs that make the smallest results, indices that do, and a sweep.
std::array<SsaPath, 3> all_greedy_pairs(const Network& network, std::uint64_t seed) {
    Random random(seed, 0, 0);
    Contraction pairwise(network), by_index(network), sweep(network);
    contract_greedily(pairwise, {}, random);
    contract_by_elimination(by_index, 0.0, random);
    contract_by_growth(sweep, 0.0, random);
    return {pairwise.pairs(), by_index.pairs(), sweep.pairs()};
}

/// The best of the three.
SsaPath greedy_pairs(const Network& network, std::uint64_t seed) {
    const std::array<SsaPath, 3> all = all_greedy_pairs(network, seed);
    return *std::ranges::min_element(all, {},
                                     [&](const SsaPath& pairs) { return pairs_cost(network, pairs, {}).log10_flops; });
}

SsaPath optimal_pairs(const Network& network, const PathOptions& options) {
    if (network.size() > SubsetOptimizer::most_leaves) {
        throw InvalidArgument("[find_path] expected at most " + std::to_string(SubsetOptimizer::most_leaves) +
                              " tensors for the optimal path, got " + std::to_string(network.size()));
    }
    const BitLayout layout(network);
    const NodeCost cost = node_cost(options.minimize);
    const Tree tree(network, layout, greedy_pairs(network, options.seed));
    std::vector<const std::uint64_t*> leaves;
    for (std::int32_t leaf = 0; leaf < tree.leaves(); ++leaf) leaves.push_back(tree.legs(leaf));
    SubsetOptimizer optimizer(layout, cost);
    optimizer.solve(leaves, tree.open().data(), tree.log2_cost(cost));
    return optimizer.pairs();
}

SsaPath reduced_greedy_pairs(const Network& network, std::uint64_t seed) {
    const Reduced reduced(network);
    return reduced.expand(greedy_pairs(reduced.network, seed), network.size());
}

/// Trees are kept as bits, (2 n - 1) x indices: networks that need more than this are contracted greedily.
bool fits(const Network& network, const BitLayout& layout) {
    return 16.0 * static_cast<double>(network.size()) * static_cast<double>(layout.words()) <= 256e6;
}

/// Pairs of the network by many trials; indices to slice go to `sliced`.
SsaPath searched_pairs(const Network& network, const PathOptions& options, const Effort& effort, Control& control,
                       std::vector<std::int32_t>& sliced) {
    const Reduced reduced(network);
    const BitLayout layout(reduced.network);
    SsaPath rest = greedy_pairs(reduced.network, options.seed);
    if (reduced.network.size() < 3 || !fits(reduced.network, layout)) return reduced.expand(rest, network.size());
    TrialSearch search(reduced.network, layout, options.minimize, log2_limits(options), options.seed);
    const Candidate best = search.run(effort, control);
    if (best.shape.root >= 0) {
        Tree tree(reduced.network, layout, rest);
        tree.set_shape(best.shape);
        rest = tree.pairs();
        for (const std::size_t bit : best.sliced) sliced.push_back(layout.index(bit));
    }
    return reduced.expand(rest, network.size());
}

/// Pairs in the best order, with more indices sliced where the limits ask for it.
void obey_limits(const Network& network, const PathOptions& options, ContractionPath& result) {
    const Limits limits = log2_limits(options);
    if (!limits.any()) {
        result.pairs = reorder(network, result.pairs);
        return;
    }
    const BitLayout layout(network);
    Tree tree(network, layout, result.pairs);
    std::vector<std::size_t> sliced;
    for (const std::int32_t index : result.sliced) {
        sliced.push_back(static_cast<std::size_t>(layout.bit(index)));
        tree.slice(sliced.back());
    }
    Random random(options.seed, 0, 2);
    slice_greedily(tree, limits, 0.0, random, {}, sliced);
    const double over = excess(tree, limits);
    if (over > 1e-9) refuse_limits(over, limits);
    result.sliced.clear();
    for (const std::size_t bit : sliced) result.sliced.push_back(layout.index(bit));
    result.pairs = tree.pairs();
}

/// Greedy pairs, in trees of which all small subtrees are made optimal before each slice: one tree for each of the
/// three greedy paths, since the cheapest is rarely the one that is cheapest in slices.
void slice_greedy_paths(const Network& network, const PathOptions& options, ContractionPath& result) {
    const Reduced reduced(network);
    const BitLayout layout(reduced.network);
    const Limits limits = log2_limits(options);
    const PathCost whole = pairs_cost(network, result.pairs, {});
    const bool too_large = whole.log2_largest > limits.largest || whole.log2_peak > limits.peak;
    if (!too_large || reduced.network.size() < 3 || !fits(reduced.network, layout)) return;
    const NodeCost cost = limited(node_cost(options.minimize), limits);
    const auto refine = [&](Tree& tree) {
        Reconfiguration reconfiguration(layout, cost, 8);  // it remembers what is settled
        while (reconfiguration.round(tree)) {
        }
    };
    double least = std::numeric_limits<double>::infinity();
    for (const SsaPath& pairs : all_greedy_pairs(reduced.network, options.seed)) {
        Tree tree(reduced.network, layout, pairs);
        refine(tree);
        std::vector<std::size_t> sliced;
        Random random(options.seed, 0, 1);
        slice_greedily(tree, limits, 0.0, random, refine, sliced);
        double log2_cost = tree.log2_cost(node_cost(options.minimize));
        for (const std::size_t bit : sliced) log2_cost += layout.weight(bit);
        if (excess(tree, limits) > 0.0 || log2_cost >= least) continue;
        least = log2_cost;
        result.pairs = reduced.expand(tree.pairs(), network.size());
        result.sliced.clear();
        for (const std::size_t bit : sliced) result.sliced.push_back(layout.index(bit));
    }
}

/// Sweeps of annealing that take a twentieth of the time in which the path would be executed, and at most seconds:
/// moves take about 40 ns, a multiplication in small tensors half a nanosecond.
double worthwhile_sweeps(const Network& network, double log2_flops) {
    const double nanoseconds = 0.05 * 0.5 * std::exp2(std::min(log2_flops, 60.0));
    return std::min(nanoseconds, 2e9) / (40.0 * static_cast<double>(network.size()));
}

/// A greedy path, and whatever more its cost makes worthwhile. A pure function of network and options.
void find_automatically(const Network& network, const PathOptions& options, Control& control, ContractionPath& result) {
    constexpr double sweeps_of_trial =
        1500.0;  // 500, and as many again in each continuation of a quarter of the trials
    constexpr std::int32_t always_optimal = 8;
    if (network.size() <= always_optimal) {
        result.pairs = optimal_pairs(network, options);
        return;
    }
    result.pairs = reduced_greedy_pairs(network, options.seed);
    const PathCost cost = pairs_cost(network, result.pairs, {});
    double sweeps = worthwhile_sweeps(network, cost.log10_flops / std::log10(2.0));
    const Limits limits = log2_limits(options);
    if (cost.log2_largest > limits.largest || cost.log2_peak > limits.peak)
        sweeps = std::max(sweeps, 4 * sweeps_of_trial);
    if (sweeps < 100.0) return;
    if (network.size() <= SubsetOptimizer::most_leaves) {
        result.pairs = optimal_pairs(network, options);
        return;
    }
    Effort effort;
    effort.trials = static_cast<std::int64_t>(std::clamp(sweeps / sweeps_of_trial, 1.0, 64.0));
    effort.sweeps = static_cast<std::int64_t>(std::min(sweeps / 3.0, 500.0));
    effort.workers = resolve_threads(options.threads);
    result.pairs = searched_pairs(network, options, effort, control, result.sliced);
}

void find_pairs(const Network& network, const PathOptions& options, Control& control, ContractionPath& result) {
    const bool small = network.size() <= SubsetOptimizer::most_leaves;
    if (options.method == PathMethod::automatic) {
        find_automatically(network, options, control, result);
    } else if (options.method == PathMethod::greedy) {
        result.pairs = reduced_greedy_pairs(network, options.seed);
        slice_greedy_paths(network, options, result);
    } else if (options.method == PathMethod::optimal || small) {
        result.pairs = optimal_pairs(network, options);
    } else {
        Effort effort;
        if (!options.seconds) effort.trials = options.trials.value_or(64);
        effort.workers = resolve_threads(options.threads);
        result.pairs = searched_pairs(network, options, effort, control, result.sliced);
    }
    obey_limits(network, options, result);
}

}  // namespace

ContractionPath slice_path(const NetworkShape& shape, const SsaPath& pairs, const PathOptions& options) {
    check_options(options);
    ContractionPath result{pairs, {}, path_cost(shape, pairs, {})};
    const Limits limits = log2_limits(options);
    if (!limits.any() || pairs.empty()) return result;
    if (result.cost.log2_largest <= limits.largest && result.cost.log2_peak <= limits.peak) return result;
    obey_limits(make_network(shape), options, result);
    result.cost = path_cost(shape, result.pairs, result.sliced);
    return result;
}

ContractionPath find_path(const NetworkShape& shape, const PathOptions& options, const PathPoll& poll) {
    check_options(options);
    const Network network = make_network(shape);
    Control control(options.seconds, poll);
    ContractionPath result;
    if (network.size() >= 2) find_pairs(network, options, control, result);
    result.cost = path_cost(shape, result.pairs, result.sliced);
    return result;
}

}  // namespace kadanoff
