#include "kernels/simd_pairs_avx2.hpp"

#include "kernels/rbm_inl.hpp"

namespace kadanoff {

RbmKernel avx2_rbm(bool fixed16) noexcept { return select_rbm_rows<Avx2PairOps, CubicLogistic<Avx2PairOps>>(fixed16); }

}  // namespace kadanoff
