#include "kernels/simd_avx2.hpp"

#include "kernels/potts_inl.hpp"

namespace kadanoff {

PottsKernel avx2_potts(bool metropolis, bool direct) noexcept { return select_potts<Avx2Ops>(metropolis, direct); }

}  // namespace kadanoff
