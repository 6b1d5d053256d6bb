#include "kadanoff/rng/word_ops.hpp"

#include "kernels/dense_inl.hpp"

namespace kadanoff {

DenseKernel scalar_dense(int rule) noexcept { return select_dense<WordOps>(rule); }

}  // namespace kadanoff
