#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "kadanoff/rbm.hpp"

namespace kadanoff {

/// Units of the smaller layer of a machine whose states can still be enumerated.
inline constexpr std::int64_t max_enumerated_units = 24;

/// ln Z = ln(sum of exp(-beta E) over all states), from every state of the smaller layer, in float64: the same bits for
/// any number of threads (0: one per core). Nothing if `poll` stopped it; it is asked about every 50 ms.
/// Throws InvalidArgument where the smaller layer has more than `max_enumerated_units` units, and as GibbsSampler.
std::optional<double> log_partition(const Rbm& rbm, double beta, int threads, const std::function<bool()>& poll = {});

/// For each of `samples` states, bytes (sample, visible unit) of 0 for the lower value of a unit and 1 for the higher
/// one: the sum over all visible units of ln p(unit | all other visible units) at beta = 1, in float64.
/// Throws InvalidArgument as GibbsSampler.
void pseudo_likelihood(const Rbm& rbm, const std::uint8_t* bits, std::int64_t samples, int threads, double* out);

}  // namespace kadanoff
