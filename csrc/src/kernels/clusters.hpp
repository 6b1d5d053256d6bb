#pragma once

#include <cstdint>

#include "kadanoff/rng/stream.hpp"

namespace kadanoff {

/// One replica of a lattice whose sites are rows of bits, and the clusters of its present sweep. Site x of a row is bit
/// x % 64 of word x / 64. A run is a stretch of sites of a row between which all bonds are active; runs are numbered in
/// the order of their sites.
struct RowClusters {
    std::int64_t rows;
    std::int64_t columns;
    std::int64_t words;     ///< in a row
    std::int64_t families;  ///< bonds that begin at a site
    int planes;             ///< bits of a spin: 1, or those of a Potts state
    int along;              ///< the family that binds a site to the next one of its row

    const std::int32_t* target;     ///< (family, row): the row where bonds end
    const std::uint8_t* step;       ///< by family: columns that bonds lead on, 0 or 1
    const std::uint64_t* present;   ///< (row, word, family): bonds that exist
    const std::uint64_t* negative;  ///< bonds that favour unequal spins; null if none does

    std::uint64_t* spins;   ///< (plane, row, word)
    std::uint64_t* bonds;   ///< (row, word, family): random bits, then active bonds
    std::uint64_t* starts;  ///< (row, word): first sites of runs
    std::uint32_t* first;   ///< (row, word): runs that begin before the word
    std::uint32_t* parent;  ///< by run
    std::uint8_t* change;   ///< by run: what its spins are changed by, bit by bit
    std::int64_t runs;
};

/// What a cluster holds.
struct ClusterTotal {
    std::int32_t size;
    std::int32_t spin;  ///< sum of the Ising spins
};

/// The clusters of a sweep, before they are flipped.
struct RunSums {
    std::uint32_t* root;  ///< by run
    ClusterTotal* total;  ///< by run; zero for those that are no root
};

/// Sums over a lattice.
struct RowTotals {
    std::int64_t satisfied_bonds;
    std::int64_t up_spins;
};

/// What clusters are made with, on one instruction set.
struct ClusterKernel {
    /// fill_bits and fill_words of update/random_bits.hpp.
    void (*bits)(const DrawKey& key, std::uint64_t threshold, std::int64_t first, std::int64_t vectors,
                 std::uint32_t* out) noexcept;
    void (*words)(const DrawKey& key, std::int64_t first, std::int64_t vectors, std::uint32_t* out) noexcept;
    /// Finds the clusters from random bits in `bonds`.
    void (*label)(RowClusters& clusters) noexcept;
    void (*sum)(const RowClusters& clusters, const RunSums& sums) noexcept;
    /// The number of the first site of each run, row * columns + column.
    void (*locate)(const RowClusters& clusters, std::uint32_t* site) noexcept;
    /// Changes every spin by `change` of its cluster's root; with coins (row, word), an Ising cluster is flipped if the
    /// bit of its first site is set.
    void (*flip)(RowClusters& clusters, const std::uint64_t* coins) noexcept;
    RowTotals (*measure)(const RowClusters& clusters) noexcept;
};

ClusterKernel scalar_clusters() noexcept;
ClusterKernel avx2_clusters() noexcept;
ClusterKernel avx512_clusters() noexcept;

}  // namespace kadanoff
