#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tensor/network/addition.hpp"

namespace kadanoff::networks {

class Program;

/// How what a slice gives to the output, or to a gradient, is summed in its block, and the block's sum in the whole.
struct BlockSum {
    Addition from_slice;                ///< to the sum of a block
    Addition to_whole;                  ///< from there
    std::vector<std::int64_t> strides;  ///< in the sum of a block, by sliced label; 0 if it does not vary there
    bool is_cut = false;                ///< whether the first axis of `to_whole` is the label that blocks cut
    std::size_t offset = 0;             ///< bytes, in what is kept of a block
};

/// A stretch of slices.
struct SliceRange {
    std::int64_t first, count;
    std::int64_t value, values;  ///< of the label that blocks cut: the first one, and how many
};

/// Slices one after the other of which one worker makes a sum. How many these are depends on the plan alone, so that
/// the bits of the result do.
class Blocks {
public:
    /// After all steps and additions of a program are known.
    void plan(const Program& program);

    std::int64_t count() const noexcept { return count_; }
    /// Of the sums of one block.
    std::size_t bytes() const noexcept { return bytes_; }
    /// Of the output, and of each gradient.
    const std::vector<BlockSum>& sums() const noexcept { return sums_; }
    SliceRange range(std::int64_t block) const noexcept;
    /// Elements from the beginning of the sum to where a slice with these values of the sliced labels is added.
    std::int64_t offset(const BlockSum& sum, const std::vector<std::int64_t>& values,
                        const SliceRange& range) const noexcept;

private:
    void choose(const Program& program, std::int64_t slices);
    BlockSum lay_out(const Program& program, const Addition& addition);

    std::int64_t count_ = 1, cut_size_ = 1, chunk_ = 1, inner_ = 1;
    std::size_t cut_ = 0;  ///< the sliced label whose values are cut in chunks; those after it are whole
    std::size_t bytes_ = 0;
    std::vector<BlockSum> sums_;
};

}  // namespace kadanoff::networks
