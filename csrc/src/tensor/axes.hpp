#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace kadanoff::tensor {

/// One label, or several that were fused, with its stride in each tensor (0 where the tensor has no such axis).
template <std::size_t Tensors>
struct Axis {
    std::int64_t extent = 1;
    std::array<std::int64_t, Tensors> stride{};
    bool operator==(const Axis&) const = default;
};

template <std::size_t Tensors>
using Axes = std::vector<Axis<Tensors>>;

/// Labels, strides and name of one tensor of a call.
struct TensorAxes {
    const char* name;
    const std::vector<int>& labels;
    const std::vector<std::int64_t>& strides;
};

/// Throws InvalidArgument unless every label is in [0, extents.size()), at most once in the tensor, with one stride.
void check_axes(const char* call, const TensorAxes& tensor, const std::vector<std::int64_t>& extents);

/// Where `label` is in the tensor; -1 if it has none.
int position(const std::vector<int>& labels, int label);

/// Leaves out axes of extent 1, and joins neighbours that are one axis in every tensor. The last axis is the fastest.
template <std::size_t Tensors>
void fuse(Axes<Tensors>& axes) {
    Axes<Tensors> result;
    for (const Axis<Tensors>& axis : axes) {
        if (axis.extent == 1) continue;
        if (!result.empty()) {
            Axis<Tensors>& slower = result.back();
            bool one = true;
            for (std::size_t t = 0; t < Tensors; ++t) one &= slower.stride[t] == axis.extent * axis.stride[t];
            if (one) {
                slower.extent *= axis.extent;
                slower.stride = axis.stride;
                continue;
            }
        }
        result.push_back(axis);
    }
    axes = std::move(result);
}

/// Turns axes round that run backwards in tensor t, so that `base` is the first element of each tensor; sorts them,
/// the slowest in t first, and fuses them.
template <std::size_t Tensors>
void sort_forward(Axes<Tensors>& axes, std::size_t t, std::int64_t* base) {
    for (Axis<Tensors>& axis : axes) {
        if (axis.stride[t] >= 0) continue;
        for (std::size_t i = 0; i < Tensors; ++i) {
            base[i] += (axis.extent - 1) * axis.stride[i];
            axis.stride[i] = -axis.stride[i];
        }
    }
    std::stable_sort(axes.begin(), axes.end(),
                     [&](const Axis<Tensors>& x, const Axis<Tensors>& y) { return x.stride[t] > y.stride[t]; });
    fuse(axes);
}

/// Product of the extents.
template <std::size_t Tensors>
std::int64_t volume(const Axes<Tensors>& axes) {
    std::int64_t result = 1;
    for (const Axis<Tensors>& axis : axes) result *= axis.extent;
    return result;
}

/// The offsets of the index'th element, counted with the last axis fastest.
template <std::size_t Tensors>
std::array<std::int64_t, Tensors> offsets(const Axes<Tensors>& axes, std::int64_t index) {
    std::array<std::int64_t, Tensors> result{};
    for (std::size_t i = axes.size(); i-- > 0;) {
        for (std::size_t t = 0; t < Tensors; ++t) result[t] += index % axes[i].extent * axes[i].stride[t];
        index /= axes[i].extent;
    }
    return result;
}

/// Calls body(offsets) for every index, last axis fastest.
template <std::size_t Tensors, class Body>
void visit_offsets(const Axes<Tensors>& axes, std::array<std::int64_t, Tensors> offset, Body body,
                   std::size_t depth = 0) {
    if (depth == axes.size()) {
        body(offset);
        return;
    }
    for (std::int64_t i = 0; i < axes[depth].extent; ++i) {
        visit_offsets(axes, offset, body, depth + 1);
        for (std::size_t t = 0; t < Tensors; ++t) offset[t] += axes[depth].stride[t];
    }
}

}  // namespace kadanoff::tensor
