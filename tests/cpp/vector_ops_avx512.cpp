#include "kernels/simd_avx512.hpp"

#include "vector_ops_inl.hpp"

const char* wrong_member_avx512(const std::uint32_t* words) noexcept {
    return wrong_member<kadanoff::Avx512Ops>(words);
}
