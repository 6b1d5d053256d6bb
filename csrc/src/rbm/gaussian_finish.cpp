#include "kadanoff/update/gaussian_sweep.hpp"
#include "kadanoff/update/probability.hpp"

namespace kadanoff {

bool finish_gaussian_unit(const GaussianJob& job, std::int64_t chain, std::int64_t unit, float sum,
                          std::uint32_t first_bits) noexcept {
    const double odds = static_cast<double>(sum) * job.slope[chain];
    const bool up = odds >= 0.0;
    DrawKey key = job.key;
    key.replica = static_cast<std::uint32_t>(chain);
    const std::int64_t place = unit % gaussian_panel;
    const auto group = static_cast<std::uint32_t>(unit / gaussian_panel * 16 + place % 16);
    const std::uint64_t rest = draw<WordOps>(key, group, 1).word[place / 16];
    const std::uint64_t u = (static_cast<std::uint64_t>(first_bits) << 32) | rest;
    const DoubleDouble weight = exp_minus(up ? odds : -odds);
    return ((up ? u : ~u) <= threshold(weight / (DoubleDouble{1.0, 0.0} + weight))) != up;
}

}  // namespace kadanoff
