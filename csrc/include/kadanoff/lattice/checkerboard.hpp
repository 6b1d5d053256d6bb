#pragma once

#include <cstdint>
#include <vector>

#include "kadanoff/rng/word_ops.hpp"

namespace kadanoff {

/// Words in a vector of the layout, whatever the instruction set: 16 x 32 = 512 spins.
inline constexpr std::int64_t vector_words = 16;
/// Vectors in a stripe, the run of sites that shares one seeded stream per 32-bit column.
inline constexpr std::int64_t stripe_vectors = 16;

/// Layout of one sublattice ("colour") of a periodic checkerboard, one bit per spin (1 = up).
///
/// Site (z, y, x) has colour (x + y + z) % 2 and is bit x / 2 of row (z, y) of its colour. Rows are whole 32-bit
/// words; the rows of a plane follow each other without gaps, between two ghost rows that repeat the last and the
/// first one. A plane is padded to whole vectors. All offsets are in words from the first row of plane 0.
struct CheckerboardLayout {
    std::int64_t planes = 1;        ///< extent along z (1 in two dimensions)
    std::int64_t rows = 0;          ///< extent along y
    std::int64_t row_sites = 0;     ///< sites of one colour in a row: extent along x / 2
    std::int64_t row_words = 0;     ///< ceil(row_sites / 32)
    std::int64_t plane_words = 0;   ///< rows * row_words, padded to whole vectors
    std::int64_t margin = 0;        ///< words before and after a plane: ghost rows and slack for full-vector loads
    std::int64_t plane_stride = 0;  ///< words from one plane to the next
    std::int64_t phase_step = 0;    ///< vector_words modulo two rows
    std::uint32_t wrap_shift = 0;   ///< 31 - (position of a row's last site in its last word)
    /// Five mask arrays of `mask_stride` words: what a word is, by its position in two successive rows.
    const std::uint32_t* masks = nullptr;
    std::int64_t mask_stride = 0;

    KADANOFF_LEAF std::int64_t plane_vectors() const { return plane_words / vector_words; }
    KADANOFF_LEAF std::int64_t vectors() const { return planes * plane_vectors(); }
    KADANOFF_LEAF std::int64_t stripes() const { return (vectors() + stripe_vectors - 1) / stripe_vectors; }
    KADANOFF_LEAF std::int64_t row_block() const { return rows * row_words; }
    /// Words to allocate for one colour.
    KADANOFF_LEAF std::int64_t storage_words() const { return planes * plane_stride; }
};

/// Order of the arrays behind CheckerboardLayout::masks.
enum class RowMask : std::int64_t {
    valid,  ///< bits that are sites
    first,  ///< all ones in the first word of a row
    last,   ///< all ones in the last word of a row
    odd,    ///< all ones in words of an odd row
    shift,  ///< where the next word's lowest bit goes: 31, or the last site's position in the last word
};

/// Number of set bits among the neighbours of every site, as three bit planes.
template <class Ops>
struct NeighbourCount {
    typename Ops::Vector bit0, bit1, bit2;
};

/// A vector's place in one colour.
struct Cursor {
    std::int64_t plane;
    std::int64_t word;   ///< within the plane
    std::int64_t phase;  ///< index into the mask arrays
};

KADANOFF_LEAF Cursor cursor_at(const CheckerboardLayout& layout, std::int64_t vector, std::int64_t lane,
                               std::uint32_t colour) {
    const std::int64_t plane = vector / layout.plane_vectors();
    const std::int64_t word = (vector % layout.plane_vectors()) * vector_words + lane;
    const std::int64_t parity = (plane + static_cast<std::int64_t>(colour)) & 1;
    return {plane, word, (word + parity * layout.row_words) % (2 * layout.row_words)};
}

KADANOFF_LEAF void advance(const CheckerboardLayout& layout, Cursor& at, std::uint32_t colour) {
    at.word += vector_words;
    if (at.word < layout.plane_words) {
        at.phase += layout.phase_step;
        if (at.phase >= 2 * layout.row_words) at.phase -= 2 * layout.row_words;
    } else {
        at = cursor_at(layout, (at.plane + 1) * layout.plane_vectors(), at.word - layout.plane_words, colour);
    }
}

template <class Ops>
KADANOFF_LEAF typename Ops::Vector row_mask(const CheckerboardLayout& layout, const Cursor& at, RowMask which) {
    return Ops::load(layout.masks + static_cast<std::int64_t>(which) * layout.mask_stride + at.phase);
}

/// The two neighbours along x. One shares the word and bit; the other is one site to the left in even rows
/// (counting z and the colour in) and to the right in odd ones.
template <class Ops>
KADANOFF_LEAF void load_row_neighbours(const CheckerboardLayout& layout, const std::uint32_t* row, const Cursor& at,
                                       typename Ops::Vector* neighbour) {
    using Vector = typename Ops::Vector;
    const Vector middle = Ops::load(row);
    const std::int64_t wrap = layout.row_words - 1;
    const Vector wrapped = Ops::shift_left_by(Ops::load(row + wrap), Ops::broadcast(layout.wrap_shift));
    const Vector before = Ops::select(row_mask<Ops>(layout, at, RowMask::first), wrapped, Ops::load(row - 1));
    const Vector after =
        Ops::select(row_mask<Ops>(layout, at, RowMask::last), Ops::load(row - wrap), Ops::load(row + 1));
    const Vector left = Ops::bit_or(Ops::template shift_left<1>(middle), Ops::template shift_right<31>(before));
    const Vector right = Ops::bit_or(Ops::template shift_right<1>(middle),
                                     Ops::shift_left_by(after, row_mask<Ops>(layout, at, RowMask::shift)));
    neighbour[0] = middle;
    neighbour[1] = Ops::select(row_mask<Ops>(layout, at, RowMask::odd), right, left);
}

/// The words of a vector's own sites. Those past the last row read as zero: they belong to the ghost row, which
/// another thread may be writing.
template <class Ops>
KADANOFF_LEAF typename Ops::Vector load_own(const CheckerboardLayout& layout, const std::uint32_t* plane,
                                            std::int64_t word) {
    return Ops::load_first(plane + word, layout.row_block() - word);
}

/// Stores `value` and repeats the first and the last row of the plane in the ghost rows. Words past the last
/// row are left alone, as in load_own.
template <class Ops>
KADANOFF_LEAF void store_with_ghosts(const CheckerboardLayout& layout, std::uint32_t* plane, std::int64_t word,
                                     typename Ops::Vector value) {
    const std::int64_t block = layout.row_block();
    const std::int64_t last_row = block - layout.row_words;
    if (word < layout.row_words) Ops::store(plane + block + word, value);
    if (word + Ops::lanes <= last_row) {
        Ops::store(plane + word, value);
        return;
    }
    alignas(64) std::uint32_t lane[Ops::lanes];
    Ops::store(lane, value);
    for (int i = 0; i < Ops::lanes && word + i < block; ++i) {
        plane[word + i] = lane[i];
        if (word + i >= last_row) plane[word + i - block] = lane[i];
    }
}

/// The layout for even extents, without its masks.
CheckerboardLayout measure_checkerboard(std::int64_t planes, std::int64_t rows, std::int64_t columns);

/// Fills in a layout for even extents; `masks` receives the arrays that the layout points into.
CheckerboardLayout make_checkerboard_layout(std::int64_t planes, std::int64_t rows, std::int64_t columns,
                                            std::vector<std::uint32_t>& masks);

}  // namespace kadanoff
