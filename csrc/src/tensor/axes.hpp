#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
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

/// Product of the extents.
template <std::size_t Tensors>
std::int64_t volume(const Axes<Tensors>& axes) {
    std::int64_t result = 1;
    for (const Axis<Tensors>& axis : axes) result *= axis.extent;
    return result;
}

/// Calls body(offsets) for every index, last axis fastest.
template <std::size_t Tensors, class Body>
void for_each(const Axes<Tensors>& axes, std::array<std::int64_t, Tensors> offset, Body body, std::size_t depth = 0) {
    if (depth == axes.size()) {
        body(offset);
        return;
    }
    for (std::int64_t i = 0; i < axes[depth].extent; ++i) {
        for_each(axes, offset, body, depth + 1);
        for (std::size_t t = 0; t < Tensors; ++t) offset[t] += axes[depth].stride[t];
    }
}

}  // namespace kadanoff::tensor
