#pragma once

#include <cstdint>

#include "kadanoff/update/checkerboard_sweep.hpp"

// What one CUDA thread does, as host+device functions: the CPU runs the same bodies in tests/cpp.

namespace kadanoff::cuda {

/// Updates one 32-bit column of one stripe.
template <class Lattice, class Rule, bool Symmetric>
KADANOFF_LEAF void update_thread(const HalfSweep& job, std::int64_t index) {
    Unit<WordOps> unit = begin_unit<WordOps>(job, index);
    const HalfSweep* jobs[1] = {&job};
    update_units<WordOps, Lattice, Rule, Symmetric, 1>(jobs, &unit, unit.vectors);
}

/// Sums over one 32-bit column of one stripe.
template <class Lattice>
KADANOFF_LEAF SpinSums measure_thread(const CheckerboardLayout& layout, const std::uint32_t* even,
                                      const std::uint32_t* odd, std::int64_t index) {
    const std::int64_t first = index / vector_words * stripe_vectors;
    const std::int64_t end = first + stripe_vectors;
    return measure_lanes<WordOps, Lattice>(layout, even, odd, first, end < layout.vectors() ? end : layout.vectors(),
                                           index % vector_words);
}

/// Place of a packed word (colour, plane, row, word) in a replica's storage, whose colours follow each other.
KADANOFF_LEAF std::int64_t storage_offset(const CheckerboardLayout& layout, std::int64_t packed) {
    const std::int64_t colour = packed / (layout.planes * layout.row_block());
    const std::int64_t plane = packed / layout.row_block() % layout.planes;
    return colour * layout.storage_words() + layout.margin + plane * layout.plane_stride + packed % layout.row_block();
}

/// Writes one packed word and its ghosts.
KADANOFF_LEAF void write_thread(const CheckerboardLayout& layout, std::uint32_t* storage, std::int64_t packed,
                                std::uint32_t value) {
    const std::int64_t word = packed % layout.row_block();
    store_with_ghosts<WordOps>(layout, storage + storage_offset(layout, packed) - word, word, value);
}

/// Unpacks one word into +-1 in site order; `spins` is the replica's.
KADANOFF_LEAF void unpack_thread(const CheckerboardLayout& layout, const std::uint32_t* storage, std::int64_t packed,
                                 std::int8_t* spins) {
    const std::int64_t colour = packed / (layout.planes * layout.row_block());
    const std::int64_t row = packed / layout.row_words % (layout.planes * layout.rows);  // (z, y)
    const std::int64_t first = packed % layout.row_words * 32;
    const std::int64_t offset = (row / layout.rows + row % layout.rows + colour) % 2;
    std::int8_t* out = spins + row * 2 * layout.row_sites + offset;
    const std::uint32_t value = storage[storage_offset(layout, packed)];
    for (std::int64_t j = first; j < first + 32 && j < layout.row_sites; ++j) {
        out[2 * j] = static_cast<std::int8_t>(((value >> (j - first)) & 1 ? 1 : -1));
    }
}

}  // namespace kadanoff::cuda
