namespace kadanoff {
namespace {
constexpr int stream_vector_bytes = 16;
}
}  // namespace kadanoff

#include "kernels/stream_inl.hpp"

namespace kadanoff {

StreamKernel scalar_stream(DType dtype) noexcept { return select_stream(dtype); }

}  // namespace kadanoff
