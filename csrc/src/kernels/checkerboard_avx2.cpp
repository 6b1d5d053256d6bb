#include "kernels/simd_avx2.hpp"

#include "kernels/checkerboard_inl.hpp"

namespace kadanoff {

CheckerboardKernel avx2_checkerboard(KernelChoice choice) noexcept { return select_kernel<Avx2Ops>(choice); }

}  // namespace kadanoff
