#include "kadanoff/lattice/checkerboard.hpp"

namespace kadanoff {

namespace {

std::int64_t round_up(std::int64_t n, std::int64_t unit) { return (n + unit - 1) / unit * unit; }

}  // namespace

CheckerboardLayout measure_checkerboard(std::int64_t planes, std::int64_t rows, std::int64_t columns) {
    CheckerboardLayout layout;
    layout.planes = planes;
    layout.rows = rows;
    layout.row_sites = columns / 2;
    layout.row_words = (layout.row_sites + 31) / 32;
    layout.plane_words = round_up(rows * layout.row_words, vector_words);
    layout.margin = round_up(layout.row_words + vector_words, vector_words);
    layout.plane_stride = layout.plane_words + 2 * layout.margin;
    layout.phase_step = vector_words % (2 * layout.row_words);
    layout.wrap_shift = 31 - static_cast<std::uint32_t>((layout.row_sites - 1) % 32);
    layout.mask_stride = round_up(2 * layout.row_words + vector_words, vector_words);
    return layout;
}

CheckerboardLayout make_checkerboard_layout(std::int64_t planes, std::int64_t rows, std::int64_t columns,
                                            std::vector<std::uint32_t>& masks) {
    CheckerboardLayout layout = measure_checkerboard(planes, rows, columns);
    masks.assign(static_cast<std::size_t>(5 * layout.mask_stride), 0);
    const auto at = [&](RowMask which, std::int64_t phase) -> std::uint32_t& {
        return masks[static_cast<std::size_t>(static_cast<std::int64_t>(which) * layout.mask_stride + phase)];
    };
    constexpr std::uint32_t ones = ~std::uint32_t{0};
    for (std::int64_t phase = 0; phase < layout.mask_stride; ++phase) {
        const std::int64_t column = phase % layout.row_words;
        const bool last = column == layout.row_words - 1;
        at(RowMask::valid, phase) = last ? ones >> layout.wrap_shift : ones;
        at(RowMask::first, phase) = column == 0 ? ones : 0;
        at(RowMask::last, phase) = last ? ones : 0;
        at(RowMask::odd, phase) = (phase / layout.row_words) % 2 == 1 ? ones : 0;
        at(RowMask::shift, phase) = last ? 31 - layout.wrap_shift : 31;
    }
    layout.masks = masks.data();
    return layout;
}

}  // namespace kadanoff
