#include "tensor/network/blocks.hpp"

#include <algorithm>
#include <functional>
#include <numeric>

#include "tensor/network/program.hpp"
#include "tensor/network/tree.hpp"

namespace kadanoff::networks {

namespace {

std::int64_t product(const std::vector<std::int64_t>& extents) {
    return std::accumulate(extents.begin(), extents.end(), std::int64_t{1}, std::multiplies<>());
}

/// Bytes of what one slice gives.
std::size_t slice_bytes(const Program& program) {
    std::int64_t elements = product(program.result.extents);
    for (const Addition& gradient : program.gradients) elements += product(gradient.extents);
    return static_cast<std::size_t>(elements) * size_of(program.dtype);
}

/// Milliseconds of work, in which a worker that hands over its sum loses nothing; more where there is plenty, so that
/// others need not wait for one that the machine delays. Gradients do not count: results are the same with them.
std::int64_t wanted_slices(const Program& program) {
    constexpr double least = 4e6, most = 4e7, blocks = 256;
    const double slice = program.slice_work(program.forward_steps);
    const double work = std::clamp(slice * static_cast<double>(program.slices) / blocks, least, most);
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(work / slice));
}

}  // namespace

void Blocks::plan(const Program& program) {
    // The sums of a block are held beside the tensors of a slice, and take no more than in the order of these.
    const std::size_t limit =
        slice_bytes(program) * 3 / 2 + program.arena_bytes / 8 + 64 * (1 + program.gradients.size());
    for (std::int64_t slices = wanted_slices(program);; slices /= 2) {
        choose(program, slices);
        if (bytes_ <= limit || slices == 1) return;
    }
}

void Blocks::choose(const Program& program, std::int64_t slices) {
    inner_ = 1;
    cut_ = program.sliced.size() - 1;
    while (cut_ > 0 && inner_ * program.sliced[cut_].size <= slices) inner_ *= program.sliced[cut_--].size;
    cut_size_ = program.sliced[cut_].size;
    chunk_ = std::clamp<std::int64_t>(slices / inner_, 1, cut_size_);
    const std::int64_t chunks = (cut_size_ + chunk_ - 1) / chunk_;
    chunk_ = (cut_size_ + chunks - 1) / chunks;  // all about alike
    count_ = program.slices / inner_ / cut_size_ * ((cut_size_ + chunk_ - 1) / chunk_);
    bytes_ = 0;
    sums_.clear();
    sums_.push_back(lay_out(program, program.result));
    for (const Addition& gradient : program.gradients) sums_.push_back(lay_out(program, gradient));
}

SliceRange Blocks::range(std::int64_t block) const noexcept {
    const std::int64_t chunks = (cut_size_ + chunk_ - 1) / chunk_;
    const std::int64_t value = block % chunks * chunk_, values = std::min(chunk_, cut_size_ - value);
    return {(block / chunks * cut_size_ + value) * inner_, values * inner_, value, values};
}

std::int64_t Blocks::offset(const BlockSum& sum, const std::vector<std::int64_t>& values,
                            const SliceRange& range) const noexcept {
    std::int64_t result = -range.value * sum.strides[cut_];
    for (std::size_t s = cut_; s < values.size(); ++s) result += values[s] * sum.strides[s];
    return result;
}

/// The labels that vary in a block, then the axes of a slice.
BlockSum Blocks::lay_out(const Program& program, const Addition& addition) {
    BlockSum sum{addition, addition, std::vector<std::int64_t>(program.sliced.size(), 0)};
    std::vector<std::int64_t>& dense = sum.from_slice.to;
    std::int64_t stride = 1;
    for (std::size_t i = dense.size(); i-- > 0;) {
        dense[i] = stride;
        stride *= addition.extents[i];
    }
    sum.to_whole.from = dense;
    for (std::size_t s = program.sliced.size(); s-- > cut_;) {
        const std::int64_t whole = program.sliced[s].stride_in(addition.input);
        if (whole == 0) continue;
        const std::int64_t extent = s == cut_ ? chunk_ : program.sliced[s].size;
        sum.is_cut |= s == cut_;
        sum.strides[s] = stride;
        sum.to_whole.extents.insert(sum.to_whole.extents.begin(), extent);
        sum.to_whole.from.insert(sum.to_whole.from.begin(), stride);
        sum.to_whole.to.insert(sum.to_whole.to.begin(), whole);
        stride *= extent;
    }
    sum.from_slice.total = stride;
    sum.offset = bytes_;
    bytes_ += (static_cast<std::size_t>(stride) * size_of(program.dtype) + 63) / 64 * 64;
    return sum;
}

}  // namespace kadanoff::networks
