// Included once by each permute_ISA.cpp, after its Mover. The ODR contract of checkerboard_inl.hpp holds here too.

#include <cstddef>

#include "kernels/permute.hpp"
#include "kernels/squares_inl.hpp"

namespace kadanoff {
namespace {

template <bool Value>
struct Constant {
    static constexpr bool value = Value;
};

/// Squares of a strip of the source, `height` rows high, at most as high as a square.
template <class Mover, bool High, bool Stream = false>
KADANOFF_LEAF void transpose_strip(const TransposeJob& job, const typename Mover::Element* source,
                                   typename Mover::Element* target, std::int64_t height, std::int64_t width) {
    constexpr int lanes = Mover::lanes;
    typename Mover::Vector r[lanes];
    std::int64_t x = 0;
    const auto place = [&](int i) KADANOFF_INLINE_LAMBDA { return source + i * job.source_step + x; };
    if constexpr (High) {
        for (; x + lanes <= width; x += lanes) {
            KADANOFF_UNROLL
            for (int i = 0; i < lanes; ++i) __builtin_prefetch(source + (lanes + i) * job.source_step + x, 0, 2);
            load_square<Mover, true>(r, lanes, lanes, place);
            KADANOFF_UNROLL
            for (int i = 0; i < lanes; ++i) {
                if constexpr (Stream) {
                    Mover::stream(target + (x + i) * job.target_step, r[i]);
                } else {
                    Mover::store(target + (x + i) * job.target_step, r[i]);
                }
            }
        }
    }
    for (; x < width; x += lanes) {
        const std::int64_t left = width - x < lanes ? width - x : lanes;
        load_square<Mover, false>(r, height, left, place);
        for (int i = 0; i < left; ++i) Mover::store(target + (x + i) * job.target_step, 0, height, r[i]);
    }
}

/// Rows until those of the target begin on a vector's boundary; -1 if they never do all together.
template <class Mover>
KADANOFF_LEAF std::int64_t rows_to_boundary(const TransposeJob& job) {
    using Element = typename Mover::Element;
    constexpr std::int64_t size = sizeof(Element), bytes = Mover::lanes * size;
    const auto over = static_cast<std::int64_t>(reinterpret_cast<std::uintptr_t>(job.target) % bytes);
    if (job.target_step * size % bytes != 0 || over % size != 0) return -1;
    return (bytes - over) % bytes / size;
}

/// Strips of a block of columns, so narrow that the lines of the target which a strip ends in are still near when the
/// next begins in them. Vectors on their boundaries go past the caches if the job says so.
template <class Mover>
void transpose_matrix(const TransposeJob& job) noexcept {
    using Element = typename Mover::Element;
    constexpr std::int64_t lanes = Mover::lanes, block = 256 / sizeof(Element);
    const std::int64_t uneven = rows_to_boundary<Mover>(job);
    const bool stream = job.stream && uneven >= 0;
    for (std::int64_t x = 0; x < job.width; x += block) {
        const std::int64_t width = job.width - x < block ? job.width - x : block;
        const Element* source = static_cast<const Element*>(job.source) + x;
        Element* target = static_cast<Element*>(job.target) + x * job.target_step;
        const auto strip = [&](auto high, std::int64_t y, std::int64_t height) KADANOFF_INLINE_LAMBDA {
            transpose_strip<Mover, high.value>(job, source + y * job.source_step, target + y, height, width);
        };
        std::int64_t y = 0;
        if (uneven > 0) {
            y = uneven < job.height ? uneven : job.height;
            strip(Constant<false>{}, 0, y);
        }
        if (stream) {
            for (; y + lanes <= job.height; y += lanes) {
                transpose_strip<Mover, true, true>(job, source + y * job.source_step, target + y, lanes, width);
            }
        }
        for (; y + lanes <= job.height; y += lanes) strip(Constant<true>{}, y, lanes);
        if (y < job.height) strip(Constant<false>{}, y, job.height - y);
    }
    if (stream) Mover::fence();
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
