#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <vector>

#include "tensor/path/random.hpp"
#include "tensor/path/tree.hpp"

namespace kadanoff::paths {

/// log2 of elements.
struct Limits {
    double largest = std::numeric_limits<double>::infinity();
    double peak = std::numeric_limits<double>::infinity();

    bool any() const { return largest < std::numeric_limits<double>::infinity() || peak < largest; }
};

/// A cost that makes nodes above the limits dear, so that trees are made for slicing.
NodeCost limited(NodeCost cost, const Limits& limits);

/// By how many bits a tree is above the limits; <= 0 if it obeys them.
double excess(const Tree& tree, const Limits& limits);

/// log2 of what slicing each bit multiplies the flops of the tree by; NaN where the bit is nowhere.
std::vector<double> slicing_overheads(const Tree& tree);

/// Slices one bit after another until the tree obeys the limits, or nothing is left that would make it smaller. A bit
/// is one of the largest result's, and the one that costs least for its size, but for noise of `temperature`. `refine`
/// is called after each one and may change the shape of the tree.
void slice_greedily(Tree& tree, const Limits& limits, double temperature, Random& random,
                    const std::function<void(Tree&)>& refine, std::vector<std::size_t>& sliced);

}  // namespace kadanoff::paths
