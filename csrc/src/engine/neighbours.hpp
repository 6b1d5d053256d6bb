#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/cluster_model.hpp"

namespace kadanoff {

/// The bonds of every site; those without a coupling are left out.
///
/// On a lattice few patterns of offsets to the neighbours occur: the bulk, and one for each kind of boundary. A byte
/// for each site tells its pattern, which stays in cache where lists of neighbours would not.
struct Neighbours {
    static constexpr std::int64_t most_offsets = 32;  ///< of a pattern

    Neighbours(const Lattice& lattice, const ClusterModel& model);

    bool patterned() const { return !pattern.empty(); }

    /// That of all sites, or 0 if they differ.
    std::int32_t common_degree() const {
        const bool same = std::all_of(degree.begin(), degree.end(), [&](std::int32_t d) { return d == degree[0]; });
        return same && !degree.empty() ? degree[0] : 0;
    }

    std::vector<std::uint64_t> begin;  ///< by site, and one more: its bonds in the arrays below
    std::vector<std::uint32_t> site;
    std::vector<std::uint8_t> negative;  ///< 1 where the coupling favours unequal spins; empty if nowhere
    std::vector<std::uint32_t> bond;     ///< in Lattice::bonds; empty if all couplings have one size

    std::vector<std::uint8_t> pattern;  ///< by site; empty if there are too many
    std::vector<std::int32_t> offset;   ///< (pattern, most_offsets)
    std::vector<std::int32_t> degree;   ///< by pattern

private:
    void list(const Lattice& lattice, const ClusterModel& model);
    void find_patterns();
};

}  // namespace kadanoff
