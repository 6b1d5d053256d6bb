#include "kadanoff/tensor/permute.hpp"

#include <complex>
#include <string>

#include "kadanoff/error.hpp"
#include "tensor/axes.hpp"

namespace kadanoff {

namespace tensor {

class PermutePlan {
public:
    PermutePlan(const PermuteSpec& spec, Isa) : dtype(spec.dtype) {
        check_axes("permute", {"the input", spec.input, spec.input_strides}, spec.extents);
        check_axes("permute", {"the output", spec.output, spec.output_strides}, spec.extents);
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
        fuse(kept);
        fuse(summed);
    }

    template <class T>
    void run(const void* input, void* output) const {
        const T* a = static_cast<const T*>(input);
        T* c = static_cast<T*>(output);
        for_each(kept, {}, [&](const std::array<std::int64_t, 2>& at) {
            if (summed.empty()) {
                c[at[1]] = a[at[0]];
                return;
            }
            T sum{};
            for_each(summed, at, [&](const std::array<std::int64_t, 2>& i) { sum += a[i[0]]; });
            c[at[1]] = sum;
        });
    }

    DType dtype;

private:
    static Axis<2> axis(const PermuteSpec& spec, int label) {
        const int in = position(spec.input, label), out = position(spec.output, label);
        return {spec.extents[static_cast<std::size_t>(label)],
                {spec.input_strides[static_cast<std::size_t>(in)],
                 out < 0 ? 0 : spec.output_strides[static_cast<std::size_t>(out)]}};
    }

    Axes<2> kept, summed;
};

}  // namespace tensor

Permutation::Permutation(const PermuteSpec& spec) : Permutation(spec, active_isa()) {}

Permutation::Permutation(const PermuteSpec& spec, Isa isa)
    : plan_(std::make_shared<const tensor::PermutePlan>(spec, isa)) {}

void Permutation::run(const void* input, void* output, int) const {
    switch (plan_->dtype) {
        case DType::float32: return plan_->run<float>(input, output);
        case DType::float64: return plan_->run<double>(input, output);
        case DType::complex64: return plan_->run<std::complex<float>>(input, output);
        case DType::complex128: return plan_->run<std::complex<double>>(input, output);
    }
}

}  // namespace kadanoff
