#include "kernels/simd_real_avx2.hpp"

#include "kernels/permute_inl.hpp"

namespace kadanoff {

PermuteKernel avx2_permute(int bytes) noexcept { return select_permute<Avx2Mover>(bytes); }

}  // namespace kadanoff
