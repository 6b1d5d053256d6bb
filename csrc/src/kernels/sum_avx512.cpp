#include "kernels/simd_real_avx512.hpp"

#include "kernels/sum_inl.hpp"

namespace kadanoff {

SumKernel avx512_sum(bool single) noexcept { return select_sum<Avx512Real>(single); }

}  // namespace kadanoff
