#include "kernels/simd_avx2.hpp"

#include "kernels/plain_inl.hpp"

namespace kadanoff {

PlainKernel avx2_plain(int rule, bool direct) noexcept { return select_plain<Avx2Ops>(rule, direct); }

}  // namespace kadanoff
