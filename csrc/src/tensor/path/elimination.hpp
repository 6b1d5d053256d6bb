#pragma once

#include "tensor/path/network.hpp"
#include "tensor/path/random.hpp"

namespace kadanoff::paths {

/// Sums indices one after another, each by contracting all tensors that have it: the one with the smallest result
/// first, but for Boltzmann noise of `temperature` on its logarithm (variable elimination). Good where indices are in
/// many tensors, of which pairs tell little.
void contract_by_elimination(Contraction& contraction, double temperature, Random& random);

}  // namespace kadanoff::paths
