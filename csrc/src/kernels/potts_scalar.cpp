#include "kadanoff/rng/word_ops.hpp"

#include "kernels/potts_inl.hpp"

namespace kadanoff {

PottsKernel scalar_potts(bool metropolis, bool direct) noexcept { return select_potts<WordOps>(metropolis, direct); }

}  // namespace kadanoff
