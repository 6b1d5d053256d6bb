#pragma once

#include <cstdint>
#include <vector>

#include "aligned_words.hpp"
#include "kadanoff/model/ising.hpp"
#include "kernels/table.hpp"
#include "site_blocks.hpp"

namespace kadanoff {

/// The tables of all sites at every temperature in use, and which replicas use which.
class TableSets {
public:
    /// `words`: of a position, padded. Empties sites.bond.
    TableSets(SiteBlocks& sites, const Ising& model, std::int64_t words, bool uses_spin, int threads);

    /// One inverse temperature for each replica, or one for all. Makes the tables of those that are new with `build`.
    void set_beta(const std::vector<double>& beta, decltype(TableKernel::build) build);

    /// Fills in what a job in 16 words has of the tables.
    void place(TableJob& job, std::size_t block, std::int64_t words);

private:
    struct Members {
        std::vector<std::int64_t> place;   ///< of each set in use, from set 0
        std::vector<std::uint32_t> bytes;  ///< [set in use * 16 + word]: 0xFF for a replica of that set
    };

    TableBuild build_of(std::size_t block);
    void make(const std::vector<std::int64_t>& sets, decltype(TableKernel::build) build);
    std::vector<std::int64_t> sets_for(const std::vector<double>& distinct, decltype(TableKernel::build) build);
    void deal_out(const std::vector<std::int64_t>& set_of_replica);

    const SiteBlocks& sites_;
    std::int64_t words_;
    int threads_;
    std::vector<double> coupling_;           ///< like SiteBlocks::neighbour
    std::vector<double> field_;              ///< block by block
    bool symmetric_ = true;                  ///< no site has a field
    std::vector<std::int64_t> first_field_;  ///< of each block
    std::vector<std::int64_t> first_row_;    ///< of each block, in a set
    std::int64_t rows_of_set_ = 0;
    std::vector<double> beta_of_set_;
    AlignedWords rows_;
    std::vector<double> scale_;     ///< of every replica
    std::vector<Members> members_;  ///< of each block of 16 words
};

}  // namespace kadanoff
