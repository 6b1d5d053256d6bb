#include "kadanoff/rng/word_ops.hpp"

#include "kernels/table_inl.hpp"

namespace kadanoff {

TableKernel scalar_table(TableChoice choice) noexcept { return select_table<WordOps>(choice); }

}  // namespace kadanoff
