#include "kernels/simd_real_avx2.hpp"

#include "kernels/sum_inl.hpp"

namespace kadanoff {

SumKernel avx2_sum(bool single) noexcept { return select_sum<Avx2Real>(single); }

}  // namespace kadanoff
