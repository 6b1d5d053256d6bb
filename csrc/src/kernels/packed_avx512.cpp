#include "kernels/simd_avx512.hpp"

#include "kernels/packed_inl.hpp"

namespace kadanoff {

PackedKernel avx512_packed(PackedChoice choice) noexcept { return select_packed<Avx512Ops>(choice); }

PackedCount avx512_packed_count(bool direct) noexcept { return select_packed_count<Avx512Ops>(direct); }

}  // namespace kadanoff
