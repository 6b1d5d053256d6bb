#pragma once

#include <string>

namespace kadanoff {

enum class Device { cpu, cuda };

/// Whether the library was built with CUDA.
bool built_with_cuda() noexcept;

/// Name of the first CUDA device; empty if there is none or no CUDA in the build.
std::string cuda_device_name();

}  // namespace kadanoff
