#pragma once

#include <cstdint>
#include <vector>

#include "engine/engine.hpp"

namespace kadanoff {

/// Packed spins of the engines that serve any graph: a row of whole words for each site. Ising: replica r is bit
/// r % 32 of word r / 32 of the row, 1 = up. Potts: the state of replica r is byte r % 4, lowest first, of word r / 4.
struct GraphPacking {
    std::int64_t sites = 0;
    std::int64_t replicas = 0;
    int states = 0;  ///< of a Potts spin; 0: Ising

    explicit GraphPacking(const EngineRequest& request);
    GraphPacking(std::int64_t sites_, std::int64_t replicas_, int states_)
        : sites(sites_), replicas(replicas_), states(states_) {}

    std::int64_t row_words() const { return states == 0 ? (replicas + 31) / 32 : (replicas + 3) / 4; }
    std::int64_t size() const { return sites * row_words(); }

    /// Throws InvalidArgument if a padding bit is set or a value is no state of a Potts spin.
    void check(const std::uint32_t* words) const;
    /// From (replica, site): +-1, or states as unsigned bytes.
    void pack(const std::int8_t* spins, std::uint32_t* words) const;
    void unpack(const std::uint32_t* words, std::int8_t* spins) const;
};

/// The packed spins that options.start asks for.
std::vector<std::uint32_t> graph_start(const EngineRequest& request);

}  // namespace kadanoff
