#pragma once

#include "kadanoff/model/values.hpp"

namespace kadanoff {

/// H = -sum_<ij> J_ij delta(s_i, s_j), with s = 0 ... states - 1 (Potts 1952).
struct Potts {
    int states = 3;         ///< 2 to 256
    Values coupling = 1.0;  ///< J: one for all bonds, or one per bond
};

}  // namespace kadanoff
