#include "kernels/simd_avx512.hpp"

#include "kernels/clusters_inl.hpp"

namespace kadanoff {

ClusterKernel avx512_clusters() noexcept { return make_kernel<Avx512Ops>(); }

}  // namespace kadanoff
