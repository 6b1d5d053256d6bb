#pragma once

#include <cstdint>
#include <vector>

namespace kadanoff {

/// The sites that a sweep in random order visits, `sites` of them, drawn with replacement: the same for all replicas.
std::vector<std::uint32_t> site_order(std::uint64_t seed, std::uint64_t sweep, std::int64_t sites);

}  // namespace kadanoff
