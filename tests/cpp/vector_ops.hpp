#pragma once

#include <cstdint>

/// Words that a comparison reads.
inline constexpr int vector_ops_words = 48;

// Each compares every member of one instruction set's Ops with WordOps, lane by lane, on `words`;
// returns the name of the first member that differs, or null.
const char* wrong_member_avx2(const std::uint32_t* words) noexcept;
const char* wrong_member_avx512(const std::uint32_t* words) noexcept;
