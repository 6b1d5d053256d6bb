#include "kadanoff/tensor/network.hpp"

#include <algorithm>
#include <string>

#include "kadanoff/error.hpp"
#include "tensor/network/builder.hpp"
#include "tensor/network/program.hpp"
#include "tensor/network/regroup.hpp"
#include "tensor/network/tree.hpp"

namespace kadanoff {

namespace networks {

namespace {

NetworkKernel choose_kernel(DType dtype) {
#if defined(KADANOFF_X86_KERNELS)
    switch (active_isa()) {
        case Isa::avx512: return avx512_network(dtype);
        case Isa::avx2: return avx2_network(dtype);
        default: break;
    }
#endif
    return scalar_network(dtype);
}

std::int64_t stride_of(const NetworkEquation& equation, const std::vector<int>& labels, int label) {
    std::int64_t stride = 1, result = 0;
    for (std::size_t i = labels.size(); i-- > 0;) {
        if (labels[i] == label) result += stride;
        stride *= equation.sizes[at(labels[i])];
    }
    return result;
}

void check_gradients(const std::vector<int>& gradients, int inputs) {
    std::vector<char> wanted(at(inputs), 0);
    for (const int k : gradients) {
        if (k < 0 || k >= inputs || wanted[at(k)]) {
            throw InvalidArgument("[NetworkContraction] expected different tensors below " + std::to_string(inputs) +
                                  " for gradients, got " + std::to_string(k));
        }
        wanted[at(k)] = 1;
    }
}

}  // namespace

Program::Program(const NetworkEquation& equation, const NetworkOrder& order, DType type, const std::vector<int>& wanted)
    : dtype(type), kernel(choose_kernel(type)) {
    const Tree tree(equation, regroup(equation, order, dtype));
    inputs = tree.inputs;
    check_gradients(wanted, inputs);
    for (const std::int64_t size : equation.sizes) empty |= size == 0;
    // What is done in one block of slices is then a small part of the output.
    std::vector<int> output_first = order.sliced;
    std::stable_partition(output_first.begin(), output_first.end(), [&](int label) {
        return std::find(equation.output.begin(), equation.output.end(), label) != equation.output.end();
    });
    for (const int label : output_first) {
        SlicedLabel slice{equation.sizes[at(label)], {}, stride_of(equation, equation.output, label)};
        for (const auto& labels : equation.inputs) slice.input_strides.push_back(stride_of(equation, labels, label));
        slices *= slice.size;
        sliced.push_back(std::move(slice));
    }
    for (const auto& labels : equation.inputs) {
        std::int64_t size = 1;
        for (const int label : labels) size *= equation.sizes[at(label)];
        input_sizes.push_back(size);
    }
    Builder builder(*this, equation, tree);
    builder.forward();
    if (slices == 1) values[at(result.value)].place = Place::output;
    if (!wanted.empty()) builder.backward(wanted);
    place_values(*this);
    if (slices > 1) blocks.plan(*this);
    flops *= static_cast<double>(slices);
}

}  // namespace networks

NetworkContraction::NetworkContraction(const NetworkEquation& equation, const NetworkOrder& order, DType dtype,
                                       const std::vector<int>& gradients)
    : program_(std::make_shared<const networks::Program>(equation, order, dtype, gradients)) {}

std::int64_t NetworkContraction::slices() const noexcept { return program_->slices; }
double NetworkContraction::flops() const noexcept { return program_->flops; }
std::int64_t NetworkContraction::largest() const noexcept { return program_->largest; }
std::size_t NetworkContraction::bytes(int threads) const noexcept { return program_->bytes(threads); }

bool NetworkContraction::run(const std::vector<const void*>& tensors, void* output, int threads,
                             const Poll& poll) const {
    return program_->run({tensors, nullptr, output, nullptr, nullptr, threads, poll});
}

bool NetworkContraction::run_scaled(const std::vector<const void*>& tensors, void* output, std::int64_t& exponent,
                                    int threads, const Poll& poll) const {
    return program_->run({tensors, nullptr, output, nullptr, &exponent, threads, poll});
}

bool NetworkContraction::run_gradients(const std::vector<const void*>& tensors, const void* cotangent, void* output,
                                       const std::vector<void*>& gradients, int threads, const Poll& poll) const {
    return program_->run({tensors, cotangent, output, &gradients, nullptr, threads, poll});
}

bool NetworkContraction::run_gradients_scaled(const std::vector<const void*>& tensors, const void* cotangent,
                                              void* output, const std::vector<void*>& gradients, std::int64_t& exponent,
                                              int threads, const Poll& poll) const {
    return program_->run({tensors, cotangent, output, &gradients, &exponent, threads, poll});
}

}  // namespace kadanoff
