#include "tensor/path/rotation.hpp"

#include "kadanoff/isa.hpp"

namespace kadanoff::paths {

namespace {

// Written once, inlined into a function for processors that count bits in one instruction and one for all others.
[[gnu::always_inline]] inline RotationSizes count(const Rotation& r, std::size_t words,
                                                  const double* weights) noexcept {
    int below = 0, here = 0, joined = 0;
    for (std::size_t w = 0; w < words; ++w) {
        const std::uint64_t both = r.kept[w] | r.sibling[w], legs = both & (r.other[w] | r.above[w]);
        r.joined[w] = legs;
        below += __builtin_popcountll(both);
        here += __builtin_popcountll(legs | r.other[w]);
        joined += __builtin_popcountll(legs);
    }
    return {*weights * below, *weights * here, *weights * joined};
}

[[gnu::always_inline]] inline RotationSizes weigh(const Rotation& r, std::size_t words,
                                                  const double* weights) noexcept {
    RotationSizes sizes{0.0, 0.0, 0.0};
    for (std::size_t w = 0; w < words; ++w) {
        const std::uint64_t both = r.kept[w] | r.sibling[w], legs = both & (r.other[w] | r.above[w]);
        r.joined[w] = legs;
        sizes.below += weights[w] * __builtin_popcountll(both);
        sizes.here += weights[w] * __builtin_popcountll(legs | r.other[w]);
        sizes.joined += weights[w] * __builtin_popcountll(legs);
    }
    return sizes;
}

RotationSizes count_anywhere(const Rotation& r, std::size_t words, const double* weights) noexcept {
    return count(r, words, weights);
}

RotationSizes weigh_anywhere(const Rotation& r, std::size_t words, const double* weights) noexcept {
    return weigh(r, words, weights);
}

#if defined(KADANOFF_X86_KERNELS)
[[gnu::target("popcnt")]] RotationSizes count_fast(const Rotation& r, std::size_t words,
                                                   const double* weights) noexcept {
    return count(r, words, weights);
}

[[gnu::target("popcnt")]] RotationSizes weigh_fast(const Rotation& r, std::size_t words,
                                                   const double* weights) noexcept {
    return weigh(r, words, weights);
}
#endif

}  // namespace

WeighRotation choose_weigh_rotation(const BitLayout& layout) {
    if (!layout.words_are_uniform()) return nullptr;
#if defined(KADANOFF_X86_KERNELS)
    if (active_isa() != Isa::scalar) return layout.uniform() > 0.0 ? count_fast : weigh_fast;
#endif
    return layout.uniform() > 0.0 ? count_anywhere : weigh_anywhere;
}

}  // namespace kadanoff::paths
