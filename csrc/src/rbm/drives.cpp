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

/// 16-bit number `i` of an array.
void put(std::vector<std::uint32_t>& words, std::size_t i, double number) {
    words[i / 2] |= static_cast<std::uint32_t>(number) << (16 * (i % 2));
}

}  // namespace

ChainDrives::ChainDrives(Precision precision, const std::vector<double>& beta, std::int64_t chains, double scale) {
    const bool fixed16 = precision == Precision::fixed16;
    const double unit = 1.0 / scale;
    const auto padded = static_cast<std::size_t>((chains + rbm_chains - 1) / rbm_chains * rbm_chains);
    slope_.resize(padded);
    real_.resize(padded);
    limit_.resize(padded / 2);
    scale_.resize(padded / 2);
    factor_.resize(padded / 2);
    for (std::size_t c = 0; c < padded; ++c) {
        const double own = beta[beta.size() == 1 ? 0 : std::min(c, beta.size() - 1)];
        slope_[c] = fixed16 ? own * unit : own;
        const double ratio = slope_[c] / drive_unit;
        real_[c / 32 * 32 + c % 2 * 16 + c / 2 % 16] = std::bit_cast<std::uint32_t>(static_cast<float>(ratio));
        if (!fixed16) continue;
        if (slope_[c] > largest_slope) {
            throw InvalidArgument(
                "[GibbsSampler] expected beta times the sum of a unit's terms below about 44000 for "
                "fixed16, got " +
                text(own * 32767.0 * unit));
        }
        const double limit = std::min(32768.0, std::floor(32767.0 / ratio));
        double factor = 1.0;
        while (limit * factor * 2.0 <= 65535.0) factor *= 2.0;
        put(limit_, c, limit);
        put(scale_, c, factor);
        put(factor_, c, std::min(65535.0, std::nearbyint(ratio * 65536.0 / factor)));
    }
}

}  // namespace kadanoff
