namespace kadanoff {
namespace {

/// Bytes of a register.
constexpr int network_bytes = 32;

}  // namespace
}  // namespace kadanoff

#include "kernels/network_inl.hpp"

namespace kadanoff {

NetworkKernel avx2_network(DType dtype) noexcept { return select_network(dtype); }

}  // namespace kadanoff
