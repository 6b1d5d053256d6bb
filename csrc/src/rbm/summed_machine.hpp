#pragma once

#include <cstdint>
#include <vector>

#include "kadanoff/rbm.hpp"

namespace kadanoff {

/// A machine at some beta, summed over the states of one layer: the weight of a state u of the other one, written as
/// units of 0 and 1, is exp(constant + drive . u) times the product over j of 1 + exp(x_j), x = bias + u weights.
///
/// Columns j are padded to whole vectors with a bias of minus infinity, and sorted: in those below `moderate`, no sum
/// of terms exceeds `moderate_sum` in size.
struct SummedMachine {
    static constexpr double moderate_sum = 300.0;

    /// `hidden`: whether it is the hidden layer that is summed over.
    SummedMachine(const Rbm& rbm, double beta, bool hidden);

    const double* row(std::int64_t unit) const { return weights.data() + unit * columns; }

    std::int64_t units, columns, moderate;
    double largest = 0.0;  ///< of the sums of moderate columns, in size
    double constant = 0.0;
    std::vector<double> drive, bias, weights;
};

}  // namespace kadanoff
