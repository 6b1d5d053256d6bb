#include "kernels/simd_avx512.hpp"

#include "kernels/checkerboard_inl.hpp"

namespace kadanoff {

CheckerboardKernel avx512_checkerboard(KernelChoice choice) noexcept { return select_kernel<Avx512Ops>(choice); }

}  // namespace kadanoff
