#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tensor/path/control.hpp"
#include "tensor/path/slice.hpp"
#include "tensor/path/tree.hpp"

namespace kadanoff::paths {

/// How a tree is begun, before it is annealed.
struct StartParameters {
    enum class Kind { greedy, elimination, growth, bisection } kind = Kind::greedy;
    double weight = 1.0, temperature = 0.0;  ///< of greedy choices
    double imbalance = 0.1;                  ///< of recursive bisection
    double heat = 1.0, cold = 10.0;          ///< inverse temperatures between which the tree is annealed
};

/// What is asked of a search.
struct Effort {
    std::optional<std::int64_t> trials;  ///< none: until control says stop
    std::int64_t sweeps = 500;           ///< of the first annealing of each trial
    int workers = 1;
};

/// A tree that a trial found, its slicing, and log2 of its cost.
struct Candidate {
    Tree::Shape shape;
    std::vector<std::size_t> sliced;
    double cost = std::numeric_limits<double>::infinity();
    StartParameters start;
};

/// Trials in rounds: each begins trees, anneals them, and the best of the round longer, at rising length. What a trial
/// does depends on the seed, its number and earlier rounds alone.
class TrialSearch {
public:
    TrialSearch(const Network& network, const BitLayout& layout, PathObjective objective, const Limits& limits,
                std::uint64_t seed);

    /// `network` has at least 3 tensors.
    Candidate run(const Effort& effort, Control& control);

private:
    void run_round(const Effort& effort, std::int64_t first, std::int64_t count, std::int64_t sweeps, Control& control);
    void begin(std::int64_t trial, std::int64_t sweeps, Candidate& result, Control& control) const;
    void continue_annealing(std::int64_t trial, std::int64_t sweeps, Candidate& result, Control& control) const;
    StartParameters choose_start(std::int64_t trial, Random& random) const;
    SsaPath start(const StartParameters& parameters, Random& random) const;
    /// Polishes a tree that is sliced already as `sliced` says, slices it further, and keeps it if it is better than
    /// the result so far.
    void conclude(Tree& tree, std::vector<std::size_t> sliced, Random& random, Candidate& result,
                  Control& control) const;
    void remember(const Candidate& candidate);

    const Network* network_;
    const BitLayout* layout_;
    NodeCost cost_, limited_cost_;
    Limits limits_;
    std::uint64_t seed_;
    std::vector<Candidate> best_;  ///< of all rounds, best first
};

}  // namespace kadanoff::paths
