#pragma once

#include <cstdint>

#include "kadanoff/update/gaussian_sweep.hpp"

namespace kadanoff {

/// The kernels of one instruction set: draw a layer of the chains [first, last).
struct GaussianKernel {
    void (*visible)(const GaussianJob& job, std::int64_t first, std::int64_t last) noexcept;
    void (*hidden)(const GaussianJob& job, std::int64_t first, std::int64_t last) noexcept;
};

GaussianKernel scalar_gaussian() noexcept;
GaussianKernel avx2_gaussian() noexcept;
GaussianKernel avx512_gaussian() noexcept;

}  // namespace kadanoff
