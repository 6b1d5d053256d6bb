#pragma once

#include <cstdint>
#include <vector>

#include "kadanoff/update/rbm_job.hpp"

namespace kadanoff {

/// ln x of a positive, normal x, relative error below 1e-15: IEEE operations alone, so that every machine gets the
/// same bits.
double log_of(double x) noexcept;

/// What RbmWeighing points to, for whole words of chains.
class WeighingNumbers {
public:
    WeighingNumbers(std::int64_t chains, std::int64_t units);

    /// The log-odds of a sum of 1 at inverse temperature number `which`, of the chain at a place.
    void set_slope(int which, std::int64_t place, double slope);
    /// Begins anew: no sums, products of 1.
    void clear(std::int64_t first_place, std::int64_t last_place);
    void clear_products(std::int64_t first_place, std::int64_t last_place);

    double positive(std::int64_t place) const { return positive_[static_cast<std::size_t>(place)]; }
    double product(int which, std::int64_t place) const { return product_[which][static_cast<std::size_t>(place)]; }
    RbmWeighing view();

private:
    std::int64_t units_;
    std::vector<double> rate_[2], positive_, product_[2];
};

}  // namespace kadanoff
