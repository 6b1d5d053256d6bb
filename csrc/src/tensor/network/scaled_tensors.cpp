#include "tensor/network/scaled_tensors.hpp"

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "tensor/network/tree.hpp"

namespace kadanoff::networks {

namespace {

/// In two steps: 2^power itself may be out of range.
void scale_exactly(const Program& program, void* values, std::int64_t size, int power) {
    program.kernel.scale(values, size, std::ldexp(1.0, power / 2));
    program.kernel.scale(values, size, std::ldexp(1.0, power - power / 2));
}

}  // namespace

int exponent_limit(DType dtype) { return dtype == DType::float32 || dtype == DType::complex64 ? 24 : 200; }

ScaledTensors::ScaledTensors(const Program& program, const Program::Call& call) : tensors(call.tensors) {
    if (call.exponent == nullptr) return;
    for (std::size_t k = 0; k < tensors.size(); ++k) {
        const std::int64_t size = program.input_sizes[k];
        const double largest = program.kernel.largest(tensors[k], size);
        if (largest == 0 || !std::isfinite(largest)) continue;
        const int power = std::ilogb(largest);
        if (std::abs(power) <= exponent_limit(program.dtype)) continue;
        const std::size_t bytes = static_cast<std::size_t>(size) * size_of(program.dtype);
        copies_.emplace_back(bytes);
        std::memcpy(copies_.back().data(), tensors[k], bytes);
        scale_exactly(program, copies_.back().data(), size, -power);
        tensors[k] = copies_.back().data();
        exponents_.push_back({k, power});
        exponent += power;
    }
}

void ScaledTensors::finish(const Program& program, const std::vector<void*>& gradients) const {
    for (const auto& [k, power] : exponents_) {
        for (std::size_t g = 0; g < gradients.size(); ++g) {
            if (program.gradients[g].input == static_cast<int>(k)) {
                scale_exactly(program, gradients[g], program.gradients[g].total, -power);
            }
        }
    }
}

}  // namespace kadanoff::networks
