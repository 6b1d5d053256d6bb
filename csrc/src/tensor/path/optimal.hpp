#pragma once

#include <cstdint>
#include <vector>

#include "tensor/path/tree.hpp"

namespace kadanoff::paths {

/// The best binary tree over a few tensors, outer products included: dynamic programming over all subsets, with 3^n / 2
/// splits in all.
///
/// The legs of a subset S are the indices that it touches but for those that it closes (has all tensors of). With f(S)
/// and g(S) the logarithms of the products of both, a split costs 2^(f(S) - g(S1) - g(S2)) multiplications: one product
/// of three numbers, whatever hyper-edges there are.
class SubsetOptimizer {
public:
    static constexpr int most_leaves = 14;

    SubsetOptimizer(const BitLayout& layout, const NodeCost& cost)
        : layout_(&layout), cost_(cost), members_(layout.bits(), 0) {}

    /// Returns log2 of the cost of the best tree over `leaves`, sets of layout().words() words each, of which others
    /// have those in `outside` as well. Costs far above 2^bound are not told apart.
    double solve(const std::vector<const std::uint64_t*>& leaves, const std::uint64_t* outside, double bound);

    /// That tree's pairs.
    const SsaPath& pairs() const { return pairs_; }

private:
    using Subset = std::uint32_t;

    void weigh_subsets(const std::vector<const std::uint64_t*>& leaves, const std::uint64_t* outside);
    void add_index(std::size_t bit, bool outside);
    void make_factors(double bound);
    void search_splits();
    std::int32_t write_pairs(Subset subset);

    const BitLayout* layout_;
    NodeCost cost_;
    int count_ = 0;
    std::vector<Subset> members_;          ///< of a bit: the leaves that have it
    std::vector<std::size_t> bits_;        ///< those that a leaf has
    std::vector<double> inside_, closed_;  ///< of a subset: weight of what no other leaf has, and no one at all
    std::vector<double> share_;            ///< of a leaf: its share of the weights, so that factors stay small
    std::vector<double> touch_factor_, leg_factor_;  ///< of a subset: 2^f, 2^-g
    std::vector<double> extra_, best_;
    std::vector<Subset> split_;
    SsaPath pairs_;
};

/// Replaces subtrees by the best ones over the same leaves.
class Reconfiguration {
public:
    Reconfiguration(const BitLayout& layout, const NodeCost& cost, int leaves)
        : optimizer_(layout, cost), cost_(cost), leaves_(leaves) {}

    /// Tries the subtree of every node once. Returns whether the tree has become better.
    bool round(Tree& tree);

private:
    bool improve(Tree& tree, std::int32_t top);
    /// The leaves of a subtree, from `top` down along the costliest nodes; inner nodes go to `inner_`.
    void choose_subtree(const Tree& tree, std::int32_t top);
    void rewrite(Tree& tree, std::int32_t top);

    SubsetOptimizer optimizer_;
    NodeCost cost_;
    int leaves_;
    std::vector<std::int32_t> frontier_, inner_;
    std::vector<const std::uint64_t*> sets_;
    std::vector<std::uint64_t> legs_;
    std::vector<char> settled_;
};

}  // namespace kadanoff::paths
