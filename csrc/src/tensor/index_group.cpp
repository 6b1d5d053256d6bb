#include "tensor/index_group.hpp"

#include <algorithm>
#include <utility>

namespace kadanoff::tensor {

IndexGroup::Piece IndexGroup::cut(std::int64_t extent, std::int64_t most, std::int64_t unit) {
    if (extent <= most) return {std::max<std::int64_t>(extent, 1), 1};
    if (most >= unit) most = most / unit * unit;
    const std::int64_t pieces = (extent + most - 1) / most;
    const std::int64_t even = (extent + pieces - 1) / pieces;
    const std::int64_t size = std::min(std::max(most, unit), (even + unit - 1) / unit * unit);
    return {size, (extent + size - 1) / size};
}

IndexGroup::IndexGroup(Axes<2> axes, std::size_t cross, std::int64_t unit, std::int64_t cross_unit, std::int64_t most)
    : axes_(std::move(axes)) {
    if (axes_.empty()) axes_.push_back({});
    if (cross == 0) {
        axes_.insert(axes_.begin() + 1, Axis<2>{});
        cross_ = {1, 1};
        fast_ = cut(axes_[0].extent, most, unit);
    } else {
        std::rotate(axes_.begin() + 1, axes_.begin() + static_cast<std::ptrdiff_t>(cross),
                    axes_.begin() + static_cast<std::ptrdiff_t>(cross) + 1);
        fast_ = cut(axes_[0].extent, std::max(most / std::min(axes_[1].extent, 2 * cross_unit), unit), unit);
        cross_ = cut(axes_[1].extent, std::max<std::int64_t>(most / fast_.size, 1), cross_unit);
    }
    total_ = volume(axes_);
    const std::int64_t range = fast_.size * cross_.size;
    ranges_ = fast_.count * cross_.count;
    for (std::size_t i = 2; i < axes_.size(); ++i) ranges_ *= axes_[i].extent;
    ranges_per_block_ = std::clamp<std::int64_t>(most / range, 1, ranges_);
    blocks_ = (ranges_ + ranges_per_block_ - 1) / ranges_per_block_;
    ranges_per_block_ = (ranges_ + blocks_ - 1) / blocks_;
    blocks_ = (ranges_ + ranges_per_block_ - 1) / ranges_per_block_;
    most_numbers_ = std::min(ranges_per_block_ * range, total_);
}

void IndexGroup::fill(std::int64_t index, IndexBlock& block) const noexcept {
    const std::int64_t first = index * ranges_per_block_, last = std::min(first + ranges_per_block_, ranges_);
    block.count = 0;
    block.range_count = last - first;
    std::int64_t* offset[2] = {block.offset[0], block.offset[1]};
    for (std::int64_t n = first; n < last; ++n) {
        std::int64_t rest = n;
        const std::int64_t fast_piece = rest % fast_.count;
        rest /= fast_.count;
        const std::int64_t cross_piece = rest % cross_.count;
        rest /= cross_.count;
        const std::int64_t f = fast_piece * fast_.size, c = cross_piece * cross_.size;
        std::int64_t base[2] = {f * axes_[0].stride[0] + c * axes_[1].stride[0],
                                f * axes_[0].stride[1] + c * axes_[1].stride[1]};
        for (std::size_t i = 2; i < axes_.size(); ++i) {
            const std::int64_t at = rest % axes_[i].extent;
            rest /= axes_[i].extent;
            base[0] += at * axes_[i].stride[0];
            base[1] += at * axes_[i].stride[1];
        }
        const std::int64_t fast = std::min(fast_.size, axes_[0].extent - f);
        const std::int64_t cross = std::min(cross_.size, axes_[1].extent - c);
        block.ranges[n - first] = {block.count, fast, cross};
        block.count += fast * cross;
        for (int t = 0; t < 2; ++t) {
            const std::int64_t step = axes_[0].stride[t], cross_step = axes_[1].stride[t];
            for (std::int64_t j = 0; j < cross; ++j) {
                for (std::int64_t i = 0; i < fast; ++i) offset[t][i] = base[t] + j * cross_step + i * step;
                offset[t] += fast;
            }
        }
    }
}

}  // namespace kadanoff::tensor
