#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "kadanoff/tensor/dtype.hpp"

namespace kadanoff {

/// An equation of the summation convention, and operands of known shapes.
struct EinsumEquation {
    std::vector<std::vector<int>> operands;  ///< the label of each axis; twice in an operand: its diagonal
    std::vector<int> output;                 ///< distinct labels; all others are summed over
    std::vector<std::int64_t> extents;       ///< by label; an axis of 1 stands for any extent
};

/// Reads "ij,jk->ik" as NumPy does: letters, spaces, an ellipsis per term, the output explicit or implied (first the
/// axes of the ellipsis, then the letters that occur once, capitals first). Throws InvalidArgument.
EinsumEquation parse_einsum(std::string_view equation, const std::vector<std::vector<std::int64_t>>& shapes);

/// In which order more than two operands are contracted.
struct EinsumPath {
    enum class Search {
        automatic,  ///< optimal for up to 8 operands, greedy for more
        greedy,     ///< the pair whose result grows the least over its operands, again and again
        optimal,    ///< the fewest operations, for up to 16 operands; greedy for more
        given,      ///< `groups`
    };
    Search search = Search::automatic;
    double most_elements = std::numeric_limits<double>::infinity();  ///< of an intermediate, where an order allows it
    /// Positions among the operands that are left, which each group leaves, its result last; as numpy.einsum_path has
    /// it.
    std::vector<std::vector<int>> groups;
};

/// One contraction of a pair. Operands have the numbers 0 ... n - 1, the results of steps n, n + 1, ...
struct EinsumStep {
    int left = 0, right = 0;
    std::vector<int> left_labels, right_labels, output_labels;
};

/// The pairs of an equation of at least two operands. Throws InvalidArgument if given groups leave more than one
/// operand or name one that is not there.
std::vector<EinsumStep> einsum_steps(const EinsumEquation& equation, const EinsumPath& path = {});

/// Extents and strides (in elements, of any sign) of one tensor.
struct TensorLayout {
    std::vector<std::int64_t> shape, strides;
};

/// An equation planned for operands of known layouts: run it on any that have these.
class Einsum {
public:
    /// Without `output_strides` the output is in C order. Throws InvalidArgument.
    Einsum(std::string_view equation, DType dtype, const std::vector<TensorLayout>& operands,
           const std::optional<std::vector<std::int64_t>>& output_strides = {}, const EinsumPath& path = {});
    ~Einsum();
    Einsum(Einsum&&) noexcept;
    Einsum& operator=(Einsum&&) noexcept;

    const std::vector<std::int64_t>& output_shape() const noexcept;
    /// Strides of the result as a view into the only operand; empty where there are several, or sums.
    const std::optional<std::vector<std::int64_t>>& view_strides() const noexcept;
    /// Number of products and copied elements.
    double work() const noexcept;

    /// Overwrites the output, which must not overlap the operands. The bits do not depend on `threads`; small work is
    /// done on one. 0: as many as there are cores. Throws std::bad_alloc, Unavailable.
    void run(const void* const* operands, void* output, int threads = 1) const;

private:
    class Plan;
    std::unique_ptr<const Plan> plan_;
};

}  // namespace kadanoff
