#pragma once

#include "tensor/path/network.hpp"
#include "tensor/path/random.hpp"

namespace kadanoff::paths {

/// Lets one tensor take in its neighbours, always the one that leaves it smallest, but for Boltzmann noise of
/// `temperature` on that logarithm; of equal ones the one that has become a neighbour last. It begins at an end of the
/// network: a lattice is swept row by row. The first tensor is drawn if `temperature` is positive.
void contract_by_growth(Contraction& contraction, double temperature, Random& random);

}  // namespace kadanoff::paths
