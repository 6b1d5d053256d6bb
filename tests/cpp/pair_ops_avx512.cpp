#include "kernels/simd_pairs_avx512.hpp"

#include "pair_ops_inl.hpp"

const char* wrong_pair_member_avx512(const std::uint32_t* words) noexcept {
    return wrong_pair_member<kadanoff::Avx512PairOps>(words);
}
