#pragma once

#include <string>
#include <vector>

namespace kadanoff {

enum class Isa { scalar, avx2, avx512 };

/// "scalar", "avx2" or "avx512".
const char* name(Isa isa) noexcept;

/// What this build holds and this machine can run, slowest first.
std::vector<Isa> available_isas();

/// The fastest available one, or what the environment variable KADANOFF_ISA names.
/// Throws InvalidArgument for an unknown name and Unavailable for one that cannot run here.
Isa active_isa();

}  // namespace kadanoff
