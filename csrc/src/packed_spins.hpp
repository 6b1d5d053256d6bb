#pragma once

#include <cstdint>
#include <vector>

#include "kadanoff/sampler.hpp"

namespace kadanoff {

// Packed spins are (replica, colour, plane, row, word), bit j % 32 of word j / 32 holding the j-th site of the
// colour in its row: the rows of CheckerboardLayout without ghosts.

std::int64_t packed_size(const std::vector<std::int64_t>& extents, std::int64_t replicas);

/// Whether all bits that are no sites are 0.
bool padding_is_clear(const std::vector<std::int64_t>& extents, std::int64_t replicas, const std::uint32_t* words);

/// From +-1 in site order.
std::vector<std::uint32_t> pack(const std::vector<std::int64_t>& extents, std::int64_t replicas,
                                const std::int8_t* spins);

/// The state at sweep 0 of the checkerboard kernel.
std::vector<std::uint32_t> initial_spins(const Lattice& lattice, const UniformIsing& model,
                                         const SamplerOptions& options);

}  // namespace kadanoff
