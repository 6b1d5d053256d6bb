#include "kernels/simd_real_avx2.hpp"

#include "kernels/stream_inl.hpp"

namespace kadanoff {

StreamKernel avx2_stream(DType dtype) noexcept { return select_stream<Avx2Real>(dtype); }

}  // namespace kadanoff
