#pragma once

#include "tensor/path/network.hpp"
#include "tensor/path/random.hpp"

namespace kadanoff::paths {

/// Of Gray and Kourtis, Quantum 5 (2021) 410, section 4.1.
struct GreedyParameters {
    double weight = 1.0;       ///< of the operands' sizes against the result's
    double temperature = 0.0;  ///< of the Boltzmann noise on the logarithm of a pair's score
};

/// Contracts, again and again, the connected pair with the smallest size(result) - weight (size(a) + size(b)), and at
/// last what has no index in common.
void contract_greedily(Contraction& contraction, const GreedyParameters& parameters, Random& random);

/// Contracts tensors into neighbours that do not grow by it: scalars, vectors, matrices between larger tensors, and
/// tensors whose indices another has as well.
void absorb_small_tensors(Contraction& contraction);

}  // namespace kadanoff::paths
