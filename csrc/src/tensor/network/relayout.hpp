#pragma once

#include <cstdint>
#include <vector>

#include "kadanoff/tensor/dtype.hpp"
#include "kernels/network.hpp"

namespace kadanoff::networks {

struct Value;

/// A copy of a tensor with its labels in another order, one line of the cache against another: whole lines are read
/// and written, whatever the order.
class Relayout {
public:
    /// Both have the same labels, and `to` is dense. `sizes`: by label.
    Relayout(const Value& from, const Value& to, const std::vector<std::int64_t>& sizes, DType dtype);

    void run(const void* from, void* to) const;

private:
    template <class Element>
    void copy(const Element* from, Element* to) const;

    DType dtype_;
    std::vector<std::int64_t> from_column_;        ///< of the elements of a line of the output
    std::vector<std::int64_t> from_row_, to_row_;  ///< of the elements of a line of the input
    std::vector<NetworkLoop> loops_;               ///< over lines: a is the input, c the output
};

}  // namespace kadanoff::networks
