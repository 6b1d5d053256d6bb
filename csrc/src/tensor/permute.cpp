#include "kadanoff/tensor/permute.hpp"

#include <optional>
#include <string>
#include <utility>

#include "kadanoff/error.hpp"
#include "tensor/axes.hpp"
#include "tensor/strided_copy.hpp"
#include "tensor/strided_sum.hpp"

namespace kadanoff {

namespace tensor {

class PermutePlan {
public:
    PermutePlan(const PermuteSpec& spec, Isa isa) {
        check_axes("permute", {"the input", spec.input, spec.input_strides}, spec.extents);
        check_axes("permute", {"the output", spec.output, spec.output_strides}, spec.extents);
        Axes<2> kept, summed;
        for (const int label : spec.output) {
            if (position(spec.input, label) < 0) {
                throw InvalidArgument("[permute] expected labels of the output in the input, got " +
                                      std::to_string(label));
            }
            kept.push_back(axis(spec, label));
        }
        for (const int label : spec.input) {
            if (position(spec.output, label) < 0) summed.push_back(axis(spec, label));
        }
        if (volume(kept) == 0) return;
        if (volume(summed) == 1) {
            copy_.emplace(std::move(kept), static_cast<int>(size_of(spec.dtype)), isa);
        } else {
            sum_.emplace(std::move(kept), std::move(summed), spec.dtype, isa);
        }
    }

    void run(const void* input, void* output, int threads) const {
        if (copy_) copy_->run(static_cast<const std::byte*>(input), static_cast<std::byte*>(output), threads);
        if (sum_) sum_->run(input, output, threads);
    }

private:
    static Axis<2> axis(const PermuteSpec& spec, int label) {
        const int in = position(spec.input, label), out = position(spec.output, label);
        return {spec.extents[static_cast<std::size_t>(label)],
                {spec.input_strides[static_cast<std::size_t>(in)],
                 out < 0 ? 0 : spec.output_strides[static_cast<std::size_t>(out)]}};
    }

    std::optional<StridedCopy> copy_;
    std::optional<StridedSum> sum_;
};

}  // namespace tensor

Permutation::Permutation(const PermuteSpec& spec) : Permutation(spec, active_isa()) {}

Permutation::Permutation(const PermuteSpec& spec, Isa isa)
    : plan_(std::make_shared<const tensor::PermutePlan>(spec, isa)) {}

void Permutation::run(const void* input, void* output, int threads) const { plan_->run(input, output, threads); }

}  // namespace kadanoff
