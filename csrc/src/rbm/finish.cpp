#include <bit>
#include <cmath>

#include "kadanoff/update/probability.hpp"
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
    DrawKey key = job.key;
    key.stream = Stream::rbm_tail;
    key.replica = static_cast<std::uint32_t>(chain);
    const Block<WordOps> words = draw<WordOps>(key, unit, 0);
    constexpr std::uint64_t tail_bits = (std::uint64_t{1} << 48) - 1;
    const std::uint64_t tail = (static_cast<std::uint64_t>(words.word[1] & 0xFFFFu) << 32) | words.word[0];
    const std::uint64_t v = (static_cast<std::uint64_t>(first_bits) << 48) | (up ? tail : ~tail & tail_bits);
    const DoubleDouble exact = exp_minus(size);
    return (v <= threshold(exact / (DoubleDouble{1.0, 0.0} + exact))) != up;
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
