#pragma once

#include "kadanoff/tensor/network.hpp"

namespace kadanoff::networks {

/// The order in which a large tensor takes up small ones in groups, where that saves passes over memory: (A b) c
/// becomes A (b c), if reading and writing another large tensor costs more than the additional multiplications.
NetworkOrder regroup(const NetworkEquation& equation, const NetworkOrder& order, DType dtype);

}  // namespace kadanoff::networks
