#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "kadanoff/model/ising.hpp"
#include "kadanoff/update/packed_sweep.hpp"

namespace kadanoff {

/// Position of an update rule in Rules, -1 if there is none of that name.
int find_rule(const std::string& update);

/// The decisions of one rule for sites of one degree, for replicas each at its own temperature.
class PackedTables {
public:
    /// `model.coupling` is the size of the couplings. Decides nothing before set_beta.
    PackedTables(int rule, int degree, const UniformIsing& model, std::int64_t words);

    /// One for each of the first replicas; the rest, padding, keep what they have.
    void set_beta(const std::vector<double>& beta);

    PackedTable view() const;
    int degree() const { return degree_; }

private:
    const std::vector<std::uint64_t>& thresholds(double beta);
    void set_all(const std::vector<std::uint64_t>& thresholds);
    void set_one(std::int64_t replica, const std::vector<std::uint64_t>& thresholds);

    int rule_;
    int degree_;
    UniformIsing model_;
    std::int64_t words_, width_;
    int classes_ = 0;
    std::vector<std::int32_t> count_, spin_, base_;  ///< of each class, with a field
    std::vector<double> beta_;                       ///< as last set
    std::vector<std::uint32_t> plane_;
    std::vector<std::uint64_t> threshold_;
    std::unordered_map<double, std::vector<std::uint64_t>> known_;
};

}  // namespace kadanoff
