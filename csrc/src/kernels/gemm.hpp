#pragma once

#include <cstdint>

#include "kadanoff/tensor/dtype.hpp"

namespace kadanoff {

/// Some lanes of a vector of C: lane l of `mask` goes to `offset` + l.
struct GemmPiece {
    std::int64_t offset;
    std::uint32_t mask;
};

/// One tile of C, in real numbers: columns of vectors. All its k are summed one after another, whatever its size.
struct GemmTile {
    std::int64_t depth;
    const void* a;  ///< vectors of k = 0; those of the next k stand `a_step` further
    std::int64_t a_step;
    const void* b;  ///< numbers of k = 0, `b_column` apart; those of the next k stand `b_step` further
    std::int64_t b_step;
    std::int64_t b_column;
    void* c;
    const std::int64_t* columns;  ///< where each column of C begins
    const GemmPiece* pieces;
    const std::uint32_t* first;  ///< pieces of vector v: first[v] ... first[v + 1] - 1
    bool accumulate;             ///< add to C what is there
    const void* next;            ///< what is used soon: `next_bytes` for every column
    std::int64_t next_bytes;
};

/// Where the rows (or columns) of a block, numbered along one axis and then another, follow each other.
struct GemmRange {
    std::int64_t start;  ///< first number
    std::int64_t fast;   ///< extent of the axis that is numbered first
    std::int64_t cross;  ///< extent of the other
};

/// How the elements of an operand with neighbouring addresses are numbered in a block.
enum class GemmLayout {
    rows,         ///< as rows, along the first axis
    cross_rows,   ///< as rows, along the other axis
    depth,        ///< as k, along the first axis
    cross_depth,  ///< as k, along the other axis
    scattered,
};

/// A block of an operand to be written as panels: row i, k at (i / width * depth + k) * width + i % width.
struct GemmPacking {
    const void* source;
    void* target;
    const std::int64_t* rows;  ///< offset of each row
    const std::int64_t* ks;    ///< offset of each k
    std::int64_t row_count;
    std::int64_t depth;
    const GemmRange* ranges;  ///< of rows or of k, as `layout` says
    std::int64_t range_count;
    GemmLayout layout;
};

/// A block of C, rows next to each other and columns `step` elements apart, to be written where it belongs.
struct GemmUnpacking {
    const void* source;
    std::int64_t step;
    void* target;
    const std::int64_t* rows;     ///< offset of each row, in elements; rows of one fast index are neighbours
    const std::int64_t* columns;  ///< offset of each column, in real numbers
    std::int64_t column_count;
    const GemmRange* ranges;  ///< of rows
    std::int64_t range_count;
};

/// Products of matrices of one size, read and written where they lie; steps in elements. Rows are neighbours in A and
/// C.
struct ProductRun {
    const void *a, *b;
    void* c;
    std::int64_t rows, columns, depth;
    std::int64_t a_step;            ///< from one k to the next
    std::int64_t b_step, b_column;  ///< the same, and from one column to the next
    std::int64_t c_column;
    std::int64_t count, a_next, b_next, c_next;  ///< how many, and from one to the next
    bool far;                                    ///< products come from beyond the second-level cache
};

/// The kernels of one instruction set for one type of elements. Tiles are real: for complex elements the panels of A
/// hold (re, im) and (-im, re) of each k, those of B re and im (Van Zee's 1m method), and tiles are twice as deep.
struct GemmKernel {
    static constexpr int most_vectors = 4, most_columns = 8;
    using Tile = void (*)(const GemmTile& tile) noexcept;
    Tile tile[most_vectors][most_columns];     ///< for vectors - 1 and columns - 1; b_column is 1
    Tile strided[most_vectors][most_columns];  ///< for any b_column
    void (*pack_a)(const GemmPacking& packing) noexcept;
    void (*pack_b)(const GemmPacking& packing) noexcept;
    void (*unpack)(const GemmUnpacking& unpacking) noexcept;
    void (*multiply_small)(const ProductRun& job) noexcept;  ///< null where a vector has no room for a number
    int lanes;                                               ///< real numbers of a vector
    int vectors;                                             ///< of a panel of A
    int columns;                                             ///< of a panel of B
};

GemmKernel scalar_gemm(DType dtype) noexcept;
GemmKernel avx2_gemm(DType dtype) noexcept;
GemmKernel avx512_gemm(DType dtype) noexcept;

}  // namespace kadanoff
