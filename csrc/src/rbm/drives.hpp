#pragma once

#include <cstdint>
#include <vector>

#include "kadanoff/rbm.hpp"
#include "kadanoff/update/rbm_job.hpp"

namespace kadanoff {

/// What the inverse temperatures of the chains make of sums, padded to whole words of chains.
class ChainDrives {
public:
    /// `beta`: one for all, or one per chain. Throws InvalidArgument where fixed16 is too coarse.
    ChainDrives(Precision precision, const std::vector<double>& beta, std::int64_t chains, double scale);

    /// One inverse temperature for the chains of the words [first_word, last_word). Throws InvalidArgument, and changes
    /// nothing, where fixed16 is too coarse.
    void set_all(double beta, std::int64_t first_word, std::int64_t last_word);

    RbmDrives view() const { return {slope_.data(), limit_.data(), scale_.data(), factor_.data(), real_.data()}; }

private:
    /// What a sum of one chain is turned into.
    struct Drive {
        double slope;
        std::uint32_t real, limit, scale, factor;
    };
    Drive drive(double beta) const;

    bool fixed16_;
    double unit_;
    std::vector<double> slope_;
    std::vector<std::uint32_t> limit_, scale_, factor_, real_;
};

}  // namespace kadanoff
