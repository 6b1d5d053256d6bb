#include "kernels/simd_real_avx512.hpp"

#include "kernels/stream_inl.hpp"

namespace kadanoff {

StreamKernel avx512_stream(DType dtype) noexcept { return select_stream<Avx512Real>(dtype); }

}  // namespace kadanoff
