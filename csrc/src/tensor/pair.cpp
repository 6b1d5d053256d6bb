#include "kadanoff/tensor/pair.hpp"

#include <algorithm>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "kadanoff/error.hpp"
#include "kadanoff/tensor/permute.hpp"
#include "tensor/axes.hpp"
#include "tensor/direct.hpp"
#include "tensor/gemm.hpp"
#include "tensor/small_products.hpp"
#include "tensor/stream.hpp"

namespace kadanoff {

namespace tensor {

namespace {

void check(const PairSpec& spec) {
    check_axes("contract", {"the left tensor", spec.left, spec.left_strides}, spec.extents);
    check_axes("contract", {"the right tensor", spec.right, spec.right_strides}, spec.extents);
    check_axes("contract", {"the output", spec.output, spec.output_strides}, spec.extents);
    for (const int label : spec.output) {
        if (position(spec.left, label) >= 0 || position(spec.right, label) >= 0) continue;
        throw InvalidArgument("[contract] expected labels of the output in an operand, got " + std::to_string(label) +
                              " in neither");
    }
}

/// Sorts the labels by their roles. Nothing is summed in one operand alone.
PairAxes sort_labels(const PairSpec& spec) {
    PairAxes result;
    const auto stride = [](const std::vector<int>& labels, const std::vector<std::int64_t>& strides, int label) {
        const int at = position(labels, label);
        return at < 0 ? 0 : strides[static_cast<std::size_t>(at)];
    };
    const auto axis = [&](int label) -> Axis<3> {
        return {spec.extents[static_cast<std::size_t>(label)],
                {stride(spec.left, spec.left_strides, label), stride(spec.right, spec.right_strides, label),
                 stride(spec.output, spec.output_strides, label)}};
    };
    for (const int label : spec.output) {
        const bool in_left = position(spec.left, label) >= 0, in_right = position(spec.right, label) >= 0;
        (in_left && in_right ? result.batch : in_left ? result.m : result.n).push_back(axis(label));
    }
    for (const int label : spec.left) {
        if (position(spec.output, label) < 0) result.k.push_back(axis(label));
    }
    for (Axes<3>* group : {&result.batch, &result.m, &result.n, &result.k}) fuse(*group);
    return result;
}

/// Writes an operand, or its sums over what only it has, into a dense tensor that takes its place.
struct Presum {
    Permutation sum;
    std::size_t bytes;
};

/// `sum` needs its output's labels alone.
Presum replace(PermuteSpec sum, Isa isa, std::vector<int>& labels, std::vector<std::int64_t>& strides) {
    std::int64_t stride = 1;
    sum.output_strides.resize(sum.output.size());
    for (std::size_t i = sum.output.size(); i-- > 0;) {
        sum.output_strides[i] = stride;
        stride *= sum.extents[static_cast<std::size_t>(sum.output[i])];
    }
    labels = sum.output;
    strides = sum.output_strides;
    const std::size_t bytes = (static_cast<std::size_t>(stride) * size_of(sum.dtype) + 63) / 64 * 64;
    return {Permutation(sum, isa), bytes};
}

/// Takes out of an operand the labels that only it has; nothing if there are none.
std::optional<Presum> presum(const PairSpec& spec, Isa isa, const std::vector<int>& other, std::vector<int>& labels,
                             std::vector<std::int64_t>& strides) {
    PermuteSpec sum{spec.dtype, labels, {}, spec.extents, strides, {}};
    for (const int label : labels) {
        const bool kept = position(other, label) >= 0 || position(spec.output, label) >= 0;
        if (kept) sum.output.push_back(label);
    }
    if (sum.output.size() == labels.size()) return {};
    return replace(std::move(sum), isa, labels, strides);
}

/// Copies a small operand so that its neighbours are along the label which the other one has them along, and which is
/// summed over; nothing if they are, or if it is not much smaller.
std::optional<Presum> turn(const PairSpec& spec, Isa isa, const TensorAxes& other, std::vector<int>& labels,
                           std::vector<std::int64_t>& strides) {
    constexpr std::int64_t least_run = 32, least_ratio = 8;
    const auto elements = [&](const std::vector<int>& of) {
        std::int64_t result = 1;
        for (const int label : of) result *= spec.extents[static_cast<std::size_t>(label)];
        return result;
    };
    if (least_ratio * elements(labels) > elements(other.labels)) return {};
    for (std::size_t i = 0; i < other.labels.size(); ++i) {
        const int label = other.labels[i], here = position(labels, label);
        if (other.strides[i] != 1 || here < 0 || position(spec.output, label) >= 0) continue;
        if (spec.extents[static_cast<std::size_t>(label)] < least_run) return {};
        if (strides[static_cast<std::size_t>(here)] == 1) return {};
        PermuteSpec copy{spec.dtype, labels, labels, spec.extents, strides, {}};
        std::rotate(copy.output.begin() + here, copy.output.begin() + here + 1, copy.output.end());
        return replace(std::move(copy), isa, labels, strides);
    }
    return {};
}

/// A contraction of so few products that offsets made before beat any packing.
bool is_small(const PairAxes& axes) {
    constexpr std::int64_t most_products = 256;
    std::int64_t product = 1;
    for (const Axes<3>* group : {&axes.m, &axes.n, &axes.k}) {
        for (const Axis<3>& axis : *group) {
            if (axis.extent > most_products) return false;
            product *= axis.extent;
            if (product > most_products) return false;
        }
    }
    return true;
}

bool is_empty(const PairAxes& axes) { return volume(axes.batch) == 0 || volume(axes.m) == 0 || volume(axes.n) == 0; }

/// Makes every output a contraction of its own.
void loop_over_outputs(PairAxes& axes) {
    for (Axes<3>* group : {&axes.m, &axes.n}) {
        axes.batch.insert(axes.batch.end(), group->begin(), group->end());
        group->clear();
    }
}

}  // namespace

class PairPlan {
public:
    PairPlan(PairSpec spec, Isa isa) {
        check(spec);
        left_sum_ = presum(spec, isa, spec.right, spec.left, spec.left_strides);
        right_sum_ = presum(spec, isa, spec.left, spec.right, spec.right_strides);
        PairAxes axes = sort_labels(spec);
        if (is_empty(axes)) return;
        const bool zero = volume(axes.k) == 0;
        if (zero) loop_over_outputs(axes);
        if (!zero) small_ = SmallProducts::plan(axes, spec.dtype, isa);
        if (small_) return;
        if (!zero && Stream::serves(axes)) {
            if (volume(axes.k) > 1 && !left_sum_ && !right_sum_) {
                left_sum_ = turn(spec, isa, {"", spec.right, spec.right_strides}, spec.left, spec.left_strides);
                right_sum_ = turn(spec, isa, {"", spec.left, spec.left_strides}, spec.right, spec.right_strides);
                axes = sort_labels(spec);
            }
            stream_.emplace(axes, spec.dtype, isa);
        } else if (zero || is_small(axes)) {
            direct_.emplace(axes, spec.dtype);
        } else {
            gemm_.emplace(axes, spec.dtype, isa);
        }
    }

