#pragma once

#include <cstdint>
#include <vector>

#include "tensor/network/addition.hpp"
#include "tensor/network/program.hpp"

namespace kadanoff::networks {

/// What is added to one of the tensors of a sum.
struct Summand {
    const Addition* addition;
    const void* from;
    std::int64_t size;    ///< elements in `from`
    std::int64_t offset;  ///< elements in what is added to
};

/// Sums of an output and of gradients, times 2^exponent if they are scaled.
class Sums {
public:
    struct Target {
        void* data;
        std::int64_t size;
    };

    Sums(const Program& program, bool scaled, std::vector<Target> targets)
        : program_(program), scaled_(scaled), targets_(std::move(targets)) {}

    void clear();
    /// One summand to each target, times 2^exponent.
    void add(const std::vector<Summand>& summands, std::int64_t exponent);

    std::int64_t exponent() const noexcept { return exponent_; }
    const std::vector<Target>& targets() const noexcept { return targets_; }

private:
    /// By which the summands are multiplied; what is there is made smaller if it must be.
    double factor(const std::vector<Summand>& summands, std::int64_t exponent);

    const Program& program_;
    const bool scaled_;
    std::vector<Target> targets_;
    std::int64_t exponent_ = 0;
    bool any_ = false;
};

}  // namespace kadanoff::networks
