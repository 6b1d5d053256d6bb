#pragma once

#include <cstdint>
#include <vector>

#include "kernels/gemm.hpp"
#include "tensor/axes.hpp"

namespace kadanoff::tensor {

/// Some consecutive numbers of an IndexGroup: their offsets in two tensors, and the ranges that they fall into.
struct IndexBlock {
    std::int64_t count = 0;
    std::int64_t* offset[2] = {};
    GemmRange* ranges = nullptr;
    std::int64_t range_count = 0;
};

/// The labels that play one role in a contraction (rows, columns, or those summed over), numbered so that memory is
/// read and written along neighbours: the first axis fastest, in pieces; then pieces of a second one where
/// the neighbours in an operand lie along that; then all the others. Numbers come in blocks of whole ranges (piece of
/// the first) x (piece of the second).
class IndexGroup {
public:
    /// `axes`: strides in two tensors, those of the axis to be numbered first in front. `cross`: position of the axis
    /// to be numbered with it, or 0. Pieces of the first axis are multiples of `unit`, of the second of `cross_unit`,
    /// as far as a block holds `most` numbers.
    IndexGroup(Axes<2> axes, std::size_t cross, std::int64_t unit, std::int64_t cross_unit, std::int64_t most);

    std::int64_t blocks() const noexcept { return blocks_; }
    std::int64_t most_numbers() const noexcept { return most_numbers_; }  ///< of a block
    std::int64_t most_ranges() const noexcept { return ranges_per_block_; }
    std::int64_t total() const noexcept { return total_; }

    /// Writes block `index` into the room that `block` has.
    void fill(std::int64_t index, IndexBlock& block) const noexcept;

private:
    struct Piece {
        std::int64_t size, count;
    };
    static Piece cut(std::int64_t extent, std::int64_t most, std::int64_t unit);

    Axes<2> axes_;  ///< the first two as above (an axis of extent 1 if there is no second), then the others
    Piece fast_{}, cross_{};
    std::int64_t total_ = 1, ranges_ = 1, ranges_per_block_ = 1, blocks_ = 1, most_numbers_ = 1;
};

}  // namespace kadanoff::tensor
