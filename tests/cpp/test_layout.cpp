#include <vector>

#include "check.hpp"
#include "colours.hpp"
#include "kadanoff/registry.hpp"

namespace {

using kadanoff::WordOps;

/// The neighbours of every site by load_neighbours against those by coordinates; stops at the first that differs.
template <class Lattice>
bool neighbours_are_right(const Shape& shape, const Reference& sites, const Colours& colours, std::uint32_t colour) {
    const kadanoff::CheckerboardLayout& layout = colours.layout();
    for (std::int64_t vector = 0; vector < layout.vectors(); ++vector) {
        for (std::int64_t lane = 0; lane < kadanoff::vector_words; ++lane) {
            const kadanoff::Cursor at = kadanoff::cursor_at(layout, vector, lane, colour);
            if (at.word >= layout.row_block()) continue;
            std::uint32_t neighbour[Lattice::coordination];
            Lattice::template load_neighbours<WordOps>(layout, colours.first_row(1 - colour), at, neighbour);
            const std::uint32_t valid = kadanoff::row_mask<WordOps>(layout, at, kadanoff::RowMask::valid);
            const std::int64_t y = at.word / layout.row_words;
            for (std::uint32_t bit = 0; bit < 32; ++bit) {
                const std::int64_t j = at.word % layout.row_words * 32 + bit;
                if (!CHECK_EQUAL((valid >> bit & 1) == 1, j < layout.row_sites)) return false;
                if (j >= layout.row_sites) continue;
                int sum = 0;
                for (const std::uint32_t word : neighbour) sum += word >> bit & 1 ? 1 : -1;
                const std::int64_t x = 2 * j + (y + at.plane + colour) % 2;
                if (!CHECK_EQUAL(sum, sites.neighbour_sum(at.plane, y, x))) {
                    std::printf("at (%ld, %ld, %ld) of %s\n", static_cast<long>(at.plane), static_cast<long>(y),
                                static_cast<long>(x), shape.text().c_str());
                    return false;
                }
            }
        }
    }
    return true;
}

}  // namespace

TEST_CASE(neighbours_by_bits_are_neighbours_by_coordinates) {
    for (const Shape& shape : shapes()) {
        const Reference sites{shape.layers(), shape.rows, shape.columns, shape.dimension(),
                              random_spins(shape.sites(), 7)};
        Colours colours(shape);
        colours.write(sites.spins);
        for (std::uint32_t colour = 0; colour < 2; ++colour) {
            const bool right = shape.dimension() == 2
                                   ? neighbours_are_right<kadanoff::Square>(shape, sites, colours, colour)
                                   : neighbours_are_right<kadanoff::Cubic>(shape, sites, colours, colour);
            if (!CHECK(right)) return;
        }
    }
}

TEST_CASE(writing_keeps_ghosts_and_padding) {
    for (const Shape& shape : shapes()) {
        Colours colours(shape);
        const std::vector<std::int8_t> spins = random_spins(shape.sites(), 3);
        colours.write(spins);
        CHECK_EQUAL(colours.broken_invariant(), std::string());
        CHECK(colours.read() == spins);
    }
}

TEST_CASE(advancing_a_cursor_is_computing_it_anew) {
    for (const Shape& shape : shapes()) {
        const Colours colours(shape);
        const kadanoff::CheckerboardLayout& layout = colours.layout();
        for (std::uint32_t colour = 0; colour < 2; ++colour) {
            kadanoff::Cursor at = kadanoff::cursor_at(layout, 0, 8, colour);
            for (std::int64_t vector = 0; vector < layout.vectors(); ++vector, advance(layout, at, colour)) {
                const kadanoff::Cursor anew = kadanoff::cursor_at(layout, vector, 8, colour);
                if (!CHECK(at.plane == anew.plane && at.word == anew.word && at.phase == anew.phase)) return;
            }
        }
    }
}

TEST_CASE(a_layout_keeps_its_promises) {
    for (const Shape& shape : shapes()) {
        const Colours colours(shape);
        const kadanoff::CheckerboardLayout& layout = colours.layout();
        CHECK(layout.row_words * 32 >= layout.row_sites && (layout.row_words - 1) * 32 < layout.row_sites);
        CHECK_EQUAL(layout.plane_words % kadanoff::vector_words, 0);
        CHECK(layout.plane_words >= layout.row_block());
        // A ghost row and a full vector past it stay inside the margin.
        CHECK(layout.margin >= layout.row_words + kadanoff::vector_words);
        CHECK(layout.plane_stride >= layout.plane_words + 2 * layout.margin);
        CHECK(layout.mask_stride >= 2 * layout.row_words + kadanoff::vector_words - 1);
    }
}
