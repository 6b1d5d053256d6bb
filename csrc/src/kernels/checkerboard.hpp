#pragma once

#include <cstdint>

#include "kadanoff/update/checkerboard_sweep.hpp"

namespace kadanoff {

/// The checkerboard kernels of one instruction set, for one lattice, rule and symmetry.
struct CheckerboardKernel {
    /// Updates the units [first, last) of each of `count` jobs, which share layout, sweep and colour.
    void (*update)(const HalfSweep* jobs, std::int64_t count, std::int64_t first, std::int64_t last) noexcept;
    SpinSums (*measure)(const CheckerboardLayout& layout, const std::uint32_t* own, const std::uint32_t* other,
                        std::int64_t first, std::int64_t last) noexcept;
    std::int64_t units_per_stripe;
};

/// What to run: positions in registry.hpp's Lattices and Rules, and whether the model has no field.
struct KernelChoice {
    int lattice;
    int rule;
    bool symmetric;
};

CheckerboardKernel scalar_checkerboard(KernelChoice choice) noexcept;
CheckerboardKernel avx2_checkerboard(KernelChoice choice) noexcept;
CheckerboardKernel avx512_checkerboard(KernelChoice choice) noexcept;

}  // namespace kadanoff
