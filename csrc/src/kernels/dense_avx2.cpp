#include "kernels/simd_avx2.hpp"

#include "kernels/dense_inl.hpp"

namespace kadanoff {

DenseKernel avx2_dense(int rule) noexcept { return select_dense<Avx2Ops>(rule); }

}  // namespace kadanoff
