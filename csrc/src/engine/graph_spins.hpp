#pragma once

#include <cstdint>

#include "engine/engine.hpp"
#include "engine/graph_start.hpp"
#include "site_blocks.hpp"

namespace kadanoff {

/// What the engines for any graph share, wherever their spins lie: +-1 and states go in and out as packed rows.
class GraphSpins : public Engine {
public:
    std::int64_t packed_size() const final { return packing_.size(); }
    void unpack(std::int8_t* spins) const override;
    void pack(const std::int8_t* spins) final;

protected:
    explicit GraphSpins(const EngineRequest& request) : packing_(request) {}

    GraphPacking packing_;
};

/// The sites sorted for the order of updates that the options ask for.
SiteBlocks sorted_sites(const EngineRequest& request, std::int64_t alignment);

/// The bits of the nearest float, the form in which kernels hold one in a word.
std::uint32_t float_bits(double value);

}  // namespace kadanoff
