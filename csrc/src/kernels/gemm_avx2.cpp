#include "kernels/simd_real_avx2.hpp"

#include "kernels/gemm_inl.hpp"

namespace kadanoff {

GemmKernel avx2_gemm(DType dtype) noexcept { return select_gemm<Avx2Real, Avx2Mover, 2, 6>(dtype); }

}  // namespace kadanoff
