#include <bit>
#include <cmath>

#include "kadanoff/update/rbm_exact.hpp"
#include "kadanoff/update/rbm_job.hpp"

namespace kadanoff {

namespace {

/// Whether a unit is on, given its log-odds and the first 16 bits of V.
bool decide(const RbmJob& job, std::int64_t chain, std::uint32_t unit, double odds, std::uint32_t first_bits) {
    const bool up = odds >= 0.0;
    const double size = up ? odds : -odds;
    const double weight = std::exp(-size);
    const double near = 65536.0 * weight / (1.0 + weight);
    constexpr double libm_error = 1e-9;  // far above that of any exp()
    if (first_bits + 1.0 <= near * (1.0 - libm_error)) return !up;
    if (first_bits >= near * (1.0 + libm_error)) return up;
    return draw_rbm_unit_exactly(job.key, chain, unit, odds, up ? first_bits : 0xFFFFu - first_bits);
}

template <class Odds>
std::uint32_t finish(const RbmJob& job, const OpenUnits& units, Odds odds_of) {
    std::uint32_t result = units.up & ~units.open;
    for (std::uint32_t left = units.open; left != 0; left &= left - 1) {
        const int c = std::countr_zero(left);
        const std::int64_t chain = units.chain + c;
        const double odds = odds_of(c) * job.drives.slope[chain];
        const std::uint32_t bits = (units.first_bits[c / 2] >> (16 * (c % 2))) & 0xFFFFu;
        // The sign of a sum that is all but 0 may get lost on the way to y.
        const bool complemented = (units.negative >> c & 1u) != 0;
        const bool up = decide(job, chain, units.unit, odds, complemented == (odds < 0.0) ? bits : 0xFFFFu - bits);
        result |= static_cast<std::uint32_t>(up) << c;
    }
    return result;
}

}  // namespace

std::uint32_t finish_fixed16_units(const RbmJob& job, const OpenUnits& units, const std::uint32_t* sums) noexcept {
    return finish(job, units, [&](int c) {
        return static_cast<double>(static_cast<std::int16_t>(sums[c / 2] >> (16 * (c % 2)) & 0xFFFFu));
    });
}

std::uint32_t finish_float32_units(const RbmJob& job, const OpenUnits& units, const std::uint32_t* sums,
                                   std::int64_t odd, std::int64_t step) noexcept {
    return finish(job, units,
                  [&](int c) { return static_cast<double>(std::bit_cast<float>(sums[c % 2 * odd + c / 2 * step])); });
}

}  // namespace kadanoff
