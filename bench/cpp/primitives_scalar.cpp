#include "kadanoff/rng/word_ops.hpp"

#include "primitives_inl.hpp"

bench::Primitives bench::primitives_scalar() noexcept { return all_primitives<kadanoff::WordOps>; }
