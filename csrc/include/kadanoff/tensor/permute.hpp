#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kadanoff/isa.hpp"
#include "kadanoff/tensor/dtype.hpp"

namespace kadanoff {

/// One tensor, the labels of its axes, and those of the output.
struct PermuteSpec {
    DType dtype = DType::float64;
    std::vector<int> input, output;     ///< every label at most once per tensor; labels of the output are in the input
    std::vector<std::int64_t> extents;  ///< by label
    std::vector<std::int64_t> input_strides, output_strides;  ///< in elements, of any sign; a diagonal adds strides
};

namespace tensor {
class PermutePlan;
}

/// output[labels of the output] = sum over all other labels of the input; a permuted copy where there are none.
class Permutation {
public:
    /// Throws InvalidArgument if the labels, extents and strides do not belong together.
    explicit Permutation(const PermuteSpec& spec);
    Permutation(const PermuteSpec& spec, Isa isa);

    /// Overwrites the output, which must not overlap the input. The bits do not depend on `threads`.
    void run(const void* input, void* output, int threads = 1) const;

private:
    std::shared_ptr<const tensor::PermutePlan> plan_;
};

}  // namespace kadanoff
