#include "kernels/simd_real_scalar.hpp"

#include "kernels/sum_inl.hpp"

namespace kadanoff {

SumKernel scalar_sum(bool single) noexcept { return select_sum<ScalarReal>(single); }

}  // namespace kadanoff
