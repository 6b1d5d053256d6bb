#pragma once

#include <cmath>
#include <cstdint>

#include "kadanoff/update/probability.hpp"

namespace kadanoff {

/// ln of the ratio of Boltzmann weights after and before two systems exchange their temperatures (Hukushima and
/// Nemoto 1996, eq. 7); energies are those of whole systems.
inline double swap_drive(double beta_a, double energy_a, double beta_b, double energy_b) {
    return (beta_a - beta_b) * (energy_a - energy_b);
}

/// Whether a uniform 64-bit integer accepts a swap of probability min(1, exp(drive)): U <= threshold.
///
/// The threshold itself takes a microsecond and is computed only where exp() of the machine, with a margin far above
/// the error of any, cannot decide: the decision is the same on every machine.
inline bool accepts_swap(double drive, std::uint64_t uniform) {
    if (drive >= 0.0) return true;
    constexpr double margin = 1e-9;
    const double probability = std::exp(drive);
    const double drawn = std::ldexp(static_cast<double>(uniform), -64);
    const double smallest = std::ldexp(1.0, -60);
    if (drawn < probability * (1.0 - margin) - smallest) return true;
    if (drawn > probability * (1.0 + margin) + smallest) return false;
    return uniform <= threshold(exp_minus(-drive));
}

}  // namespace kadanoff
