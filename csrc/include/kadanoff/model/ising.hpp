#pragma once

#include <cmath>

#include "kadanoff/model/values.hpp"

namespace kadanoff {

/// H = -sum_<ij> J_ij s_i s_j - sum_i h_i s_i - K sum_plaquettes s s s s, with s = +-1.
struct Ising {
    Values coupling = 1.0;   ///< J: one for all bonds, or one per bond in the order of Lattice::bonds
    Values field = 0.0;      ///< h: one for all sites, or one per site
    double plaquette = 0.0;  ///< K; on a square lattice only
};

/// The Ising model with one coupling and one field, as the bit-sliced kernels see it.
struct UniformIsing {
    double coupling = 1.0;
    double field = 0.0;

    /// The field that a spin feels from `up` of its `coordination` neighbours pointing up; its energy is
    /// minus spin times this.
    double local_field(int up, int coordination) const {
        return std::fma(coupling, static_cast<double>(2 * up - coordination), field);
    }
};

}  // namespace kadanoff
