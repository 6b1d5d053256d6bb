#include "kadanoff/tensor/pair.hpp"

#include <complex>
#include <string>

#include "kadanoff/error.hpp"
#include "tensor/axes.hpp"

namespace kadanoff {

namespace tensor {

/// The axes of left, right and output: those of the output, and those summed over.
class PairPlan {
public:
    PairPlan(const PairSpec& spec, Isa) : dtype(spec.dtype) {
        check_axes("contract", {"the left tensor", spec.left, spec.left_strides}, spec.extents);
        check_axes("contract", {"the right tensor", spec.right, spec.right_strides}, spec.extents);
        check_axes("contract", {"the output", spec.output, spec.output_strides}, spec.extents);
        for (const int label : spec.output) {
            if (position(spec.left, label) < 0 && position(spec.right, label) < 0) {
                throw InvalidArgument("[contract] expected labels of the output in an operand, got " +
                                      std::to_string(label) + " in neither");
            }
            kept.push_back(axis(spec, label));
        }
        for (const int label : spec.left) {
            if (position(spec.output, label) < 0) summed.push_back(axis(spec, label));
        }
        for (const int label : spec.right) {
            if (position(spec.output, label) < 0 && position(spec.left, label) < 0) summed.push_back(axis(spec, label));
        }
        fuse(kept);
        fuse(summed);
    }

    template <class T>
    void run(const void* left, const void* right, void* output) const {
        const T* a = static_cast<const T*>(left);
        const T* b = static_cast<const T*>(right);
        T* c = static_cast<T*>(output);
        for_each(kept, {}, [&](const std::array<std::int64_t, 3>& at) {
            T sum{};
            for_each(summed, at, [&](const std::array<std::int64_t, 3>& i) { sum += a[i[0]] * b[i[1]]; });
            c[at[2]] = sum;
        });
    }

    DType dtype;

private:
    static Axis<3> axis(const PairSpec& spec, int label) {
        const auto stride = [&](const std::vector<int>& labels, const std::vector<std::int64_t>& strides) {
            const int at = position(labels, label);
            return at < 0 ? 0 : strides[static_cast<std::size_t>(at)];
        };
        return {spec.extents[static_cast<std::size_t>(label)],
                {stride(spec.left, spec.left_strides), stride(spec.right, spec.right_strides),
                 stride(spec.output, spec.output_strides)}};
    }

    Axes<3> kept, summed;
};

}  // namespace tensor

PairContraction::PairContraction(const PairSpec& spec) : PairContraction(spec, active_isa()) {}

PairContraction::PairContraction(const PairSpec& spec, Isa isa)
    : plan_(std::make_shared<const tensor::PairPlan>(spec, isa)) {}

std::size_t PairContraction::workspace_bytes(int) const noexcept { return 0; }

void PairContraction::run(const void* left, const void* right, void* output, void*, int) const {
    switch (plan_->dtype) {
        case DType::float32: return plan_->run<float>(left, right, output);
        case DType::float64: return plan_->run<double>(left, right, output);
        case DType::complex64: return plan_->run<std::complex<float>>(left, right, output);
        case DType::complex128: return plan_->run<std::complex<double>>(left, right, output);
    }
}

}  // namespace kadanoff
