#include "kadanoff/tensor/einsum.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "kadanoff/error.hpp"
#include "kadanoff/tensor/pair.hpp"
#include "kadanoff/tensor/permute.hpp"
#include "parallel.hpp"
#include "tensor/arena.hpp"
#include "tensor/axes.hpp"
#include "tensor/workspace.hpp"

namespace kadanoff {

namespace {

using Labels = std::vector<int>;
using Strides = std::vector<std::int64_t>;

/// Below it, starting threads takes longer than they save.
constexpr double work_for_threads = 1 << 22;
/// Operands whose addresses are kept on the stack.
constexpr std::size_t few_slots = 16;

/// Distinct labels of extents other than 1, and their strides in elements.
struct Labelled {
    Labels labels;
    Strides strides;
};

/// A diagonal's stride is the sum of its axes' strides. An axis of 1 has no part in the work.
Labelled reduce(const Labels& labels, const TensorLayout& layout) {
    Labelled result;
    for (std::size_t axis = 0; axis < labels.size(); ++axis) {
        if (layout.shape[axis] == 1) continue;
        const int seen = tensor::position(result.labels, labels[axis]);
        if (seen >= 0) {
            result.strides[static_cast<std::size_t>(seen)] += layout.strides[axis];
        } else {
            result.labels.push_back(labels[axis]);
            result.strides.push_back(layout.strides[axis]);
        }
    }
    return result;
}

TensorLayout c_order(const Labels& labels, const std::vector<std::int64_t>& extents) {
    TensorLayout layout{{}, Strides(labels.size())};
    for (const int label : labels) layout.shape.push_back(extents[static_cast<std::size_t>(label)]);
    double elements = 1;
    std::int64_t stride = 1;
    for (std::size_t axis = labels.size(); axis-- > 0;) {
        layout.strides[axis] = stride;
        elements *= static_cast<double>(std::max<std::int64_t>(layout.shape[axis], 1));
        if (elements > 0x1p58) throw InvalidArgument("[einsum] expected a result of at most 2^58 elements, got more");
        stride *= std::max<std::int64_t>(layout.shape[axis], 1);
    }
    return layout;
}

std::vector<std::vector<std::int64_t>> shapes_of(const std::vector<TensorLayout>& layouts) {
    std::vector<std::vector<std::int64_t>> shapes;
    for (const TensorLayout& layout : layouts) {
        if (layout.shape.size() != layout.strides.size()) {
            throw InvalidArgument("[einsum] expected a stride for each axis of an operand, got " +
                                  std::to_string(layout.strides.size()) + " strides of " +
                                  std::to_string(layout.shape.size()) + " axes");
        }
        shapes.push_back(layout.shape);
    }
    return shapes;
}

/// Labels of a result in the order in which they lie in memory: those of both operands first.
Labels memory_order(const Labelled& left, const Labelled& right, const Labels& kept) {
    Labels result;
    const auto take = [&](const Labelled& from, const Labelled& other, bool shared) {
        std::vector<std::pair<std::int64_t, int>> found;
        for (std::size_t i = 0; i < from.labels.size(); ++i) {
            const int label = from.labels[i];
            if (tensor::position(kept, label) < 0) continue;
            if ((tensor::position(other.labels, label) >= 0) != shared) continue;
            found.emplace_back(-std::abs(from.strides[i]), label);
        }
        std::sort(found.begin(), found.end());
        for (const auto& [stride, label] : found) result.push_back(label);
    };
    take(left, right, true);
    take(left, right, false);
    take(right, left, false);
    return result;
}

}  // namespace

/// Slots are the operands, and then what each step makes.
class Einsum::Plan {
public:
    Plan(std::string_view text, DType dtype, const std::vector<TensorLayout>& operands,
         const std::optional<Strides>& output_strides, const EinsumPath& path);

    void run(const void* const* operands, void* output, int threads) const;

    std::vector<std::int64_t> output_shape;
    std::optional<Strides> view_strides;
    double work = 0;

private:
    struct Step {
        std::size_t left = 0, right = 0;  ///< slots; the right one is of pairs
        std::size_t offset = 0;           ///< of the result in the workspace
        double work = 0;
        std::optional<Permutation> permutation;
        std::optional<PairContraction> pair;
    };

    void add_pairs(const EinsumPath& path, const Labelled& output);
    void add_step(Step step, const Labelled& result, bool last);
    void set_view(const Strides& strides);
    double volume(const Labels& labels) const;
    double products(const Labelled& left, const Labelled& right, const Labels& kept) const;
    void run_steps(const void** slots, std::byte* workspace, void* output, int threads) const;
    static int threads_for(const Step& step, int threads) { return step.work < work_for_threads ? 1 : threads; }

