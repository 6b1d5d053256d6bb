#pragma once

#include <cstddef>
#include <cstdint>

#include "tensor/gemm.hpp"

namespace kadanoff::tensor {

/// What one worker has: tables of the current blocks, and the packed ones.
struct Gemm::Room {
    struct Panel {
        const std::byte* data;
        std::int64_t step;  ///< from one k to the next, in real numbers
    };
    IndexBlock m, n, k;
    std::int64_t m_index = -1, n_index = -1, k_index = -1;  ///< what the tables hold
    std::int64_t b_index = -1;                              ///< block of k that is packed
    bool a_packed = false;
    GemmPiece* pieces;
    std::uint32_t* first;     ///< (vectors + 1) for each panel of A
    Panel* panels;            ///< of A
    std::byte *a, *b, *c;     ///< packed A and B; C before it is turned
    std::int64_t* c_columns;  ///< where the columns of `c` begin

    /// Gives `other` the tables of these blocks, which must be the only ones.
    void lend_tables(Room& other) const {
        other.m = m;
        other.n = n;
        other.k = k;
        other.m_index = other.n_index = other.k_index = 0;
        other.pieces = pieces;
        other.first = first;
        other.c_columns = c_columns;
    }
};

}  // namespace kadanoff::tensor
