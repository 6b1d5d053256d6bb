#pragma once

#include <cstdint>

#include "kadanoff/tempering.hpp"

namespace kadanoff {

/// Copies of the set of temperatures among so many walkers. Throws InvalidArgument unless the options serve them.
std::int64_t checked_copies(std::int64_t walkers, const TemperingOptions& options);

/// Everyone where it begins, nothing counted, no energy found.
TemperingState initial_state(std::int64_t temperatures, std::int64_t copies, std::int64_t sites);

/// Throws InvalidArgument unless `state` is one of the tempering that began as `initial`, in round `round`.
void check_state(const TemperingState& state, const TemperingState& initial, const Model& model, std::int64_t round);

}  // namespace kadanoff
