#include "kadanoff/rng/word_ops.hpp"

#include "kernels/clusters_inl.hpp"

namespace kadanoff {

ClusterKernel scalar_clusters() noexcept { return make_kernel<WordOps>(); }

}  // namespace kadanoff
