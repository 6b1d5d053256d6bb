#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kadanoff/tensor/network.hpp"
#include "kadanoff/tensor/pair.hpp"
#include "kadanoff/tensor/permute.hpp"
#include "kernels/network.hpp"
#include "tensor/network/addition.hpp"
#include "tensor/network/blocks.hpp"
#include "tensor/network/relayout.hpp"

namespace kadanoff::networks {

/// Where a tensor's elements are.
enum class Place { input, cotangent, output, gradient, arena };

/// A tensor of a program, in one slice.
struct Value {
    std::vector<int> labels;            ///< slowest first
    std::vector<std::int64_t> strides;  ///< in elements
    std::int64_t size = 1;
    Place place = Place::arena;
    int input = -1;                 ///< or the number of the gradient
    int born = -1, last_used = -1;  ///< steps
    std::size_t offset = 0;         ///< bytes into the arena
};

/// A job of the kernels, with what it points to.
struct PlannedJob {
    NetworkJob job;
    std::vector<std::int64_t> offsets;
    std::vector<NetworkLoop> loops;
};

enum class Kind { sum, relayout, stream, multiply, reduce, pair };

/// One step: result = left (summed over some labels, or permuted), or left times right.
struct Step {
    Kind kind;
    int left, right, result;
    int index;              ///< into the sums, relayouts, jobs or pairs of the program
    std::int64_t rows;      ///< of a stream, or of a multiplication
    double work;            ///< additions and multiplications, or elements read
    bool rescales = false;  ///< whether the result may be multiplied by a power of 2
    int rescaled_by = -1;   ///< step of which the factor must first be applied to the value `rescaled`, a gradient
    int rescaled = -1;
};

/// A label whose values are taken one by one: how far they are apart in each input, in the cotangent and output.
struct SlicedLabel {
    std::int64_t size;
    std::vector<std::int64_t> input_strides;
    std::int64_t output_stride;

    /// In an input, or in the output if that is -1.
    std::int64_t stride_in(int input) const {
        return input < 0 ? output_stride : input_strides[static_cast<std::size_t>(input)];
    }
};

/// What `NetworkContraction` runs.
class Program {
public:
    Program(const NetworkEquation& equation, const NetworkOrder& order, DType dtype, const std::vector<int>& gradients);

    struct Call {
        const std::vector<const void*>& tensors;
        const void* cotangent;
        void* output;
        const std::vector<void*>* gradients;
        std::int64_t* exponent;
        int threads;
        const NetworkContraction::Poll& poll;
    };
    /// False if the poll stopped it.
    bool run(const Call& call) const;
    std::size_t bytes(int threads) const;
    int workers(int threads) const;
    /// Additions and multiplications of the first steps in one slice, and what it costs to begin each.
    double slice_work(int steps) const;
    /// Where a slice begins in an input, or in the output if that is -1.
    std::int64_t offset_of(std::int64_t slice, int input) const;
    /// Blocks of which sums may be held while earlier ones are waited for.
    std::int64_t held_blocks(int workers) const;

    DType dtype;
    int inputs = 0;
    std::int64_t slices = 1, largest = 1;
    double flops = 0;
    bool empty = false;  ///< whether a size is 0, and with it every sum

    std::vector<Value> values;
    std::vector<Step> steps;
    int forward_steps = 0;
    std::vector<PlannedJob> jobs;
    std::vector<PairContraction> pairs;
    std::vector<Permutation> sums;
    std::vector<Relayout> relayouts;
    std::vector<SlicedLabel> sliced;
    Addition result;
    std::vector<Addition> gradients;
    std::vector<std::int64_t> input_sizes;
    std::size_t arena_bytes = 0, scratch_bytes = 0;
    Blocks blocks;  ///< of slices, if there are several
    NetworkKernel kernel;
};

}  // namespace kadanoff::networks
