#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kadanoff/lattice/lattice.hpp"

namespace kadanoff {

/// Sites that may be updated together and have the same number of neighbours.
struct SiteBlock {
    std::int64_t first = 0;  ///< position of the first site; the others follow
    std::int64_t sites = 0;
    std::int64_t group = 0;  ///< of the random streams: a multiple of 16
    int degree = 0;
    std::int64_t first_slot = 0;  ///< of the block in SiteBlocks::neighbour, which has (degree, stride) entries for it
    std::int64_t stride = 0;      ///< sites, padded to a multiple of 16
};

/// A lattice sorted for the graph kernels: every site has a position, blocks are runs of positions, and phases are
/// runs of blocks that need not wait for each other.
struct SiteBlocks {
    std::vector<SiteBlock> blocks;
    std::vector<std::int64_t> phase_begin;  ///< phase p is blocks [phase_begin[p], phase_begin[p + 1])
    std::int64_t positions = 0;             ///< some of them hold no site
    std::vector<std::uint32_t> position;    ///< of each site
    std::vector<std::uint32_t> neighbour;   ///< position of neighbour d of site j: [first_slot + d * stride + j]
    std::vector<std::uint32_t> bond;        ///< the bond that leads there, the same shape

    std::int64_t phases() const { return static_cast<std::int64_t>(phase_begin.size()) - 1; }
};

/// The phase of every site in an order of updates: its colour ("sublattice"), its number ("sequential", "random"), or
/// 0 ("parallel").
std::vector<std::uint32_t> site_phases(const Lattice& lattice, const std::string& order);

/// Sorts the sites by phase and number of neighbours. Each block begins at a multiple of `alignment` positions.
/// Throws InvalidArgument beyond 2^31 sites or positions.
SiteBlocks make_site_blocks(const Lattice& lattice, const std::vector<Bond>& bonds,
                            const std::vector<std::uint32_t>& phases, std::int64_t alignment);

/// Number of bonds at every site.
std::vector<std::int32_t> degrees(std::int64_t sites, const std::vector<Bond>& bonds);

}  // namespace kadanoff
