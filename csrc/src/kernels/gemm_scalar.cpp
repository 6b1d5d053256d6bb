#include "kernels/simd_real_scalar.hpp"

#include "kernels/gemm_inl.hpp"

namespace kadanoff {

GemmKernel scalar_gemm(DType dtype) noexcept { return select_gemm<ScalarReal, ScalarMover, 4, 4>(dtype); }

}  // namespace kadanoff
