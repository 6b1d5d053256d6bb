#pragma once

#include <cstdint>
#include <vector>

#include "backend/packed.hpp"
#include "engine/engine.hpp"
#include "engine/packed_tables.hpp"
#include "kadanoff/model/ising.hpp"
#include "site_blocks.hpp"

namespace kadanoff {

PackedCouplings packed_couplings(const Values& coupling, const std::vector<Bond>& bonds, const SiteBlocks& sites);

/// What the replica-packed kernel decides by and what it measures, on any device.
class PackedModel {
public:
    /// For `words` words of replicas. Throws InvalidArgument if a site has too many neighbours to count.
    PackedModel(const EngineRequest& request, const Ising& model, const SiteBlocks& sites, std::int64_t words);

    int rule() const { return rule_; }
    bool symmetric() const { return size_.field == 0.0; }
    /// One for each number of neighbours.
    const std::vector<PackedTables>& tables() const { return tables_; }
    /// Which of them is for sites of that number.
    std::size_t table_for(int degree) const;
    std::vector<PackedTable> views() const;

    /// One for all replicas or one for each.
    void set_beta(const std::vector<double>& beta);

    /// From the number of bonds whose ends differ (with couplings of both signs: of unsatisfied ones) and of up spins.
    Totals totals(std::uint64_t unequal, std::uint64_t up) const;

private:
    int rule_;
    UniformIsing size_;  ///< of the size of the couplings
    double coupling_;    ///< of a bond between equal spins that the measurement sees
    std::int64_t replicas_, sites_, bonds_;
    std::vector<PackedTables> tables_;
};

}  // namespace kadanoff
