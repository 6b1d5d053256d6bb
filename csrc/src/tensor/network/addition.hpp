#pragma once

#include <cstdint>
#include <vector>

namespace kadanoff::networks {

/// How the elements of a value are added to an output, or to a gradient.
struct Addition {
    int value, input;  ///< input: of which this is the gradient, -1 for the output
    std::vector<std::int64_t> extents, from, to;
    std::int64_t total;     ///< elements of what is added to
    bool in_place = false;  ///< whether the value lies where it would be added
};

}  // namespace kadanoff::networks
