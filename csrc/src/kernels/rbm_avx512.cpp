#include "kernels/simd_pairs_avx512.hpp"

#include "kernels/rbm_inl.hpp"

namespace kadanoff {

RbmKernel avx512_rbm(bool fixed16) noexcept { return select_rbm_registers<Avx512PairOps>(fixed16); }

}  // namespace kadanoff
