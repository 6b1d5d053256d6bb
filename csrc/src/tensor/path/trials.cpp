#include "tensor/path/trials.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <mutex>
#include <utility>

#include "parallel.hpp"
#include "tensor/path/anneal.hpp"
#include "tensor/path/elimination.hpp"
#include "tensor/path/greedy.hpp"
#include "tensor/path/growth.hpp"
#include "tensor/path/optimal.hpp"
#include "tensor/path/partition.hpp"

namespace kadanoff::paths {

namespace {

constexpr std::int64_t round_trials = 16;
constexpr std::size_t kept = 8;
constexpr int subtree_leaves = 8;
constexpr std::int64_t slicing_steps = 24;  ///< in which a sliced tree is annealed again

/// Calls task(i) for i < count on several threads; what one of them throws is thrown here.
template <class Task>
void for_each(int workers, std::int64_t count, Task task) {
    std::atomic<std::int64_t> next{0};
    std::exception_ptr failure;
    std::mutex mutex;
    run_parallel(static_cast<int>(std::min<std::int64_t>(workers, count)), [&](int) {
        try {
            for (std::int64_t i = next++; i < count; i = next++) task(i);
        } catch (...) {
            const std::lock_guard lock(mutex);
            failure = std::current_exception();
            next = count;
        }
    });
    if (failure) std::rethrow_exception(failure);
}

}  // namespace

TrialSearch::TrialSearch(const Network& network, const BitLayout& layout, PathObjective objective, const Limits& limits,
                         std::uint64_t seed)
    : network_(&network), layout_(&layout), cost_(node_cost(objective)), limits_(limits), seed_(seed) {
    limited_cost_ = limited(cost_, limits);
}

StartParameters TrialSearch::choose_start(std::int64_t trial, Random& random) const {
    StartParameters parameters;
    if (trial == 0) return parameters;
    if (trial == 1) return {.kind = StartParameters::Kind::elimination};
    if (trial == 2) return {.kind = StartParameters::Kind::growth};
    if (!best_.empty() && random.uniform() < 0.5) {
        parameters = best_[random.below(static_cast<std::uint32_t>(best_.size()))].start;
        parameters.weight *= random.uniform(0.8, 1.25);
        parameters.temperature *= random.uniform(0.5, 2.0);
        parameters.imbalance = std::min(0.9, parameters.imbalance * random.uniform(0.7, 1.4));
        parameters.heat = std::clamp(parameters.heat * random.uniform(0.7, 1.4), 0.4, 4.0);
        parameters.cold = std::clamp(parameters.cold * random.uniform(0.7, 1.4), 4.0, 20.0);
        return parameters;
    }
    const double kind = random.uniform();
    parameters.kind = kind < 0.1   ? StartParameters::Kind::greedy
                      : kind < 0.2 ? StartParameters::Kind::elimination
                      : kind < 0.3 ? StartParameters::Kind::growth
                                   : StartParameters::Kind::bisection;
    parameters.weight = random.uniform(0.2, 1.5);
    parameters.temperature = std::exp(random.uniform(std::log(0.01), 0.0));
    parameters.imbalance = std::exp(random.uniform(std::log(0.02), std::log(0.8)));
    parameters.heat = std::exp(random.uniform(std::log(0.5), std::log(4.0)));
    parameters.cold = std::exp(random.uniform(std::log(5.0), std::log(15.0)));
    return parameters;
}

SsaPath TrialSearch::start(const StartParameters& parameters, Random& random) const {
    Contraction contraction(*network_);
    switch (parameters.kind) {
        case StartParameters::Kind::greedy:
            contract_greedily(contraction, {parameters.weight, parameters.temperature}, random);
            break;
        case StartParameters::Kind::elimination:
            contract_by_elimination(contraction, parameters.temperature, random);
            break;
        case StartParameters::Kind::growth: contract_by_growth(contraction, parameters.temperature, random); break;
        case StartParameters::Kind::bisection: contract_by_bisection(contraction, parameters.imbalance, random); break;
    }
    return contraction.pairs();
}

void TrialSearch::conclude(Tree& tree, std::vector<std::size_t> sliced, Random& random, Candidate& result,
                           Control& control) const {
    Reconfiguration reconfiguration(*layout_, sliced.empty() ? cost_ : limited_cost_, subtree_leaves);
    while (!control.stopped() && reconfiguration.round(tree)) {
    }
    if (limits_.any()) {
        const auto refine = [&](Tree& t) {
            anneal(t, limited_cost_, {.start = 3.0, .end = 30.0, .sweeps = 60}, random, control);
        };
        slice_greedily(tree, limits_, 0.02, random, refine, sliced);
        if (excess(tree, limits_) > 0.0) return;
    }
    double cost = tree.log2_cost(cost_);
    for (const std::size_t bit : sliced) cost += layout_->weight(bit);
    if (cost >= result.cost) return;
    result.cost = cost;
    result.shape = tree.shape();
    result.sliced = std::move(sliced);
}

void TrialSearch::begin(std::int64_t trial, std::int64_t sweeps, Candidate& result, Control& control) const {
    Random random(seed_, static_cast<std::uint64_t>(trial), 0);
    result.start = choose_start(trial, random);
    Tree tree(*network_, *layout_, start(result.start, random));
    NodeCost cost = limited_cost_;
    cost.penalty *= 0.5 * random.uniform();  // slices will do the rest
    anneal(tree, cost, {.start = result.start.heat, .end = result.start.cold, .sweeps = sweeps}, random, control);
    conclude(tree, {}, random, result, control);
}

void TrialSearch::continue_annealing(std::int64_t trial, std::int64_t sweeps, Candidate& result,
                                     Control& control) const {
    Random random(seed_, static_cast<std::uint64_t>(trial), 1);
    Contraction contraction(*network_);
    contraction.finish();
    const SsaPath any = contraction.pairs();
    const std::int64_t steps = result.sliced.empty() ? 1 : slicing_steps;
    for (std::int64_t step = 0; step < steps && !control.stopped(); ++step) {
        Tree tree(*network_, *layout_, any);
        tree.set_shape(result.shape);
        std::vector<std::size_t> sliced = result.sliced;
        const double share = 0.5 * random.uniform();  // of the slices to give back: others may be better
        std::erase_if(sliced, [&](std::size_t) { return random.uniform() < share; });
        for (const std::size_t bit : sliced) tree.slice(bit);
        const double end = result.start.cold * (sliced.empty() ? 1.0 : 2.0);
        anneal(tree, limited_cost_, {.start = random.uniform(0.7, 3.0), .end = end, .sweeps = sweeps / steps}, random,
               control);
        conclude(tree, std::move(sliced), random, result, control);
    }
}

void TrialSearch::remember(const Candidate& candidate) {
    if (candidate.shape.root < 0) return;
    best_.push_back(candidate);
    std::ranges::stable_sort(best_, {}, &Candidate::cost);
    if (best_.size() > kept) best_.pop_back();
}

void TrialSearch::run_round(const Effort& effort, std::int64_t first, std::int64_t count, std::int64_t sweeps,
                            Control& control) {
    std::vector<Candidate> candidates(static_cast<std::size_t>(count));
    for_each(effort.workers, count,
             [&](std::int64_t i) { begin(first + i, sweeps, candidates[static_cast<std::size_t>(i)], control); });
    for (std::int64_t left = (count + 3) / 4, factor = 4; factor <= 16; left = (left + 3) / 4, factor *= 4) {
        std::ranges::stable_sort(candidates, {}, &Candidate::cost);
        for_each(effort.workers, left, [&](std::int64_t i) {
            Candidate& candidate = candidates[static_cast<std::size_t>(i)];
            if (control.stopped() || candidate.shape.root < 0) return;
            continue_annealing(first * factor + i, factor * sweeps, candidate, control);
        });
    }
    for (const Candidate& candidate : candidates) remember(candidate);
}

Candidate TrialSearch::run(const Effort& effort, Control& control) {
    std::int64_t done = 0, sweeps = effort.sweeps;
    while (!control.stopped() && (!effort.trials || done < *effort.trials)) {
        const std::int64_t left = effort.trials ? *effort.trials - done : round_trials;
        const std::int64_t count = std::min(left, round_trials);
        run_round(effort, done, count, sweeps, control);
        done += count;
        if (!effort.trials) sweeps *= 2;
    }
    return best_.empty() ? Candidate{} : best_.front();
}

}  // namespace kadanoff::paths
