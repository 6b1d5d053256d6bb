#include "kernels/simd_avx512.hpp"

#include "kernels/potts_inl.hpp"

namespace kadanoff {

PottsKernel avx512_potts(bool metropolis, bool direct) noexcept { return select_potts<Avx512Ops>(metropolis, direct); }

}  // namespace kadanoff
