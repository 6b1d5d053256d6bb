#include "kernels/simd_real_avx512.hpp"

#include "kernels/permute_inl.hpp"

namespace kadanoff {

PermuteKernel avx512_permute(int bytes) noexcept { return select_permute<Avx512Mover>(bytes); }

}  // namespace kadanoff
