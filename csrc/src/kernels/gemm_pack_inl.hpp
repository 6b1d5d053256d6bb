// Part of gemm_inl.hpp: blocks of tensors written as panels, read through their strides.

#include <cstddef>

#include "kernels/squares_inl.hpp"

namespace kadanoff {
namespace {

/// Where rows go: panels of Width rows and `depth` k.
template <class Mover, int Width>
struct Panels {
    using Element = typename Mover::Element;
    Element* target;
    std::int64_t depth;

    KADANOFF_LEAF Element* at(std::int64_t panel, std::int64_t k) const { return target + (panel * depth + k) * Width; }

    /// `count` rows from the one at `position` of `panel` on, at k.
    KADANOFF_LEAF void store(std::int64_t panel, std::int64_t position, std::int64_t k, typename Mover::Vector rows,
                             std::int64_t count) const {
        Element* to = at(panel, k) + position;
        if (count == Mover::lanes && position + count <= Width) {
            Mover::store(to, rows);
            return;
        }
        if constexpr (Mover::lanes == 2 * Width) {
            if (count == Mover::lanes && position == 0) {
                Mover::store_halves(to, to + depth * Width, rows);
                return;
            }
        }
        std::int64_t room = Width - position;
        for (std::int64_t first = 0; first < count;) {
            const std::int64_t last = first + room < count ? first + room : count;
            Mover::store(to, first, last, rows);
            to += (depth - 1) * Width;  // the next panel, as far as lane `last` is concerned
            first = last;
            room = Width;
        }
    }
};

/// The neighbours in the source are k = first, first + step, ...
template <class Mover, int Width>
KADANOFF_LEAF void pack_run_of_depth(const GemmPacking& in, const Panels<Mover, Width>& out, std::int64_t row,
                                     std::int64_t first, std::int64_t step, std::int64_t length) {
    using Element = typename Mover::Element;
    constexpr int lanes = Mover::lanes;
    const std::int64_t* const rows = in.rows + row;
    const std::int64_t height = in.row_count - row < lanes ? in.row_count - row : lanes;
    const std::int64_t panel = row / Width, position = row % Width;
    const Element* const source = static_cast<const Element*>(in.source) + in.ks[first];
    for (std::int64_t h = 0; h < length; h += lanes) {
        const auto place = [&](int i) KADANOFF_INLINE_LAMBDA { return source + rows[i] + h; };
        const std::int64_t width = length - h < lanes ? length - h : lanes;
        if (height == lanes && width == lanes) {
            typename Mover::Vector r[lanes];  // stays in registers, which the other one does not
            load_square<Mover, true>(r, height, width, place);
            KADANOFF_UNROLL
            for (int i = 0; i < lanes; ++i) out.store(panel, position, first + (h + i) * step, r[i], lanes);
        } else {
            typename Mover::Vector r[lanes];
            load_square<Mover, false>(r, height, width, place);
            for (int i = 0; i < width; ++i) out.store(panel, position, first + (h + i) * step, r[i], height);
        }
    }
}

template <class Mover, int Width>
void pack_depth(const GemmPacking& in, const Panels<Mover, Width>& out, bool cross) noexcept {
    for (std::int64_t row = 0; row < in.row_count; row += Mover::lanes) {
        for (std::int64_t n = 0; n < in.range_count; ++n) {
            const GemmRange& range = in.ranges[n];
            const std::int64_t runs = cross ? range.fast : range.cross, length = cross ? range.cross : range.fast;
            const std::int64_t step = cross ? range.fast : 1;
            for (std::int64_t i = 0; i < runs; ++i) {
                pack_run_of_depth(in, out, row, range.start + (cross ? i : i * length), step, length);
            }
        }
    }
}

/// The neighbours in the source are rows that are `range.fast` apart.
template <class Mover, int Width>
KADANOFF_LEAF void pack_cross_range(const GemmPacking& in, const Panels<Mover, Width>& out, const GemmRange& range,
                                    std::int64_t k) {
    using Element = typename Mover::Element;
    constexpr int lanes = Mover::lanes;
    const Element* const source = static_cast<const Element*>(in.source) + in.ks[k];
    const std::int64_t panels = range.fast / Width, positions = range.fast % Width;
    typename Mover::Vector r[lanes];
    for (std::int64_t f = 0; f < range.fast; f += lanes) {
        const std::int64_t height = range.fast - f < lanes ? range.fast - f : lanes;
        const std::int64_t* const rows = in.rows + range.start + f;
        std::int64_t panel = (range.start + f) / Width, position = (range.start + f) % Width;
        if (k + 1 < in.depth) {
            const Element* const next = static_cast<const Element*>(in.source) + in.ks[k + 1];
            prefetch_rows<false>(next, rows, height, range.cross);
        }
        for (std::int64_t h = 0; h < range.cross; h += lanes) {
            const std::int64_t width = range.cross - h < lanes ? range.cross - h : lanes;
            const auto place = [&](int i) KADANOFF_INLINE_LAMBDA { return source + rows[i] + h; };
            if (height == lanes && width == lanes) {
                load_square<Mover, true>(r, height, width, place);
            } else {
                load_square<Mover, false>(r, height, width, place);
            }
            for (int i = 0; i < width; ++i) {
                out.store(panel, position, k, r[i], height);
                panel += panels;
                position += positions;
                if (position >= Width) {
                    position -= Width;
                    ++panel;
                }
            }
        }
    }
}

/// Rows with neighbouring addresses, at most a panel of them.
template <class Mover, int Width>
KADANOFF_LEAF void pack_run_of_rows(const GemmPacking& in, typename Mover::Element* to, std::int64_t row,
                                    std::int64_t count) {
    using Element = typename Mover::Element;
    const Element* const source = static_cast<const Element*>(in.source) + in.rows[row];
    if (count == Width) {
        for (std::int64_t k = 0; k < in.depth; ++k) {
            const Element* const from = source + in.ks[k];
            if constexpr (Width % Mover::lanes == 0) {
                KADANOFF_UNROLL
                for (int i = 0; i < Width; i += Mover::lanes) {
                    __builtin_prefetch(from + Width + i, 0, 2);  // the next panel, as a rule
                    Mover::store(to + i, Mover::load(from + i));
                }
            } else {
                __builtin_memcpy(to, from, Width * sizeof(Element));
            }
            to += Width;
        }
        return;
    }
    for (std::int64_t i = 0; i < count; i += Mover::lanes) {
        const std::int64_t left = count - i < Mover::lanes ? count - i : Mover::lanes;
        for (std::int64_t k = 0; k < in.depth; ++k) {
            Mover::store(to + k * Width + i, 0, left, Mover::load(source + in.ks[k] + i, left));
        }
    }
}

template <class Mover, int Width>
void pack_rows(const GemmPacking& in, const Panels<Mover, Width>& out) noexcept {
    for (std::int64_t row = 0; row < in.row_count;) {
        const std::int64_t position = row % Width;
        const std::int64_t left = in.row_count - row, room = Width - position < left ? Width - position : left;
        std::int64_t count = 1;
        while (count < room && in.rows[row + count] == in.rows[row] + count) ++count;
        pack_run_of_rows<Mover, Width>(in, out.at(row / Width, 0) + position, row, count);
        row += count;
    }
}

template <class Mover, int Width>
void pack_scattered(const GemmPacking& in, const Panels<Mover, Width>& out) noexcept {
    using Element = typename Mover::Element;
    const Element* const source = static_cast<const Element*>(in.source);
    for (std::int64_t row = 0; row < in.row_count; ++row) {
        Element* const to = out.at(row / Width, 0) + row % Width;
        const Element* const from = source + in.rows[row];
        for (std::int64_t k = 0; k < in.depth; ++k) to[k * Width] = from[in.ks[k]];
    }
}

/// Writes the elements as they are, and zeros where the last vector has no row.
template <class Mover, int Width>
void pack_plain(const GemmPacking& in, void* target) noexcept {
    const Panels<Mover, Width> out{static_cast<typename Mover::Element*>(target), in.depth};
    if (Width % Mover::lanes == 0 && in.row_count % Mover::lanes != 0) {
        __builtin_memset(out.at(in.row_count / Width, 0), 0,
                         static_cast<std::size_t>(in.depth) * Width * sizeof(typename Mover::Element));
    }
    switch (in.layout) {
        case GemmLayout::rows: return pack_rows(in, out);
        case GemmLayout::depth: return pack_depth(in, out, false);
        case GemmLayout::cross_depth: return pack_depth(in, out, true);
        case GemmLayout::scattered: return pack_scattered(in, out);
        case GemmLayout::cross_rows: break;
    }
    for (std::int64_t k = 0; k < in.depth; ++k) {
        for (std::int64_t n = 0; n < in.range_count; ++n) pack_cross_range(in, out, in.ranges[n], k);
    }
}

/// (re, im) and (-im, re) of each k. The plain panels are the second half of the room, read before they are written
/// over.
template <class Mover, class Number, int Width>
void pack_complex_a(const GemmPacking& in) noexcept {
    const std::int64_t rows = (in.row_count + Width - 1) / Width * in.depth;  // of Width elements
    Number* const target = static_cast<Number*>(in.target);
    const Number* const plain = target + 2 * Width * rows;
    pack_plain<Mover, Width>(in, target + 2 * Width * rows);
    for (std::int64_t row = 0; row < rows; ++row) {
        Number element[2 * Width];
        __builtin_memcpy(element, plain + 2 * Width * row, sizeof element);
        Number* const to = target + 4 * Width * row;
        for (int i = 0; i < 2 * Width; i += 2) {
            to[i] = element[i];
            to[i + 1] = element[i + 1];
            to[2 * Width + i] = -element[i + 1];
            to[2 * Width + i + 1] = element[i];
        }
    }
}

/// All re and then all im of each k.
template <class Mover, class Number, int Width>
void pack_complex_b(const GemmPacking& in) noexcept {
    pack_plain<Mover, Width>(in, in.target);
    Number* to = static_cast<Number*>(in.target);
    const std::int64_t rows = (in.row_count + Width - 1) / Width * in.depth;
    for (std::int64_t row = 0; row < rows; ++row) {
        Number element[2 * Width];
        __builtin_memcpy(element, to, sizeof element);
        for (int i = 0; i < Width; ++i) {
            to[i] = element[2 * i];
            to[Width + i] = element[2 * i + 1];
        }
        to += 2 * Width;
    }
}

/// Writes a block whose rows follow each other in memory into C, where rows `range.fast` apart do.
template <class Mover, class Number>
void unpack_cross(const GemmUnpacking& in) noexcept {
    using Element = typename Mover::Element;
    constexpr int lanes = Mover::lanes;
    for (std::int64_t column = 0; column < in.column_count; ++column) {
        const Element* const source = static_cast<const Element*>(in.source) + column * in.step;
        Element* const target = reinterpret_cast<Element*>(static_cast<Number*>(in.target) + in.columns[column]);
        for (std::int64_t n = 0; n < in.range_count; ++n) {
            const GemmRange& range = in.ranges[n];
            if (column + 1 < in.column_count) {
                const Number* const next = static_cast<const Number*>(in.target) + in.columns[column + 1];
                prefetch_rows<true>(reinterpret_cast<const Element*>(next), in.rows + range.start, range.fast,
                                    range.cross);
            }
            for (std::int64_t h = 0; h < range.cross; h += lanes) {
                const std::int64_t height = range.cross - h < lanes ? range.cross - h : lanes;
                for (std::int64_t f = 0; f < range.fast; f += lanes) {
                    const std::int64_t width = range.fast - f < lanes ? range.fast - f : lanes;
                    const Element* const from = source + range.start + h * range.fast + f;
                    const std::int64_t* const rows = in.rows + range.start + f;
                    const auto place = [&](int i) KADANOFF_INLINE_LAMBDA { return from + i * range.fast; };
                    typename Mover::Vector r[lanes], part[lanes];
                    if (height == lanes && width == lanes) {
                        load_square<Mover, true>(r, height, width, place);
                        KADANOFF_UNROLL
                        for (int i = 0; i < lanes; ++i) Mover::store(target + rows[i] + h, r[i]);
                    } else {
                        load_square<Mover, false>(part, height, width, place);
                        for (int i = 0; i < width; ++i) Mover::store(target + rows[i] + h, 0, height, part[i]);
                    }
                }
            }
        }
    }
}

template <class Mover, int Width>
void pack_real(const GemmPacking& in) noexcept {
    pack_plain<Mover, Width>(in, in.target);
}

}  // namespace
}  // namespace kadanoff
