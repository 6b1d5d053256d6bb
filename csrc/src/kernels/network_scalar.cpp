namespace kadanoff {
namespace {

/// Bytes of a register.
constexpr int network_bytes = 16;

}  // namespace
}  // namespace kadanoff

#include "kernels/network_inl.hpp"

namespace kadanoff {

NetworkKernel scalar_network(DType dtype) noexcept { return select_network(dtype); }

}  // namespace kadanoff
