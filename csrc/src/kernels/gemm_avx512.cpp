#include "kernels/simd_real_avx512.hpp"

#include "kernels/gemm_inl.hpp"

namespace kadanoff {

GemmKernel avx512_gemm(DType dtype) noexcept { return select_gemm<Avx512Real, Avx512Mover, 3, 8>(dtype); }

}  // namespace kadanoff
