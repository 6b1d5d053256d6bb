#include "kernels/simd_avx512.hpp"

#include "kernels/dense_inl.hpp"

namespace kadanoff {

DenseKernel avx512_dense(int rule) noexcept { return select_dense<Avx512Ops>(rule); }

}  // namespace kadanoff
