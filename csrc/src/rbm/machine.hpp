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

/// A unit is lower + factor * bit.
struct Encoding {
    double factor, lower;
};

/// What draws one layer from the other: weights and biases for units of 0 and 1, in the numbers of a precision.
struct RbmDirection {
    std::int64_t inputs, units, groups, row_stride;
    AlignedWords rows, bias, tables;

    void place(RbmJob& job) const;
};

/// A machine for units of 0 and 1 only, with the same distribution: v = 2 u - 1 is written into W and the biases.
struct BinaryRbm {
    /// Throws InvalidArgument where fixed16 is too coarse for a layer of this size. `given` must outlive it.
    BinaryRbm(const Rbm& given, Precision precision);

    const Rbm& rbm;
    Encoding encoding[2];  ///< of the visible units, and of the hidden ones
    double factor;         ///< of all weights
    std::vector<double> visible_bias, hidden_bias;
    double offset = 0.0;  ///< -E where all units are 0
    double scale = 1.0;   ///< numbers in a weight of 1

private:
    double fixed16_scale() const;
};

/// A machine as the kernels take it.
class RbmMachine {
public:
    /// Throws as BinaryRbm.
    RbmMachine(const Rbm& rbm, Precision precision, const RbmKernel& kernel);

    /// Takes the numbers of another machine of the same layers. make_ready comes before the next use of a direction.
    void assign(const BinaryRbm& binary) noexcept;
    /// Makes what draws the visible units, or the hidden ones, from the numbers, where that is not done.
    void make_ready(bool visible, int threads);

    /// What draws the hidden units, and the visible ones.
    const RbmDirection& to_hidden() const { return direction_[0]; }
    const RbmDirection& to_visible() const { return direction_[1]; }
    double scale() const { return scale_; }
    Encoding visible_encoding() const { return encoding_[0]; }
    Encoding hidden_encoding() const { return encoding_[1]; }
    /// -E of units of 0 and 1 is offset + sum_i visible_terms[i] v_i + sum_j x_j h_j, as it is sampled.
    double offset() const { return offset_; }
    const std::vector<double>& visible_terms() const { return visible_terms_; }

private:
    RbmMachine(const BinaryRbm& binary, Precision precision, const RbmKernel& kernel);

    bool fixed16_;
    RbmKernel kernel_;
    bool ready_[2] = {false, false};
    Encoding encoding_[2];
    double scale_ = 1.0, offset_ = 0.0;
    std::vector<double> visible_terms_;
    std::vector<RbmDirection> direction_;
};

}  // namespace kadanoff
