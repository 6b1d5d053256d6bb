#include "kadanoff/rng/word_ops.hpp"

#include "kernels/packed_inl.hpp"

namespace kadanoff {

PackedKernel scalar_packed(PackedChoice choice) noexcept { return select_packed<WordOps>(choice); }

PackedCount scalar_packed_count(bool direct) noexcept { return select_packed_count<WordOps>(direct); }

}  // namespace kadanoff
