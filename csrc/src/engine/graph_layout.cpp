#include "engine/graph_layout.hpp"

#include <string>

#include "checks.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/update/graph_sweep.hpp"

namespace kadanoff {

std::int64_t padded_words(std::int64_t needed) {
    if (needed > packed_lanes / 2) return (needed + packed_lanes - 1) / packed_lanes * packed_lanes;
    std::int64_t power = 1;
    while (power < needed) power *= 2;
    return power;
}

int log2_words(std::int64_t words) {
    int shift = 0;
    while (shift < 4 && (std::int64_t{1} << shift) < words) ++shift;
    return shift;
}

std::size_t buffer_words(std::int64_t positions, std::int64_t words) {
    const std::int64_t size = positions * words + packed_lanes;
    if (log2_words(words) < 4 && size >= (std::int64_t{1} << 31)) {
        throw InvalidArgument("[Sampler] expected at most 2^31 words of spins for so few replicas, got " +
                              std::to_string(size));
    }
    check_memory(4.0 * static_cast<double>(size));
    return static_cast<std::size_t>(size);
}

}  // namespace kadanoff
