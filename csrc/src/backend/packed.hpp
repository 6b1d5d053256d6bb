#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kadanoff/update/checkerboard_sweep.hpp"
#include "kadanoff/update/packed_sweep.hpp"
#include "site_blocks.hpp"

namespace kadanoff {

/// Couplings of one size: their signs, and the ends of the bonds.
struct PackedCouplings {
    std::uint32_t flip = 0;                    ///< all ones if every coupling is negative
    std::vector<std::uint32_t> negative;       ///< like SiteBlocks::neighbour; empty unless both signs occur
    std::int64_t bonds = 0;                    ///< the lists below are longer by a vector
    std::vector<std::uint32_t> first, second;  ///< positions of the ends of each bond
    std::vector<std::uint32_t> bond_negative;  ///< of each bond; empty unless both signs occur
};

/// Everything that a backend needs to know, checked by the caller.
struct PackedPlan {
    SiteBlocks sites;
    PackedCouplings couplings;
    std::int64_t replicas;
    std::int64_t words;               ///< of a position, see graph_layout.hpp
    int rule;                         ///< position in registry.hpp's Rules
    bool symmetric;                   ///< no field
    std::vector<int> degrees;         ///< of the sites that each table is for
    std::vector<PackedTable> tables;  ///< in host memory, which must live for this call
    std::string order;                ///< see SamplerOptions
    std::uint64_t seed;
};

/// The spins of all replicas on one device, bit k of a word for replica k, and the operations on them. The engine for
/// the CPU shares its threads with the other graph kernels and needs none of this (engine/graph_engine.hpp).
class PackedBackend {
public:
    virtual ~PackedBackend() = default;

    /// `draws` times `every` sweeps from `sweep` on; after each, the sums of every replica if `sums` is not null:
    /// sums[replica * draws + draw]. Where couplings have both signs, the unsatisfied bonds count as unequal.
    virtual void advance(std::uint64_t sweep, std::int64_t draws, std::int64_t every, SpinSums* sums) = 0;
    virtual void measure(SpinSums* sums) = 0;
    /// New decisions, as many tables and of the same sizes as in the plan.
    virtual void set_tables(const std::vector<PackedTable>& tables) = 0;

    /// Rows of whole words by site, see GraphPacking; padding bits are read as 0.
    virtual void read(std::uint32_t* words) const = 0;
    virtual void write(const std::uint32_t* words) = 0;
    /// +-1, (replica, site); `spins` in the backend's own memory space or the host's.
    virtual void unpack(std::int8_t* spins) const = 0;

    virtual std::string kernel() const = 0;
};

using MakePackedBackend = std::unique_ptr<PackedBackend> (*)(const PackedPlan& plan);

/// Throws Unavailable where CUDA is missing from the build or the machine.
std::unique_ptr<PackedBackend> make_cuda_packed(const PackedPlan& plan);

}  // namespace kadanoff
