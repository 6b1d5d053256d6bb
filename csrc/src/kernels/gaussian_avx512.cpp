#include "kernels/simd_avx512.hpp"

#include "kernels/gaussian_inl.hpp"

namespace kadanoff {

GaussianKernel avx512_gaussian() noexcept { return select_gaussian<Avx512Ops>(); }

}  // namespace kadanoff
