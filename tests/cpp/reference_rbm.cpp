#include "reference_rbm.hpp"

#include <algorithm>
#include <cmath>

#include "kadanoff/rng/stream.hpp"
#include "kadanoff/rng/xoshiro.hpp"
#include "kadanoff/update/probability.hpp"

using kadanoff::DrawKey;
using kadanoff::Stream;
using kadanoff::WordOps;

namespace {

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

}  // namespace

ReferenceGibbs::ReferenceGibbs(const kadanoff::Rbm& rbm, const kadanoff::GibbsOptions& options)
    : visible(at(rbm.visible * options.chains)),
      hidden(at(rbm.hidden * options.chains)),
      fixed16_(options.precision == kadanoff::Precision::fixed16),
      options_(options) {
    const double cv = rbm.visible_units == kadanoff::Units::spin ? 2.0 : 1.0;
    const double ch = rbm.hidden_units == kadanoff::Units::spin ? 2.0 : 1.0;
    side_[0] = {rbm.visible, rbm.hidden, {}, {rbm.hidden_bias.begin(), rbm.hidden_bias.end()}};
    side_[1] = {rbm.hidden, rbm.visible, {}, {rbm.visible_bias.begin(), rbm.visible_bias.end()}};
    for (Side& side : side_) side.weights.resize(at(side.inputs * side.units));
    for (std::int64_t i = 0; i < rbm.visible; ++i) {
        for (std::int64_t j = 0; j < rbm.hidden; ++j) {
            const double w = rbm.weights[at(i * rbm.hidden + j)];
            side_[0].bias[at(j)] -= cv == 2.0 ? w : 0.0;
            side_[1].bias[at(i)] -= ch == 2.0 ? w : 0.0;
            side_[0].weights[at(i * rbm.hidden + j)] = side_[1].weights[at(j * rbm.visible + i)] = cv * ch * w;
        }
    }
    for (double& b : side_[0].bias) b *= ch;
    for (double& a : side_[1].bias) a *= cv;
    double largest = 0.0;
    for (const Side& side : side_) {
        for (std::int64_t j = 0; j < side.units; ++j) {
            double up = std::max(0.0, side.bias[at(j)]), down = std::min(0.0, side.bias[at(j)]);
            for (std::int64_t i = 0; i < side.inputs; ++i) {
                const double w = side.weights[at(i * side.units + j)];
                (w > 0.0 ? up : down) += w;
            }
            largest = std::max({largest, up, -down});
        }
    }
    const double terms = static_cast<double>(std::max(rbm.visible, rbm.hidden)) + 1.0;
    if (fixed16_) scale = largest == 0.0 ? 0x1p40 : (32767.0 - terms / 2.0) / largest;
    for (Side& side : side_) {
        const auto round = [&](double x) { return fixed16_ ? std::nearbyint(scale * x) : static_cast<float>(x); };
        std::transform(side.weights.begin(), side.weights.end(), side.weights.begin(), round);
        std::transform(side.bias.begin(), side.bias.end(), side.bias.begin(), round);
    }
    for (const std::uint32_t layer : {0u, 1u}) {
        std::vector<std::uint8_t>& state = layer == 0 ? hidden : visible;
        const std::int64_t units = side_[layer].units;
        for (std::int64_t c = 0; c < options.chains; ++c) {
            for (std::int64_t j = 0; j < units; ++j) {
                const DrawKey key{options.seed, 0, static_cast<std::uint32_t>(c / 32), Stream::rbm_start, layer};
                const auto block = kadanoff::draw<WordOps>(key, static_cast<std::uint32_t>(j / 4), 0);
                state[at(c * units + j)] = block.word[j % 4] >> (c % 32) & 1u;
            }
        }
    }
}

double ReferenceGibbs::log_odds(const Side& side, const std::uint8_t* inputs, std::int64_t unit, double beta) const {
    const auto term = [&](std::int64_t i) {
        return i < side.inputs && inputs[i] != 0 ? side.weights[at(i * side.units + unit)] : 0.0;
    };
    double exact = side.bias[at(unit)];
    if (fixed16_) {
        for (std::int64_t i = 0; i < side.inputs; ++i) exact += term(i);
        return exact * (beta * (1.0 / scale));
    }
    auto sum = static_cast<float>(exact);
    for (std::int64_t i = 0; i < side.inputs; i += 4) {
        const auto w = [&](std::int64_t k) { return static_cast<float>(term(i + k)); };
        const float first = w(0) + w(1), second = w(2) + w(3);
        const float both = first + second;
        sum = sum + both;
    }
    return beta * static_cast<double>(sum);
}

bool ReferenceGibbs::draw_unit(std::uint32_t layer, std::int64_t chain, std::int64_t unit, std::uint32_t word,
                               double odds) const {
    const DrawKey key{options_.seed, step_, static_cast<std::uint32_t>(chain), Stream::rbm_tail, layer};
    const auto tail = kadanoff::draw<WordOps>(key, static_cast<std::uint32_t>(unit), 0);
    const std::uint64_t first = chain % 2 == 0 ? word & 0xFFFFu : word >> 16;
    const std::uint64_t u = (first << 48) | (static_cast<std::uint64_t>(tail.word[1] & 0xFFFFu) << 32) | tail.word[0];
    const bool up = odds >= 0.0;
    const kadanoff::DoubleDouble weight = kadanoff::exp_minus(std::fabs(odds));
    const std::uint64_t t = kadanoff::threshold(weight / (kadanoff::DoubleDouble{1.0, 0.0} + weight));
    return ((up ? u : ~u) <= t) != up;
}

void ReferenceGibbs::draw_layer(std::uint32_t layer) {
    const Side& side = side_[layer];
    const std::vector<std::uint8_t>& in = layer == 0 ? visible : hidden;
    std::vector<std::uint8_t>& out = layer == 0 ? hidden : visible;
    for (std::int64_t c = 0; c < options_.chains; ++c) {
        const double beta = options_.beta[options_.beta.size() == 1 ? 0 : at(c)];
        kadanoff::Xoshiro128pp<WordOps> words{kadanoff::Block<WordOps>{}};
        for (std::int64_t j = 0; j < side.units; ++j) {
            if (j % 96 == 0) {
                const DrawKey key{options_.seed, step_, static_cast<std::uint32_t>(c / 32), Stream::rbm_units, layer};
                const auto group = static_cast<std::uint32_t>(16 * (j / 96) + c % 32 / 2);
                words = kadanoff::Xoshiro128pp<WordOps>(kadanoff::draw<WordOps>(key, group, 0));
            }
            const std::uint32_t word = words.next();
            if (layer == 1 && !clamped.empty() && clamped[at(c * side.units + j)] != 0) continue;
            const double odds = log_odds(side, in.data() + c * side.inputs, j, beta);
            out[at(c * side.units + j)] = draw_unit(layer, c, j, word, odds);
        }
    }
}

void ReferenceGibbs::step() {
    draw_layer(0);
    draw_layer(1);
    ++step_;
}
