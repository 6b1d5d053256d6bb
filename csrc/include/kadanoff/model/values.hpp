#pragma once

#include <cstdint>
#include <utility>
#include <vector>

namespace kadanoff {

/// One number for all items (bonds, sites), or one for each.
class Values {
public:
    Values(double all) : values_{all} {}
    Values(std::vector<double> each) : values_(std::move(each)) {}

    bool uniform() const { return values_.size() == 1; }
    std::int64_t size() const { return static_cast<std::int64_t>(values_.size()); }
    double operator[](std::int64_t item) const { return values_[uniform() ? 0 : static_cast<std::size_t>(item)]; }
    const std::vector<double>& all() const { return values_; }

private:
    std::vector<double> values_;
};

}  // namespace kadanoff
