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

// Body of a lambda that must not be called out of line.
#define KADANOFF_INLINE_LAMBDA __attribute__((always_inline))

// Full unrolling of a loop with a constant trip count: what keeps an array of vectors in registers.
#if defined(__clang__) || defined(__CUDACC__)
#define KADANOFF_UNROLL _Pragma("unroll")
#else
#define KADANOFF_UNROLL _Pragma("GCC unroll 16")
#endif

namespace kadanoff {

/// body(0) ... body(Fixed - 1), unrolled; for Fixed = 0 a loop to `count`.
template <int Fixed, class Body>
KADANOFF_LEAF void repeat(int count, Body body) {
    if constexpr (Fixed > 0) {
        KADANOFF_UNROLL
        for (int i = 0; i < Fixed; ++i) body(i);
    } else {
        for (int i = 0; i < count; ++i) body(i);
    }
}

}  // namespace kadanoff
