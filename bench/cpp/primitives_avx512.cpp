#include "kernels/simd_avx512.hpp"

#include "primitives_inl.hpp"

bench::Primitives bench::primitives_avx512() noexcept { return all_primitives<kadanoff::Avx512Ops>; }
