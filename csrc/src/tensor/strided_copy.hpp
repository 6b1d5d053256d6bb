#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kadanoff/isa.hpp"
#include "kernels/permute.hpp"
#include "tensor/axes.hpp"

namespace kadanoff::tensor {

/// Copies between strides: runs where both tensors have the same neighbours, matrices transposed in registers
/// where they have different ones, and else elements by tables of offsets.
class StridedCopy {
public:
    StridedCopy(Axes<2> axes, int bytes, Isa isa);

    void run(const std::byte* input, std::byte* output, int threads) const;

private:
    enum class Move { runs, transpose, table };
    struct Offsets {
        std::int64_t input, output;
    };

    void choose(Axes<2> axes);
    void make_table(Axes<2>& axes);
    void move(const std::byte* input, std::byte* output) const;
    template <class Element>
    void move_table(const Element* input, Element* output) const;

    PermuteKernel kernel_;
    std::int64_t bytes_;
    Move move_ = Move::table;
    Axis<2> inner_, second_;  ///< runs: along and across; transpose: neighbours of the input, of the output
    Axis<2> line_;            ///< table: repeats it
    Axes<2> outer_;           ///< around all that, slowest first
    std::vector<Offsets> table_;
    std::int64_t base_[2] = {};
    std::int64_t outer_total_ = 1;
    bool stream_ = false;
};

}  // namespace kadanoff::tensor
