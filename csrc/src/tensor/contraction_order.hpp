#pragma once

#include <bitset>
#include <cstdint>
#include <utility>
#include <vector>

#include "kadanoff/tensor/einsum.hpp"

namespace kadanoff::tensor {

/// Labels that a tensor has: 52 letters, and 64 axes of an ellipsis.
using LabelSet = std::bitset<128>;

/// Pairs of numbers of operands (0 ... n - 1) and of earlier results (n, n + 1, ...).
using PairOrder = std::vector<std::pair<int, int>>;

/// Tensors to contract into one.
struct OrderProblem {
    std::vector<LabelSet> operands;
    LabelSet output;
    std::vector<std::int64_t> extents;  ///< by label

    double volume(const LabelSet& labels) const;
};

/// The pairs in which to contract. Throws InvalidArgument if the path's groups do not make one tensor of the operands.
PairOrder contraction_order(const OrderProblem& problem, const EinsumPath& path);

/// The order of fewest operations: dynamic programming over subsets. At most 31 operands, in time 3^n.
PairOrder optimal_order(const OrderProblem& problem, double most_elements);

/// Contracts the pair whose result grows the least over its operands, again and again.
PairOrder greedy_order(const OrderProblem& problem, double most_elements);

}  // namespace kadanoff::tensor
