#pragma once

#include <cstdint>
#include <vector>

#include "engine/cluster_model.hpp"

namespace kadanoff {

/// The bonds of any graph as lists, in the order of Lattice::bonds, and its energy.
class GraphBonds {
public:
    struct Ends {
        std::uint32_t first, second;
    };

    GraphBonds(const Lattice& lattice, const ClusterModel& model);

    std::int64_t count() const { return static_cast<std::int64_t>(ends_.size()); }
    const std::vector<Ends>& ends() const { return ends_; }

    /// Bit b % 32 of the result: whether bond b, of the 32 that begin with 32 * word, has a coupling other than zero
    /// and spins that satisfy it.
    std::uint32_t satisfied(std::int64_t word, const std::uint8_t* spins) const;

    Totals measure(const ClusterModel& model, const std::uint8_t* spins) const;

private:
    double satisfaction(const ClusterModel& model, const std::uint8_t* spins) const;

    std::int64_t sites_;
    std::vector<Ends> ends_;
    std::vector<std::uint32_t> present_, negative_;
};

}  // namespace kadanoff
