#pragma once

#include <cstdint>

#include "kadanoff/update/table_sweep.hpp"

namespace kadanoff {

/// The table kernels of one instruction set, for one rule and number of neighbours.
struct TableKernel {
    /// Makes the rows of the sites [first, last) of a block.
    void (*build)(const TableBuild& build, std::int64_t first, std::int64_t last) noexcept;
    /// Updates the stripes [first, last) of a block of sites.
    void (*update)(const TableJob& job, std::int64_t first, std::int64_t last) noexcept;
    /// Adds up items for the 64 replicas of 16 words, see sum_table.
    void (*sum)(const TableSum& sum, double* out) noexcept;
};

/// What to run: the rule's position in registry.hpp's Rules, the number of neighbours of the sites, and whether all
/// replicas have one temperature.
struct TableChoice {
    int rule;
    int degree;
    bool one;
};

TableKernel scalar_table(TableChoice choice) noexcept;
TableKernel avx2_table(TableChoice choice) noexcept;
TableKernel avx512_table(TableChoice choice) noexcept;

}  // namespace kadanoff
