#include "tensor/strided_copy.hpp"

#include <algorithm>
#include <utility>

#include "parallel.hpp"

namespace kadanoff::tensor {

namespace {

constexpr std::int64_t least_run_bytes = 32;  ///< shorter ones go by tables
constexpr std::int64_t least_streamed_bytes = 8 << 20;
constexpr std::int64_t most_in_table = 512;
constexpr std::int64_t least_bytes_of_a_thread = 1 << 19;

PermuteKernel kernel_of(int bytes, Isa isa) {
#if defined(KADANOFF_X86_KERNELS)
    if (isa == Isa::avx512) return avx512_permute(bytes);
    if (isa == Isa::avx2 && __builtin_cpu_supports("fma")) return avx2_permute(bytes);
#endif
    (void)isa;
    return scalar_permute(bytes);
}

/// Takes out the axis with the least |stride| in tensor t of those with at most `most` elements.
bool take_fastest(Axes<2>& axes, std::size_t t, std::int64_t most, Axis<2>& taken) {
    auto best = axes.end();
    for (auto axis = axes.begin(); axis != axes.end(); ++axis) {
        if (axis->extent > most) continue;
        if (best == axes.end() || std::abs(axis->stride[t]) < std::abs(best->stride[t])) best = axis;
    }
    if (best == axes.end()) return false;
    taken = *best;
    axes.erase(best);
    return true;
}

}  // namespace

StridedCopy::StridedCopy(Axes<2> axes, int bytes, Isa isa) : kernel_(kernel_of(bytes, isa)), bytes_(bytes) {
    sort_forward(axes, 1, base_);
    choose(std::move(axes));
    outer_total_ = volume(outer_);
}

void StridedCopy::choose(Axes<2> axes) {
    const auto unit = [&](std::size_t t) {
        return std::find_if(axes.begin(), axes.end(), [&](const Axis<2>& axis) {
            return axis.stride[t] == 1 && axis.extent * bytes_ >= least_run_bytes;
        });
    };
    const auto input = unit(0), output = unit(1);
    if (input == axes.end() || output == axes.end()) {
        make_table(axes);
    } else if (input == output) {
        move_ = Move::runs;
        inner_ = *input;
        axes.erase(input);
        if (!axes.empty()) {
            second_ = axes.back();
            axes.pop_back();
        }
    } else {
        move_ = Move::transpose;
        inner_ = *input;
        second_ = *output;
        std::erase_if(axes, [&](const Axis<2>& axis) { return axis == inner_ || axis == second_; });
    }
    outer_ = std::move(axes);
    stream_ = inner_.extent * second_.extent * volume(outer_) * bytes_ >= least_streamed_bytes;
}

/// Of axes that are fast in the output and in the input, in turns.
void StridedCopy::make_table(Axes<2>& axes) {
    Axes<2> inside;
    std::int64_t count = 1;
    Axis<2> taken;
    for (std::size_t t = 1; take_fastest(axes, t, most_in_table / count, taken); t = 1 - t) {
        inside.push_back(taken);
        count *= taken.extent;
    }
    std::stable_sort(inside.begin(), inside.end(),
                     [](const Axis<2>& x, const Axis<2>& y) { return x.stride[1] > y.stride[1]; });
    table_.reserve(static_cast<std::size_t>(count));
    visit_offsets(inside, {}, [&](const std::array<std::int64_t, 2>& at) { table_.push_back({at[0], at[1]}); });
    const auto longest = std::max_element(axes.begin(), axes.end(),
                                          [](const Axis<2>& x, const Axis<2>& y) { return x.extent < y.extent; });
    if (longest == axes.end()) return;
    line_ = *longest;
    axes.erase(longest);
}

template <class Element>
void StridedCopy::move_table(const Element* input, Element* output) const {
    const std::int64_t count = line_.extent, step = line_.stride[0], target_step = line_.stride[1];
    if (table_.size() < 32) {
        for (const Offsets& at : table_) {
            const Element* const from = input + at.input;
            Element* const to = output + at.output;
            for (std::int64_t i = 0; i < count; ++i) to[i * target_step] = from[i * step];
        }
        return;
    }
    for (std::int64_t i = 0; i < count; ++i, input += step, output += target_step) {
        for (const Offsets& at : table_) output[at.output] = input[at.input];
    }
}

void StridedCopy::move(const std::byte* input, std::byte* output) const {
    switch (move_) {
        case Move::runs:
            return kernel_.copy(input, output, second_.extent, inner_.extent, second_.stride[0], second_.stride[1]);
        case Move::transpose:
            return kernel_.transpose(
                {input, output, second_.extent, inner_.extent, second_.stride[0], inner_.stride[1], stream_});
        case Move::table: break;
    }
    struct Element16 {
        std::uint64_t low, high;
    };
    const auto as = [&]<class Element>(Element*) {
        move_table(reinterpret_cast<const Element*>(input), reinterpret_cast<Element*>(output));
    };
    if (bytes_ == 4) return as(static_cast<std::uint32_t*>(nullptr));
    if (bytes_ == 8) return as(static_cast<std::uint64_t*>(nullptr));
    as(static_cast<Element16*>(nullptr));
}

void StridedCopy::run(const std::byte* input, std::byte* output, int threads) const {
    input += base_[0] * bytes_;
    output += base_[1] * bytes_;
    const auto move_range = [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t index = first; index < last; ++index) {
            const std::array<std::int64_t, 2> at = offsets(outer_, index);
            move(input + at[0] * bytes_, output + at[1] * bytes_);
        }
    };
    const std::int64_t elements = outer_total_ * inner_.extent * second_.extent * line_.extent *
                                  std::max<std::int64_t>(static_cast<std::int64_t>(table_.size()), 1);
    const std::int64_t workers =
        std::min<std::int64_t>({threads, outer_total_, elements * bytes_ / least_bytes_of_a_thread});
    if (workers <= 1) return move_range(0, outer_total_);
    run_parallel(static_cast<int>(workers), [&](int worker) {
        move_range(outer_total_ * worker / workers, outer_total_ * (worker + 1) / workers);
    });
}

}  // namespace kadanoff::tensor
