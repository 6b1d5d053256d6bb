#include "kadanoff/rng/word_ops.hpp"

#include "kernels/plain_inl.hpp"

namespace kadanoff {

PlainKernel scalar_plain(int rule, bool direct) noexcept { return select_plain<WordOps>(rule, direct); }

}  // namespace kadanoff
