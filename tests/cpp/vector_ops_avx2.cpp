#include "kernels/simd_avx2.hpp"

#include "vector_ops_inl.hpp"

const char* wrong_member_avx2(const std::uint32_t* words) noexcept { return wrong_member<kadanoff::Avx2Ops>(words); }
