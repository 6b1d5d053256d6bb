#include "tensor/network/sums.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tensor/network/additions.hpp"

namespace kadanoff::networks {

namespace {

double power(std::int64_t exponent) {
    return std::ldexp(1.0, static_cast<int>(std::clamp<std::int64_t>(exponent, -4000, 4000)));
}

}  // namespace

void Sums::clear() {
    for (const Target& target : targets_) {
        std::memset(target.data, 0, static_cast<std::size_t>(target.size) * size_of(program_.dtype));
    }
    exponent_ = 0;
    any_ = false;
}

void Sums::add(const std::vector<Summand>& summands, std::int64_t exponent) {
    const double by = scaled_ ? factor(summands, exponent) : 1.0;
    for (std::size_t t = 0; t < targets_.size(); ++t) {
        const Summand& summand = summands[t];
        add_to(program_.dtype, *summand.addition, summand.from, targets_[t].data, summand.offset, by);
    }
}

double Sums::factor(const std::vector<Summand>& summands, std::int64_t exponent) {
    double largest = 0;
    for (const Summand& summand : summands) {
        largest = std::max(largest, program_.kernel.largest(summand.from, summand.size));
    }
    if (largest == 0 || !std::isfinite(largest)) return 1;  // zeros, NaN or infinity: added as they are
    const std::int64_t own = exponent + std::ilogb(largest);
    if (!any_ || own > exponent_) {
        if (any_) {
            for (const Target& target : targets_) {
                program_.kernel.scale(target.data, target.size, power(exponent_ - own));
            }
        }
        exponent_ = own;
    }
    any_ = true;
    return power(exponent - exponent_);
}

}  // namespace kadanoff::networks
