#pragma once

#include <cmath>

namespace kadanoff {

/// H = -coupling sum_<ij> s_i s_j - field sum_i s_i, with s = +-1.
struct Ising {
    double coupling = 1.0;
    double field = 0.0;

    /// The field that a spin feels from `up` of its `coordination` neighbours pointing up; its energy is
    /// minus spin times this.
    double local_field(int up, int coordination) const {
        return std::fma(coupling, static_cast<double>(2 * up - coordination), field);
    }
};

}  // namespace kadanoff
