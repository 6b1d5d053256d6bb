#pragma once

#include <cstdint>
#include <vector>

#include "tensor/path/network.hpp"

namespace kadanoff::paths {

/// A binary tree: leaves 0 ... leaves - 1, and log2 of the elements of every inner node's result.
struct OrderedTree {
    std::int32_t leaves, root;
    const std::vector<std::int32_t>&left, &right;
    const std::vector<double>& log2_size;
};

/// Its pairs, children before parents, in the depth-first order with the smallest peak of results that exist at once:
/// of two subtrees the one first that leaves more memory free (Liu, ACM Trans. Math. Softw. 12 (1986) 249). log2 of
/// the peak goes to `log2_peak`.
SsaPath order_pairs(const OrderedTree& tree, double& log2_peak);

/// The same pairs in that order.
SsaPath reorder(const Network& network, const SsaPath& pairs);

}  // namespace kadanoff::paths
