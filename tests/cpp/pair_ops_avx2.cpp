#include "kernels/simd_pairs_avx2.hpp"

#include "pair_ops_inl.hpp"

const char* wrong_pair_member_avx2(const std::uint32_t* words) noexcept {
    return wrong_pair_member<kadanoff::Avx2PairOps>(words);
}
