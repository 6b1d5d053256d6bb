#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "tensor/network/program.hpp"

namespace kadanoff::networks {

/// Exponents between which products of two numbers and their sums are far from overflow.
int exponent_limit(DType dtype);

/// The tensors of a run, and copies of those with numbers so large or small that products of two could overflow.
class ScaledTensors {
public:
    ScaledTensors(const Program& program, const Program::Call& call);

    /// Gradients by the tensors that were given: d/dx of f(x 2^-p) is f' 2^-p.
    void finish(const Program& program, const std::vector<void*>& gradients) const;

    std::vector<const void*> tensors;
    std::int64_t exponent = 0;

private:
    std::vector<std::pair<std::size_t, int>> exponents_;
    std::vector<std::vector<char>> copies_;
};

}  // namespace kadanoff::networks
