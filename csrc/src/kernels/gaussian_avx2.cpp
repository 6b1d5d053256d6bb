#include "kernels/simd_avx2.hpp"

#include "kernels/gaussian_inl.hpp"

namespace kadanoff {

GaussianKernel avx2_gaussian() noexcept { return select_gaussian<Avx2Ops>(); }

}  // namespace kadanoff
