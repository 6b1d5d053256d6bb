#include "kernels/simd_real_scalar.hpp"

#include "kernels/permute_inl.hpp"

namespace kadanoff {

PermuteKernel scalar_permute(int bytes) noexcept { return select_permute<ScalarMover>(bytes); }

}  // namespace kadanoff
