#include "rbm/drives.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "checks.hpp"
#include "kadanoff/error.hpp"

namespace kadanoff {

namespace {

/// |d| of y = 1, see rbm_draw.hpp.
constexpr double drive_unit = 0.6931471805599453 / 2048.0;
/// Beyond this one unit of int16 is coarser than the logistic function.
constexpr double largest_slope = 1.35;

/// Sets 16-bit number `i` of an array.
void put(std::vector<std::uint32_t>& words, std::size_t i, std::uint32_t number) {
    const std::size_t shift = 16 * (i % 2);
    words[i / 2] = (words[i / 2] & ~(0xFFFFu << shift)) | number << shift;
}

}  // namespace

ChainDrives::ChainDrives(Precision precision, const std::vector<double>& beta, std::int64_t chains, double scale)
    : fixed16_(precision == Precision::fixed16), unit_(1.0 / scale) {
    const std::int64_t words = (chains + rbm_chains - 1) / rbm_chains;
    const auto padded = static_cast<std::size_t>(words * rbm_chains);
    slope_.resize(padded);
    real_.resize(padded);
    limit_.resize(padded / 2);
    scale_.resize(padded / 2);
    factor_.resize(padded / 2);
    if (beta.size() == 1) set_all(beta[0], 0, words);
    for (std::size_t c = 0; c < padded && beta.size() > 1; ++c) {
        const Drive own = drive(beta[std::min(c, beta.size() - 1)]);
        slope_[c] = own.slope;
        real_[static_cast<std::size_t>(rbm_place(static_cast<std::int64_t>(c)))] = own.real;
        put(limit_, c, own.limit);
        put(scale_, c, own.scale);
        put(factor_, c, own.factor);
    }
}

ChainDrives::Drive ChainDrives::drive(double beta) const {
    Drive result{fixed16_ ? beta * unit_ : beta, 0, 0, 0, 0};
    const double ratio = result.slope / drive_unit;
    result.real = std::bit_cast<std::uint32_t>(static_cast<float>(ratio));
    if (!fixed16_) return result;
    if (result.slope > largest_slope) {
        throw InvalidArgument(
            "[GibbsSampler] expected beta times the sum of a unit's terms below about 44000 for "
            "fixed16, got " +
            text(beta * 32767.0 * unit_));
    }
    const double limit = std::min(32768.0, std::floor(32767.0 / ratio));
    double factor = 1.0;
    while (limit * factor * 2.0 <= 65535.0) factor *= 2.0;
    result.limit = static_cast<std::uint32_t>(limit);
    result.scale = static_cast<std::uint32_t>(factor);
    result.factor = static_cast<std::uint32_t>(std::min(65535.0, std::nearbyint(ratio * 65536.0 / factor)));
    return result;
}

void ChainDrives::set_all(double beta, std::int64_t first_word, std::int64_t last_word) {
    const Drive own = drive(beta);
    const auto fill = [&](auto& numbers, std::int64_t of_word, auto value) {
        std::fill(numbers.begin() + first_word * of_word, numbers.begin() + last_word * of_word, value);
    };
    fill(slope_, rbm_chains, own.slope);
    fill(real_, rbm_chains, own.real);
    if (!fixed16_) return;
    fill(limit_, rbm_chains / 2, own.limit * 0x10001u);
    fill(scale_, rbm_chains / 2, own.scale * 0x10001u);
    fill(factor_, rbm_chains / 2, own.factor * 0x10001u);
}

}  // namespace kadanoff
