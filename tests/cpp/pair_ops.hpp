#pragma once

#include <cstdint>

/// Words that the comparisons read.
inline constexpr int pair_ops_words = 48;

/// The member of an instruction set's pair operations that differs from WordPairOps, or null.
const char* wrong_pair_member_avx2(const std::uint32_t* words) noexcept;
const char* wrong_pair_member_avx512(const std::uint32_t* words) noexcept;
