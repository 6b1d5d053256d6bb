#pragma once

#include <cuda_runtime_api.h>

#include <string>

#include "kadanoff/error.hpp"

namespace kadanoff::cuda {

/// Throws Error with the text of a failed CUDA call.
inline void check(cudaError_t status, const char* what) {
    if (status != cudaSuccess) {
        throw Error(std::string("[cuda] expected success of ") + what + ", got: " + cudaGetErrorString(status));
    }
}

/// Checks the launch just made.
inline void check_launch(const char* kernel) { check(cudaGetLastError(), kernel); }

}  // namespace kadanoff::cuda
