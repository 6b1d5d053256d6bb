#include "kernels/simd_avx512.hpp"

#include "kernels/plain_inl.hpp"

namespace kadanoff {

PlainKernel avx512_plain(int rule, bool direct) noexcept { return select_plain<Avx512Ops>(rule, direct); }

}  // namespace kadanoff