    DType dtype_;
    EinsumEquation equation_;
    std::size_t operands_;
    std::vector<Labelled> slots_;
    std::vector<std::size_t> offsets_;  ///< of the slots, in the workspace; unused of operands
    tensor::Arena arena_;
    std::vector<Step> steps_;
};

Einsum::Plan::Plan(std::string_view text, DType dtype, const std::vector<TensorLayout>& operands,
                   const std::optional<Strides>& output_strides, const EinsumPath& path)
    : dtype_(dtype), equation_(parse_einsum(text, shapes_of(operands))), operands_(operands.size()) {
    for (std::size_t i = 0; i < operands_; ++i) slots_.push_back(reduce(equation_.operands[i], operands[i]));
    TensorLayout layout = c_order(equation_.output, equation_.extents);
    if (output_strides) {
        if (output_strides->size() != layout.shape.size()) {
            throw InvalidArgument("[einsum] expected out with " + std::to_string(layout.shape.size()) + " axes, got " +
                                  std::to_string(output_strides->size()));
        }
        layout.strides = *output_strides;
    }
    output_shape = layout.shape;
    const Labelled output = reduce(equation_.output, layout);
    if (operands_ == 1) {
        set_view(operands[0].strides);
        Step step;
        step.work = volume(slots_[0].labels);
        step.permutation.emplace(
            PermuteSpec{dtype_, slots_[0].labels, output.labels, equation_.extents, slots_[0].strides, output.strides});
        add_step(std::move(step), output, true);
    } else {
        add_pairs(path, output);
    }
}

void Einsum::Plan::set_view(const Strides& strides) {
    Strides result(equation_.output.size());
    for (std::size_t axis = 0; axis < strides.size(); ++axis) {
        const int at = tensor::position(equation_.output, equation_.operands[0][axis]);
        if (at < 0) return;
        result[static_cast<std::size_t>(at)] += strides[axis];
    }
    view_strides = std::move(result);
}

double Einsum::Plan::volume(const Labels& labels) const {
    double result = 1;
    for (const int label : labels) result *= static_cast<double>(equation_.extents[static_cast<std::size_t>(label)]);
    return result;
}

/// Of a pair, in which what one operand alone has is summed before.
double Einsum::Plan::products(const Labelled& left, const Labelled& right, const Labels& kept) const {
    Labels labels = kept;
    for (const int label : left.labels) {
        if (tensor::position(right.labels, label) >= 0 && tensor::position(kept, label) < 0) labels.push_back(label);
    }
    return volume(labels) + volume(left.labels) + volume(right.labels);
}

void Einsum::Plan::add_step(Step step, const Labelled& result, bool last) {
    if (!last) {
        step.offset = arena_.allocate(static_cast<std::size_t>(std::max(volume(result.labels), 1.0)) * size_of(dtype_));
    }
    for (const std::size_t used : {step.left, step.right}) {
        if (used >= operands_) arena_.release(offsets_[used - operands_]);
        if (!step.pair) break;
    }
    work += step.work;
    slots_.push_back(result);
    offsets_.push_back(step.offset);
    steps_.push_back(std::move(step));
}

void Einsum::Plan::add_pairs(const EinsumPath& path, const Labelled& output) {
    const std::vector<EinsumStep> pairs = einsum_steps(equation_, path);
    for (const EinsumStep& pair : pairs) {
        Step step;
        step.left = static_cast<std::size_t>(pair.left);
        step.right = static_cast<std::size_t>(pair.right);
        const Labelled left = slots_[step.left], right = slots_[step.right];
        const bool last = &pair == &pairs.back();
        Labelled result = output;
        if (!last) {
            result.labels = memory_order(left, right, pair.output_labels);
            result.strides = c_order(result.labels, equation_.extents).strides;
        }
        step.work = products(left, right, result.labels);
        step.pair.emplace(PairSpec{dtype_, left.labels, right.labels, result.labels, equation_.extents, left.strides,
                                   right.strides, result.strides});
        add_step(std::move(step), result, last);
    }
}

void Einsum::Plan::run(const void* const* operands, void* output, int threads) const {
    if (work >= work_for_threads) threads = resolve_threads(threads);
    std::size_t scratch = 0;
    for (const Step& step : steps_) {
        if (step.pair) scratch = std::max(scratch, step.pair->workspace_bytes(threads_for(step, threads)));
    }
    const tensor::Workspace workspace(arena_.bytes() + scratch);
    const std::size_t slots = operands_ + steps_.size();
    if (slots <= few_slots) {
        std::array<const void*, few_slots> few;
        std::copy_n(operands, operands_, few.begin());
        run_steps(few.data(), workspace.data(), output, threads);
    } else {
        std::vector<const void*> many(operands, operands + operands_);
        many.resize(slots);
        run_steps(many.data(), workspace.data(), output, threads);
    }
}

void Einsum::Plan::run_steps(const void** slots, std::byte* workspace, void* output, int threads) const {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        const Step& step = steps_[i];
        void* result = i + 1 == steps_.size() ? output : workspace + step.offset;
        slots[operands_ + i] = result;
        if (step.pair) {
            std::byte* scratch = workspace == nullptr ? nullptr : workspace + arena_.bytes();
            step.pair->run(slots[step.left], slots[step.right], result, scratch, threads_for(step, threads));
        } else {
            step.permutation->run(slots[step.left], result, threads_for(step, threads));
        }
    }
}

Einsum::Einsum(std::string_view equation, DType dtype, const std::vector<TensorLayout>& operands,
               const std::optional<Strides>& output_strides, const EinsumPath& path)
    : plan_(std::make_unique<const Plan>(equation, dtype, operands, output_strides, path)) {}

Einsum::~Einsum() = default;
Einsum::Einsum(Einsum&&) noexcept = default;
Einsum& Einsum::operator=(Einsum&&) noexcept = default;

const std::vector<std::int64_t>& Einsum::output_shape() const noexcept { return plan_->output_shape; }
const std::optional<Strides>& Einsum::view_strides() const noexcept { return plan_->view_strides; }
double Einsum::work() const noexcept { return plan_->work; }

void Einsum::run(const void* const* operands, void* output, int threads) const {
    plan_->run(operands, output, threads);
}

}  // namespace kadanoff
