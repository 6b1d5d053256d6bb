#pragma once

/// The one place that states the version; CMake and pyproject.toml read it from here.
#define KADANOFF_VERSION "0.1.0"

/// Version of the random-number contract (docs/random_numbers.md). It changes when a trajectory changes.
#define KADANOFF_RNG_VERSION 1

#if defined(__CUDACC__)
#define KADANOFF_HOST_DEVICE __host__ __device__
#else
#define KADANOFF_HOST_DEVICE
#endif

// Leaves must never be emitted out of line: an out-of-line copy compiled for AVX-512 could be the one
// that the linker keeps for every caller.
#define KADANOFF_LEAF KADANOFF_HOST_DEVICE inline __attribute__((always_inline))

// Full unrolling of a loop with a constant trip count: what keeps an array of vectors in registers.
#if defined(__clang__) || defined(__CUDACC__)
#define KADANOFF_UNROLL _Pragma("unroll")
#else
#define KADANOFF_UNROLL _Pragma("GCC unroll 16")
#endif
