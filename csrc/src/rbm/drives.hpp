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

    RbmDrives view() const { return {slope_.data(), limit_.data(), scale_.data(), factor_.data(), real_.data()}; }

private:
    std::vector<double> slope_;
    std::vector<std::uint32_t> limit_, scale_, factor_, real_;
};

}  // namespace kadanoff
