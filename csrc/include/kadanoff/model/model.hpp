#pragma once

#include <variant>

#include "kadanoff/model/ising.hpp"
#include "kadanoff/model/potts.hpp"

namespace kadanoff {

/// Every model: what a sampler can be asked to sample.
using Model = std::variant<Ising, Potts>;

}  // namespace kadanoff
