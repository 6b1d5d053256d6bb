#pragma once

#include <cstdint>

#include "kadanoff/update/rbm_moments.hpp"

namespace kadanoff {

/// The kernels of one instruction set for one precision.
struct RbmKernel {
    /// Draws the units [first, last) of the chains of the words [first_word, last_word) from the other layer.
    void (*update)(const RbmJob& job, std::int64_t first_word, std::int64_t last_word, std::int64_t first,
                   std::int64_t last) noexcept;
    /// Weighs these units by `job.weighing`, at one inverse temperature; draws none.
    void (*weigh)(const RbmJob& job, std::int64_t first_word, std::int64_t last_word, std::int64_t first,
                  std::int64_t last) noexcept;
    /// Weighs them at two, and draws them as `update` does.
    void (*anneal)(const RbmJob& job, std::int64_t first_word, std::int64_t last_word, std::int64_t first,
                   std::int64_t last) noexcept;
    /// Sums of numbers[i] over the first `units` units of the source that are on, at each chain's rbm_place.
    void (*sum_source)(const RbmJob& job, const double* numbers, std::int64_t units, std::int64_t first_word,
                       std::int64_t last_word, double* out) noexcept;
    /// Totals over at most rbm_words_at_once words of chains.
    void (*moments)(const RbmJob& job, const RbmMomentsJob& moments, std::int64_t first_word, std::int64_t last_word,
                    std::int64_t first, std::int64_t last) noexcept;
    /// How often the units of the source are on, in the chains whose bits are set in chosen[word]; `counts` has room
    /// for a multiple of 16.
    void (*count_source)(const RbmJob& job, const std::uint32_t* chosen, std::int64_t units, std::int64_t words,
                         std::uint32_t* counts) noexcept;
    /// Makes the tables of the units [first, last) of `job`; null if the kernel has none.
    void (*fill)(const RbmJob& job, std::int64_t first, std::int64_t last, std::uint32_t* tables) noexcept;
    std::int64_t tile;   ///< units are drawn in multiples of this
    std::int64_t words;  ///< that are drawn together
};

RbmKernel scalar_rbm(bool fixed16) noexcept;
RbmKernel avx2_rbm(bool fixed16) noexcept;
RbmKernel avx512_rbm(bool fixed16) noexcept;

}  // namespace kadanoff
