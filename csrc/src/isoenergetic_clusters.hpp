#pragma once

#include <cstdint>
#include <vector>

#include "kadanoff/lattice/lattice.hpp"
#include "kadanoff/model/ising.hpp"

namespace kadanoff {

/// Cluster moves of two copies of an Ising model that keep the sum of their energies (Houdayer 2001).
///
/// The sites where the copies differ, q_i = s_i t_i = -1, fall into clusters connected by bonds; to exchange the
/// copies on one of them leaves J (s_i s_j + t_i t_j) as it is on every bond, and h (s_i + t_i) on every site. Without
/// a field the clusters of q = +1 serve as well, on which both copies are flipped: that is to flip one whole copy
/// for the time of the move. The sites of the rarer sign are taken, whose clusters are smaller (Zhu, Ochoa and
/// Katzgraber 2015 flip the copy when more than half of the sites have q = -1). Since a move leaves every q_i as it
/// is, it is its own inverse, of the same probability: detailed balance holds.
class IsoenergeticClusters {
public:
    /// Throws InvalidArgument beyond 2^31 sites, or for a plaquette term, which binds more than two sites.
    IsoenergeticClusters(const Lattice& lattice, const Ising& model);

    /// Moves one cluster of `first` and `second`, the one that holds a site chosen by a uniform 64-bit integer.
    /// Returns its size; 0, and changes nothing, where there is none. `scratch` is room for work, one for each thread.
    std::int64_t move(std::int8_t* first, std::int8_t* second, std::uint64_t uniform,
                      std::vector<std::int32_t>& scratch) const;

private:
    bool has_field_;
    std::vector<std::int64_t> first_neighbour_;  ///< of each site in neighbours_, and the end
    std::vector<std::int32_t> neighbours_;       ///< across bonds whose coupling is not 0
};

}  // namespace kadanoff
