#pragma once

#include <cstdint>
#include <vector>

#include "tensor/path/random.hpp"

namespace kadanoff::paths {

/// Vertices with weights and edges of any number of pins.
struct Hypergraph {
    std::vector<double> vertex_weight;
    std::vector<std::vector<std::int32_t>> pins;  ///< vertices of each edge
    std::vector<double> edge_weight;
    std::vector<std::vector<std::int32_t>> edges;  ///< of each vertex

    std::int32_t vertices() const { return static_cast<std::int32_t>(vertex_weight.size()); }
    /// Fills in `edges` from the pins.
    void connect();
};

/// Sides 0 and 1 of a cut that is small, neither much heavier than (1 + imbalance) / 2 of the whole: coarsening by
/// heavy edges, growth from random vertices, and the moves of Fiduccia and Mattheyses (DAC 1982, 175) on every level.
std::vector<char> bisect(const Hypergraph& graph, double imbalance, Random& random);

}  // namespace kadanoff::paths
