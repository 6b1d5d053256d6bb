#include "kernels/simd_avx2.hpp"

#include "kernels/clusters_inl.hpp"

namespace kadanoff {

ClusterKernel avx2_clusters() noexcept { return make_kernel<Avx2Ops>(); }

}  // namespace kadanoff
