#pragma once

#include <cstdint>
#include <vector>

#include "kadanoff/lattice/lattice.hpp"

namespace kadanoff {

/// A colour below `colours` for every site; neighbours differ.
struct Colouring {
    std::vector<std::uint32_t> colour;
    std::uint32_t colours = 0;
};

/// The fewest colours where the lattice is known to need that many or two suffice, else those that DSATUR (Brelaz,
/// Comm. ACM 22 (1979) 251) finds. A pure function of sites and bonds: trajectories depend on it. Even periodic
/// hypercubic lattices get (x + y + ...) % 2. Throws InvalidArgument beyond 2^31 sites.
Colouring colour(const Lattice& lattice);

}  // namespace kadanoff
