// Part of gemm_inl.hpp and permute_inl.hpp: squares of elements that are transposed in registers.

#include <cstdint>

#include "kadanoff/config.hpp"

namespace kadanoff {
namespace {

/// As many elements as lanes from each of `height` places; `width` of them are wanted.
template <class Mover, bool Full, class Place>
KADANOFF_LEAF void load_square(typename Mover::Vector* r, std::int64_t height, std::int64_t width, Place place) {
    KADANOFF_UNROLL
    for (int i = 0; i < Mover::lanes; ++i) {
        if constexpr (Full) {
            r[i] = Mover::load(place(i));
        } else {
            r[i] = i < height ? Mover::load(place(i), width) : Mover::zero();
        }
    }
    Mover::transpose(r);
}

/// Brings the lines of `count` rows near, `width` elements of each.
template <bool Write, class Element>
KADANOFF_LEAF void prefetch_rows(const Element* base, const std::int64_t* rows, std::int64_t count,
                                 std::int64_t width) {
    const std::int64_t bytes = width * static_cast<std::int64_t>(sizeof(Element));
    for (std::int64_t i = 0; i < count; ++i) {
        const char* const line = reinterpret_cast<const char*>(base + rows[i]);
        for (std::int64_t at = 0; at < bytes; at += 64) __builtin_prefetch(line + at, Write, 2);
        __builtin_prefetch(line + bytes - 1, Write, 2);
    }
}

}  // namespace
}  // namespace kadanoff
