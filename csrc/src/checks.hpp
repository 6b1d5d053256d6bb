#pragma once

#include <string>

#include "kadanoff/sampler.hpp"

namespace kadanoff {

/// Inverse temperatures and energies are far below this in any unit; beyond it their products lose meaning.
inline constexpr double largest_parameter = 1e12;

/// The shortest text that reads back as the number, as Python prints it.
std::string text(double value);

/// Throws InvalidArgument unless lattice, model and options belong together. Nothing behind it checks again.
void check_request(const Lattice& lattice, const Model& model, const SamplerOptions& options);

/// Throws InvalidArgument unless there is one inverse temperature in [0, 1e12] for each replica, or one for all.
void check_beta(const std::vector<double>& beta, std::int64_t replicas);

/// Throws InvalidArgument if the machine has less memory than `bytes`.
void check_memory(double bytes);

}  // namespace kadanoff
