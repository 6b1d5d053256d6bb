#include "kernels/simd_avx2.hpp"

#include "primitives_inl.hpp"

bench::Primitives bench::primitives_avx2() noexcept { return all_primitives<kadanoff::Avx2Ops>; }
