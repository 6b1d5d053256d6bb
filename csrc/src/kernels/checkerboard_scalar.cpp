#include "kadanoff/rng/word_ops.hpp"

#include "kernels/checkerboard_inl.hpp"

namespace kadanoff {

CheckerboardKernel scalar_checkerboard(KernelChoice choice) noexcept { return select_kernel<WordOps>(choice); }

}  // namespace kadanoff
