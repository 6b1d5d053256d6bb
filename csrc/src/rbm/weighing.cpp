#include "rbm/weighing.hpp"

#include <algorithm>
#include <bit>

#include "kadanoff/update/plain_real.hpp"

namespace kadanoff {

double log_of(double x) noexcept {
    constexpr double ln2_high = 0x1.62e42fefa38p-1, ln2_low = 0x1.ef35793c7673p-45;  // n ln2_high is exact
    constexpr std::uint64_t mantissa = (std::uint64_t{1} << 52) - 1;
    constexpr std::uint64_t root_half = 0x3FE6A09E667F3BCDu;  // bits of sqrt(1/2)
    // x = 2^n m with m in [sqrt(1/2), sqrt(2)); ln m = 2 atanh(f).
    const std::uint64_t shifted = std::bit_cast<std::uint64_t>(x) - root_half;
    const auto n = static_cast<double>(static_cast<std::int64_t>(shifted) >> 52);
    const double m = std::bit_cast<double>((shifted & mantissa) + root_half);
    const double f = (m - 1.0) / (m + 1.0), square = f * f;
    double series = 1.0 / 23.0;
    for (int k = 21; k >= 3; k -= 2) series = series * square + 1.0 / k;
    // ln m = f + f + 2 f^3 series, the first two with the last bits that f has lost.
    const double rest = ((m - 1.0) - f * (m + 1.0)) / (m + 1.0);
    return n * ln2_high + (2.0 * f + (2.0 * (rest + f * square * series) + n * ln2_low));
}

WeighingNumbers::WeighingNumbers(std::int64_t chains, std::int64_t units) : units_(units) {
    const auto padded = static_cast<std::size_t>((chains + rbm_chains - 1) / rbm_chains * rbm_chains);
    for (std::vector<double>* numbers : {&rate_[0], &rate_[1], &positive_, &product_[0], &product_[1]}) {
        numbers->resize(padded);
    }
    clear(0, static_cast<std::int64_t>(padded));
}

void WeighingNumbers::set_slope(int which, std::int64_t place, double slope) {
    rate_[which][static_cast<std::size_t>(place)] = slope * log2_e;
}

void WeighingNumbers::clear(std::int64_t first_place, std::int64_t last_place) {
    std::fill(positive_.begin() + first_place, positive_.begin() + last_place, 0.0);
    clear_products(first_place, last_place);
}

void WeighingNumbers::clear_products(std::int64_t first_place, std::int64_t last_place) {
    for (std::vector<double>& product : product_) {
        std::fill(product.begin() + first_place, product.begin() + last_place, 1.0);
    }
}

RbmWeighing WeighingNumbers::view() {
    return {units_, {rate_[0].data(), rate_[1].data()}, positive_.data(), {product_[0].data(), product_[1].data()}};
}

}  // namespace kadanoff
