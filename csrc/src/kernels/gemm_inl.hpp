// Included once by each gemm_ISA.cpp, after its Real and Mover. The ODR contract of checkerboard_inl.hpp holds here
// too.

#include "kernels/gemm.hpp"
#include "kernels/gemm_pack_inl.hpp"
#include "kernels/small_products_inl.hpp"

namespace kadanoff {
namespace {

/// Adds a vector's sums to C, or puts them there, piece by piece.
template <class Real, int Columns, bool Accumulate>
KADANOFF_LEAF void store_pieces(const GemmTile& tile, int vector, const typename Real::Vector (&sums)[Columns]) {
    using Number = typename Real::Number;
    constexpr std::uint32_t all = (1U << Real::lanes) - 1;
    for (std::uint32_t i = tile.first[vector]; i < tile.first[vector + 1]; ++i) {
        const GemmPiece piece = tile.pieces[i];
        Number* const c = static_cast<Number*>(tile.c) + piece.offset;
        if (piece.mask == all) {
            KADANOFF_UNROLL
            for (int j = 0; j < Columns; ++j) {
                Number* const to = c + tile.columns[j];
                Real::store(to, Accumulate ? Real::add(Real::load(to), sums[j]) : sums[j]);
            }
        } else {
            KADANOFF_UNROLL
            for (int j = 0; j < Columns; ++j) {
                Number* const to = c + tile.columns[j];
                Real::store(to, piece.mask, Accumulate ? Real::add(Real::load(to, piece.mask), sums[j]) : sums[j]);
            }
        }
    }
}

/// Brings a column of the tile near, and a part of the panel of B that is next.
template <class Real, int Vectors>
KADANOFF_LEAF void prefetch_column(const GemmTile& tile, std::int64_t column) {
    using Number = typename Real::Number;
    const Number* const c = static_cast<const Number*>(tile.c) + tile.columns[column];
    KADANOFF_UNROLL
    for (int v = 0; v < Vectors; ++v) __builtin_prefetch(c + tile.pieces[tile.first[v]].offset, 1, 3);
    const char* const next = static_cast<const char*>(tile.next) + column * tile.next_bytes;
    for (std::int64_t at = 0; at < tile.next_bytes; at += 64) __builtin_prefetch(next + at, 0, 2);
}

template <class Real, int Vectors, int Columns, bool Strided>
void multiply_tile(const GemmTile& tile) noexcept {
    using Number = typename Real::Number;
    constexpr int ahead = 10;  // panels come from the second-level cache
    constexpr int least_depth =
        8;  // between two columns that are fetched: no more at a time than the core can wait for
    typename Real::Vector sums[Vectors][Columns];
    KADANOFF_UNROLL
    for (int v = 0; v < Vectors; ++v) {
        KADANOFF_UNROLL
        for (int j = 0; j < Columns; ++j) sums[v][j] = Real::zero();
    }
    const Number* a = static_cast<const Number*>(tile.a);
    const Number* b = static_cast<const Number*>(tile.b);
    const std::int64_t column = Strided ? tile.b_column : 1, a_step = tile.a_step, b_step = tile.b_step;
    std::int64_t left = tile.depth, fetched = 0, part = tile.depth / Columns;
    if (part < least_depth) {
        for (; fetched < Columns; ++fetched) prefetch_column<Real, Vectors>(tile, fetched);
    }
    while (left > 0) {
        if (fetched < Columns) {
            prefetch_column<Real, Vectors>(tile, fetched++);
        } else {
            part = left;
        }
        left -= part;
#pragma GCC unroll 4
        for (std::int64_t k = part; k > 0; --k) {
            typename Real::Vector x[Vectors];
            KADANOFF_UNROLL
            for (int v = 0; v < Vectors; ++v) {
                if constexpr (!Strided) __builtin_prefetch(a + (ahead * Vectors + v) * Real::lanes, 0, 3);
                x[v] = Real::load(a + v * Real::lanes);
            }
            KADANOFF_UNROLL
            for (int j = 0; j < Columns; ++j) {
                const typename Real::Vector y = Real::broadcast(b + j * column);
                KADANOFF_UNROLL
                for (int v = 0; v < Vectors; ++v) sums[v][j] = Real::multiply_add(x[v], y, sums[v][j]);
            }
            a += a_step;
            b += b_step;
        }
    }
    KADANOFF_UNROLL
    for (int v = 0; v < Vectors; ++v) {
        if (tile.accumulate) {
            store_pieces<Real, Columns, true>(tile, v, sums[v]);
        } else {
            store_pieces<Real, Columns, false>(tile, v, sums[v]);
        }
    }
}

/// The tiles of 1 ... Vectors vectors by 1 ... Columns columns.
template <class Real, int Vectors, int Columns, int Most = Columns>
void fill_tiles(GemmKernel& kernel) noexcept {
    kernel.tile[Vectors - 1][Columns - 1] = multiply_tile<Real, Vectors, Columns, false>;
    kernel.strided[Vectors - 1][Columns - 1] = multiply_tile<Real, Vectors, Columns, true>;
    if constexpr (Columns > 1) {
        fill_tiles<Real, Vectors, Columns - 1, Most>(kernel);
    } else if constexpr (Vectors > 1) {
        fill_tiles<Real, Vectors - 1, Most, Most>(kernel);
    }
}

template <class Real, template <int> class Mover, int Vectors, int Columns>
GemmKernel make_gemm(bool complex) noexcept {
    using Number = typename Real::Number;
    constexpr int bytes = sizeof(Number), rows = Vectors * Real::lanes;
    GemmKernel kernel{};
    fill_tiles<Real, Vectors, Columns>(kernel);
    kernel.pack_a = complex ? pack_complex_a<Mover<2 * bytes>, Number, (rows + 1) / 2> : pack_real<Mover<bytes>, rows>;
    kernel.pack_b = complex ? pack_complex_b<Mover<2 * bytes>, Number, Columns> : pack_real<Mover<bytes>, Columns>;
    kernel.unpack = complex ? unpack_cross<Mover<2 * bytes>, Number> : unpack_cross<Mover<bytes>, Number>;
    if (!complex) {
        kernel.multiply_small = multiply_small<RealSums, Real, Vectors, Columns>;
    } else if constexpr (Real::lanes > 1) {
        kernel.multiply_small = multiply_small<ComplexSums, Real, (Vectors + 1) / 2, 6>;
    }
    kernel.lanes = Real::lanes;
    kernel.vectors = Vectors;
    kernel.columns = Columns;
    return kernel;
}

template <template <class> class Real, template <int> class Mover, int Vectors, int Columns>
GemmKernel select_gemm(DType dtype) noexcept {
    const bool complex = dtype == DType::complex64 || dtype == DType::complex128;
    return dtype == DType::float32 || dtype == DType::complex64
               ? make_gemm<Real<float>, Mover, Vectors, Columns>(complex)
               : make_gemm<Real<double>, Mover, Vectors, Columns>(complex);
}

}  // namespace
}  // namespace kadanoff
