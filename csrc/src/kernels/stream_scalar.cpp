#include "kernels/simd_real_scalar.hpp"

#include "kernels/stream_inl.hpp"

namespace kadanoff {

StreamKernel scalar_stream(DType dtype) noexcept { return select_stream<ScalarReal>(dtype); }

}  // namespace kadanoff
