#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kadanoff/lattice/lattice.hpp"

namespace kadanoff {

/// The sites (y, x), (y, x + 1), (y + 1, x + 1), (y + 1, x).
using Plaquette = std::array<std::int64_t, 4>;

/// The whole plaquettes of a square lattice, in the order of (y, x). A periodic extent of 2 has each twice along it.
std::vector<Plaquette> plaquettes(const Lattice& lattice);

/// Pairs of sites that share a plaquette, each once.
std::vector<Bond> plaquette_conflicts(const Lattice& lattice);

}  // namespace kadanoff
