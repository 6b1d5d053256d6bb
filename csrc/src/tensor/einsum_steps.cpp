#include "tensor/axes.hpp"
#include "tensor/contraction_order.hpp"

namespace kadanoff {

namespace {

using tensor::LabelSet;

LabelSet set_of(const std::vector<int>& labels) {
    LabelSet set;
    for (const int label : labels) set.set(static_cast<std::size_t>(label));
    return set;
}

/// In how many of the tensors that are left, and of the output, each label is.
class Uses {
public:
    explicit Uses(std::size_t labels) : uses_(labels) {}

    void add(const std::vector<int>& labels, int change) {
        const LabelSet set = set_of(labels);
        for (std::size_t label = 0; label < uses_.size(); ++label) uses_[label] += set[label] ? change : 0;
    }
    bool any(int label) const { return uses_[static_cast<std::size_t>(label)] > 0; }

private:
    std::vector<int> uses_;
};

}  // namespace

std::vector<EinsumStep> einsum_steps(const EinsumEquation& equation, const EinsumPath& path) {
    tensor::OrderProblem problem{{}, set_of(equation.output), equation.extents};
    std::vector<std::vector<int>> labels = equation.operands;
    Uses uses(equation.extents.size());
    uses.add(equation.output, 1);
    for (const std::vector<int>& operand : labels) {
        problem.operands.push_back(set_of(operand));
        uses.add(operand, 1);
    }
    std::vector<EinsumStep> steps;
    for (const auto& [left, right] : tensor::contraction_order(problem, path)) {
        EinsumStep step{
            left, right, labels[static_cast<std::size_t>(left)], labels[static_cast<std::size_t>(right)], {}};
        uses.add(step.left_labels, -1);
        uses.add(step.right_labels, -1);
        for (const std::vector<int>* operand : {&step.left_labels, &step.right_labels}) {
            for (const int label : *operand) {
                if (uses.any(label) && tensor::position(step.output_labels, label) < 0) {
                    step.output_labels.push_back(label);
                }
            }
        }
        uses.add(step.output_labels, 1);
        labels.push_back(step.output_labels);
        steps.push_back(std::move(step));
    }
    if (!steps.empty()) steps.back().output_labels = equation.output;
    return steps;
}

}  // namespace kadanoff
