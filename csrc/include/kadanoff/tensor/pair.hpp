#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "kadanoff/isa.hpp"
#include "kadanoff/tensor/dtype.hpp"

namespace kadanoff {

/// Two tensors, the labels of their axes, and those of the output.
struct PairSpec {
    DType dtype = DType::float64;
    std::vector<int> left, right, output;  ///< small non-negative labels; every label at most once per tensor
    std::vector<std::int64_t> extents;     ///< by label
    std::vector<std::int64_t> left_strides, right_strides, output_strides;  ///< in elements, of any sign
};

namespace tensor {
class PairPlan;
}

/// output[labels of the output] = sum over all other labels of left * right.
///
/// Made once and run on any tensors of the same shapes and strides. Copies share what was planned.
class PairContraction {
public:
    /// Throws InvalidArgument if the labels, extents and strides do not belong together.
    explicit PairContraction(const PairSpec& spec);
    PairContraction(const PairSpec& spec, Isa isa);

    /// Bytes of scratch memory that `run` needs; 0 for small pairs.
    std::size_t workspace_bytes(int threads = 1) const noexcept;

    /// Overwrites the output, which must not overlap the operands. `workspace` has workspace_bytes(threads) bytes on
    /// any boundary, or is null: then `run` allocates it. The bits do not depend on `threads`.
    void run(const void* left, const void* right, void* output, void* workspace = nullptr, int threads = 1) const;

private:
    std::shared_ptr<const tensor::PairPlan> plan_;
};

}  // namespace kadanoff
