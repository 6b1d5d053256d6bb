#pragma once

#include <cstddef>
#include <cstdint>

#include "tensor/path/tree.hpp"

namespace kadanoff::paths {

/// Legs around a rotation that turns ((kept, other), sibling) into ((kept, sibling), other).
struct Rotation {
    const std::uint64_t *kept, *sibling, *other;
    const std::uint64_t* above;  ///< of the result of all three
    std::uint64_t* joined;       ///< gets those of (kept, sibling)
};

/// log2 of the flops of (kept, sibling) and of the pair above it, and of the size of the former.
struct RotationSizes {
    double below, here, joined;
};

/// Weighs rotations; `weights` are those of each word's bits, or for sets of one weight that weight alone.
using WeighRotation = RotationSizes (*)(const Rotation& rotation, std::size_t words, const double* weights) noexcept;

/// The function for a layout and this processor; null if bits of a word differ in weight.
WeighRotation choose_weigh_rotation(const BitLayout& layout);

}  // namespace kadanoff::paths
