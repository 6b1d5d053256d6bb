#include "kernels/simd_avx2.hpp"

#include "kernels/packed_inl.hpp"

namespace kadanoff {

PackedKernel avx2_packed(PackedChoice choice) noexcept { return select_packed<Avx2Ops>(choice); }

PackedCount avx2_packed_count(bool direct) noexcept { return select_packed_count<Avx2Ops>(direct); }

}  // namespace kadanoff
