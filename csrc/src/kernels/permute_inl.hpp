// Included once by each permute_ISA.cpp, after its Mover. The ODR contract of checkerboard_inl.hpp holds here too.

#include <cstddef>

#include "kernels/permute.hpp"
#include "kernels/squares_inl.hpp"

namespace kadanoff {
namespace {

/// Squares of a strip of the source, `height` rows high, at most as high as a square.
template <class Mover, bool High>
KADANOFF_LEAF void transpose_strip(const TransposeJob& job, const typename Mover::Element* source,
                                   typename Mover::Element* target, std::int64_t height, std::int64_t width) {
    constexpr int lanes = Mover::lanes;
    typename Mover::Vector r[lanes];
    std::int64_t x = 0;
    const auto place = [&](int i) KADANOFF_INLINE_LAMBDA { return source + i * job.source_step + x; };
    if constexpr (High) {
        for (; x + lanes <= width; x += lanes) {
            load_square<Mover, true>(r, lanes, lanes, place);
            KADANOFF_UNROLL
            for (int i = 0; i < lanes; ++i) Mover::store(target + (x + i) * job.target_step, r[i]);
        }
    }
    for (; x < width; x += lanes) {
        const std::int64_t left = width - x < lanes ? width - x : lanes;
        load_square<Mover, false>(r, height, left, place);
        for (int i = 0; i < left; ++i) Mover::store(target + (x + i) * job.target_step, 0, height, r[i]);
    }
}

/// Strips of a block of columns, so that the lines of the target that a strip ends in are still near when the next
/// begins in them.
template <class Mover>
void transpose_matrix(const TransposeJob& job) noexcept {
    using Element = typename Mover::Element;
    constexpr std::int64_t lanes = Mover::lanes, block = 2048 / sizeof(Element);
    for (std::int64_t x = 0; x < job.width; x += block) {
        const std::int64_t width = job.width - x < block ? job.width - x : block;
        const Element* source = static_cast<const Element*>(job.source) + x;
        Element* target = static_cast<Element*>(job.target) + x * job.target_step;
        std::int64_t y = 0;
        for (; y + lanes <= job.height; y += lanes) {
            transpose_strip<Mover, true>(job, source + y * job.source_step, target + y, lanes, width);
        }
        if (y < job.height) {
            transpose_strip<Mover, false>(job, source + y * job.source_step, target + y, job.height - y, width);
        }
    }
}

template <class Mover>
void copy_runs(const void* from, void* to, std::int64_t count, std::int64_t length, std::int64_t source_step,
               std::int64_t target_step) noexcept {
    using Element = typename Mover::Element;
    const Element* source = static_cast<const Element*>(from);
    Element* target = static_cast<Element*>(to);
    for (std::int64_t i = 0; i < count; ++i, source += source_step, target += target_step) {
        std::int64_t x = 0;
        for (; x + Mover::lanes <= length; x += Mover::lanes) Mover::store(target + x, Mover::load(source + x));
        if (x < length) Mover::store(target + x, 0, length - x, Mover::load(source + x, length - x));
    }
}

template <template <int> class Mover>
PermuteKernel select_permute(int bytes) noexcept {
    if (bytes == 4) return {transpose_matrix<Mover<4>>, copy_runs<Mover<4>>};
    if (bytes == 8) return {transpose_matrix<Mover<8>>, copy_runs<Mover<8>>};
    return {transpose_matrix<Mover<16>>, copy_runs<Mover<16>>};
}

}  // namespace
}  // namespace kadanoff
