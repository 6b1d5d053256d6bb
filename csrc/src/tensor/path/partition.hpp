#pragma once

#include "tensor/path/network.hpp"
#include "tensor/path/random.hpp"

namespace kadanoff::paths {

/// Contracts what lies on either side of a small cut, and so on in each half, and then the two results (Gray and
/// Kourtis, Quantum 5 (2021) 410, section 4.2); few tensors are contracted greedily.
void contract_by_bisection(Contraction& contraction, double imbalance, Random& random);

}  // namespace kadanoff::paths
