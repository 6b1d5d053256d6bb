#pragma once

#include <cstdint>
#include <vector>

#include "aligned_words.hpp"
#include "kadanoff/rbm.hpp"
#include "kernels/rbm.hpp"

namespace kadanoff {

/// Throws InvalidArgument unless the sizes agree, every number is finite and no unit's terms add up beyond float32.
void check_rbm(const Rbm& rbm);

/// Words of a row of a layer's states.
std::int64_t padded_units(std::int64_t units);

/// What draws one layer from the other: weights and biases for units of 0 and 1, in the numbers of a precision.
struct RbmDirection {
    std::int64_t inputs, units, groups, row_stride;
    AlignedWords rows, bias, tables;

    void place(RbmJob& job) const;
};

/// A machine as the kernels take it.
class RbmMachine {
public:
    /// Throws InvalidArgument where fixed16 is too coarse for a layer of this size.
    RbmMachine(const Rbm& rbm, Precision precision, const RbmKernel& kernel);

    /// What draws the hidden units, and the visible ones.
    const RbmDirection& to_hidden() const { return direction_[0]; }
    const RbmDirection& to_visible() const { return direction_[1]; }
    double scale() const { return scale_; }
    /// -E of units of 0 and 1 is offset + sum_i visible_terms[i] v_i + sum_j x_j h_j, as it is sampled.
    double offset() const { return offset_; }
    const std::vector<double>& visible_terms() const { return visible_terms_; }

private:
    double scale_ = 1.0, offset_ = 0.0;
    std::vector<double> visible_terms_;
    std::vector<RbmDirection> direction_;
};

}  // namespace kadanoff
