#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "kadanoff/isa.hpp"
#include "kadanoff/tensor/dtype.hpp"

namespace kadanoff {

/// Tensors whose axes have labels. Equal labels are one index: those of the output are kept, all others summed over.
struct NetworkEquation {
    std::vector<std::vector<int>> inputs;  ///< labels of each tensor, any number of times each
    std::vector<int> output;               ///< every label at most once
    std::vector<std::int64_t> sizes;       ///< by label, from 0
};

/// The order of a contraction: tensor inputs + s is the product of pair s. The values of sliced labels are taken one by
/// one, and what they give is added up.
struct NetworkOrder {
    std::vector<std::array<int, 2>> pairs;
    std::vector<int> sliced;
};

namespace networks {
class Program;
}

/// A contraction that was planned and is run on any tensors of its shapes, without an allocation between the pairs.
///
/// Tensors are dense in the order of their labels, the last one fastest. The bits of results do not depend on the
/// number of threads. One object may be run by several threads at once; copies share what was planned.
class NetworkContraction {
public:
    /// Asked about every 100 ms on the calling thread, with the number of slices that are done; false stops the run.
    using Poll = std::function<bool(std::int64_t done)>;

    /// `gradients`: numbers of the inputs of which `run_gradients` tells the gradients. Throws InvalidArgument.
    NetworkContraction(const NetworkEquation& equation, const NetworkOrder& order, DType dtype,
                       const std::vector<int>& gradients = {});

    std::int64_t slices() const noexcept;
    /// Additions and multiplications of real numbers in all slices.
    double flops() const noexcept;
    /// Elements of the largest tensor that is made.
    std::int64_t largest() const noexcept;
    /// Bytes that a run on so many threads takes beside tensors, output and gradients.
    std::size_t bytes(int threads = 1) const noexcept;

    /// Overwrites the output; false if `poll` stopped it. 0 threads: one per core. Throws std::bad_alloc, Unavailable.
    bool run(const std::vector<const void*>& tensors, void* output, int threads = 1, const Poll& poll = {}) const;

    /// The result is output * 2^exponent, and nothing on the way overflows: intermediates are multiplied by powers
    /// of 2.
    bool run_scaled(const std::vector<const void*>& tensors, void* output, std::int64_t& exponent, int threads = 1,
                    const Poll& poll = {}) const;

    /// Gradients of the sum of cotangent * output (no complex conjugates), each shaped like its tensor; the cotangent
    /// like the output.
    bool run_gradients(const std::vector<const void*>& tensors, const void* cotangent, void* output,
                       const std::vector<void*>& gradients, int threads = 1, const Poll& poll = {}) const;

    /// The same with output and gradients * 2^exponent.
    bool run_gradients_scaled(const std::vector<const void*>& tensors, const void* cotangent, void* output,
                              const std::vector<void*>& gradients, std::int64_t& exponent, int threads = 1,
                              const Poll& poll = {}) const;

private:
    std::shared_ptr<const networks::Program> program_;
};

}  // namespace kadanoff