    std::size_t workspace_bytes(int threads) const {
        std::size_t bytes = gemm_ ? gemm_->workspace_bytes(threads) : 0;
        for (const std::optional<Presum>* sum : {&left_sum_, &right_sum_}) {
            if (*sum) bytes += (*sum)->bytes;
        }
        return bytes;
    }

    void run(const void* left, const void* right, void* output, void* workspace, int threads) const {
        if (left_sum_ || right_sum_) {
            auto* room = static_cast<std::byte*>(workspace);
            left = sum_first(left_sum_, left, room, threads);
            right = sum_first(right_sum_, right, room, threads);
            workspace = room;
        }
        if (small_) {
            small_->run(left, right, output, threads);
        } else if (direct_) {
            direct_->run(left, right, output);
        } else if (stream_) {
            stream_->run(left, right, output, threads);
        } else if (gemm_) {
            gemm_->run(left, right, output, workspace, threads);
        }
    }

private:
    static const void* sum_first(const std::optional<Presum>& sum, const void* tensor, std::byte*& room, int threads) {
        if (!sum) return tensor;
        sum->sum.run(tensor, room, threads);
        return std::exchange(room, room + sum->bytes);
    }

    std::optional<Presum> left_sum_, right_sum_;
    std::optional<SmallProducts> small_;
    std::optional<Direct> direct_;
    std::optional<Stream> stream_;
    std::optional<Gemm> gemm_;
};

}  // namespace tensor

PairContraction::PairContraction(const PairSpec& spec) : PairContraction(spec, active_isa()) {}

PairContraction::PairContraction(const PairSpec& spec, Isa isa)
    : plan_(std::make_shared<const tensor::PairPlan>(spec, isa)) {}

std::size_t PairContraction::workspace_bytes(int threads) const noexcept { return plan_->workspace_bytes(threads); }

void PairContraction::run(const void* left, const void* right, void* output, void* workspace, int threads) const {
    if (workspace != nullptr) return plan_->run(left, right, output, workspace, threads);
    const std::size_t bytes = plan_->workspace_bytes(threads);
    if (bytes == 0) return plan_->run(left, right, output, nullptr, threads);
    const std::unique_ptr<std::byte[]> room(new std::byte[bytes]);
    plan_->run(left, right, output, room.get(), threads);
}

}  // namespace kadanoff
