#include "kadanoff/rng/word_ops.hpp"

#include "kernels/gaussian_inl.hpp"

namespace kadanoff {

GaussianKernel scalar_gaussian() noexcept { return select_gaussian<WordOps>(); }

}  // namespace kadanoff
