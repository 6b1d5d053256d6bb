#pragma once

#include <cstdint>
#include <vector>

#include "tensor/path/control.hpp"
#include "tensor/path/random.hpp"
#include "tensor/path/tree.hpp"

namespace kadanoff::paths {

/// Inverse temperatures, per bit of a rotation's cost, rise geometrically from `start` to `end`.
struct AnnealingSchedule {
    double start = 0.5, end = 30.0;
    std::int64_t sweeps = 100;  ///< of as many rotations as there are inner nodes
};

/// Simulated annealing of a contraction tree: a move turns ((a, b), c) into ((a, c), b), and is judged by the logarithm
/// of the cost of its two nodes, so that cheap parts of a tree are improved as dear ones are (Kalachev, Panteleev and
/// Yung, arXiv:2108.05665). Leaves the best tree that was seen; stops early when `control` says so.
void anneal(Tree& tree, const NodeCost& cost, const AnnealingSchedule& schedule, Random& random, Control& control);

}  // namespace kadanoff::paths
