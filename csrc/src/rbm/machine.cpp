#include "rbm/machine.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <string>

#include "checks.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/update/rbm_registers.hpp"

namespace kadanoff {

namespace {

constexpr std::int64_t largest_layer = std::int64_t{1} << 20;
constexpr double fixed16_scale_of_nothing = 0x1p40;  ///< all weights 0: any beta is small enough
constexpr double largest_sum = 1e38;                 ///< of sizes; float32 ends at 3.4e38

std::int64_t round_up(std::int64_t value, std::int64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

/// A machine for units of 0 and 1 only, with the same distribution: v = 2 u - 1 is written into W and the biases.
struct BinaryRbm {
    std::int64_t visible, hidden;
    std::vector<double> weights, visible_bias, hidden_bias;
    double offset = 0.0;  ///< -E where all units are 0

    explicit BinaryRbm(const Rbm& rbm)
        : visible(rbm.visible),
          hidden(rbm.hidden),
          weights(rbm.weights.begin(), rbm.weights.end()),
          visible_bias(rbm.visible_bias.begin(), rbm.visible_bias.end()),
          hidden_bias(rbm.hidden_bias.begin(), rbm.hidden_bias.end()) {
        const bool v_spin = rbm.visible_units == Units::spin, h_spin = rbm.hidden_units == Units::spin;
        if (v_spin) offset -= std::accumulate(visible_bias.begin(), visible_bias.end(), 0.0);
        if (h_spin) offset -= std::accumulate(hidden_bias.begin(), hidden_bias.end(), 0.0);
        if (v_spin && h_spin) offset += std::accumulate(weights.begin(), weights.end(), 0.0);
        for (std::size_t i = 0; i < visible_bias.size(); ++i) {
            for (std::size_t j = 0; j < hidden_bias.size(); ++j) {
                double& w = weights[i * hidden_bias.size() + j];
                if (v_spin) hidden_bias[j] -= w;
                if (h_spin) visible_bias[i] -= w;
                w *= (v_spin ? 2.0 : 1.0) * (h_spin ? 2.0 : 1.0);
            }
        }
        for (double& a : visible_bias) a *= v_spin ? 2.0 : 1.0;
        for (double& b : hidden_bias) b *= h_spin ? 2.0 : 1.0;
    }

    double weight(bool to_visible, std::int64_t input, std::int64_t unit) const {
        const std::int64_t place = to_visible ? unit * hidden + input : input * hidden + unit;
        return weights[static_cast<std::size_t>(place)];
    }
    const std::vector<double>& bias(bool to_visible) const { return to_visible ? visible_bias : hidden_bias; }
    std::int64_t inputs(bool to_visible) const { return to_visible ? hidden : visible; }

    /// The largest sum of terms of one sign that a unit can see.
    double largest() const {
        double result = 0.0;
        for (const bool to_visible : {false, true}) {
            for (std::size_t j = 0; j < bias(to_visible).size(); ++j) {
                double up = 0.0, down = 0.0;
                const auto add = [&](double term) { (term > 0.0 ? up : down) += term; };
                add(bias(to_visible)[j]);
                for (std::int64_t i = 0; i < inputs(to_visible); ++i) {
                    add(weight(to_visible, i, static_cast<std::int64_t>(j)));
                }
                result = std::max({result, up, -down});
            }
        }
        return result;
    }
};

/// With half a unit for the rounding of each term, no sum leaves int16.
double fixed16_scale(const BinaryRbm& binary) {
    const double units = static_cast<double>(std::max(binary.visible, binary.hidden)) + 1.0;
    const double room = 32767.0 - units / 2.0;
    const double largest = binary.largest();
    return largest == 0.0 ? fixed16_scale_of_nothing : room / largest;
}

/// Writes number `unit` of a row.
void put(std::uint32_t* row, std::int64_t unit, double value, bool fixed16, double scale) {
    if (fixed16) {
        const auto number = static_cast<std::uint16_t>(static_cast<std::int16_t>(std::nearbyint(scale * value)));
        row[unit / 2] |= static_cast<std::uint32_t>(number) << (16 * (unit % 2));
    } else {
        row[unit] = std::bit_cast<std::uint32_t>(static_cast<float>(value));
    }
}

RbmDirection make_direction(const BinaryRbm& binary, bool to_visible, bool fixed16, double scale,
                            const RbmKernel& kernel) {
    const std::int64_t inputs = binary.inputs(to_visible), units = binary.inputs(!to_visible);
    const int together = fixed16 ? Fixed16Sums<WordOps>::inputs : Float32Sums<WordOps>::inputs;
    const std::int64_t groups = (inputs + together - 1) / together;
    const std::int64_t stride = round_up(units, rbm_padding) / (fixed16 ? 2 : 1);
    const std::int64_t table = kernel.fill == nullptr ? 0 : round_up(units, kernel.tile) * groups * 16;
    check_memory(4.0 * static_cast<double>(groups * together * stride + table));
    RbmDirection result{inputs,
                        units,
                        groups,
                        stride,
                        AlignedWords(static_cast<std::size_t>(groups * together * stride)),
                        AlignedWords(static_cast<std::size_t>(stride)),
                        AlignedWords(static_cast<std::size_t>(table))};
    for (std::int64_t j = 0; j < units; ++j) {
        put(result.bias.data(), j, binary.bias(to_visible)[static_cast<std::size_t>(j)], fixed16, scale);
    }
    for (std::int64_t i = 0; i < inputs; ++i) {
        std::uint32_t* row = result.rows.data() + i * stride;
        for (std::int64_t j = 0; j < units; ++j) put(row, j, binary.weight(to_visible, i, j), fixed16, scale);
    }
    if (kernel.fill != nullptr) {
        RbmJob job{};
        result.place(job);
        kernel.fill(job, 0, round_up(units, kernel.tile), result.tables.data());
    }
    return result;
}

void check_numbers(const char* what, const std::vector<float>& numbers, std::int64_t count) {
    if (static_cast<std::int64_t>(numbers.size()) != count) {
        throw InvalidArgument(std::string("[RBM] expected ") + std::to_string(count) + " " + what + ", got " +
                              std::to_string(numbers.size()));
    }
    for (const float number : numbers) {
        if (!std::isfinite(number)) {
            throw InvalidArgument(std::string("[RBM] expected finite ") + what + ", got " + text(number));
        }
    }
}

}  // namespace

void check_rbm(const Rbm& rbm) {
    for (const std::int64_t units : {rbm.visible, rbm.hidden}) {
        if (units < 1 || units > largest_layer) {
            throw InvalidArgument("[RBM] expected 1 to 2^20 units in a layer, got " + std::to_string(units));
        }
    }
    check_numbers("weights", rbm.weights, rbm.visible * rbm.hidden);
    check_numbers("visible biases", rbm.visible_bias, rbm.visible);
    check_numbers("hidden biases", rbm.hidden_bias, rbm.hidden);
    std::vector<double> visible(rbm.visible_bias.size()), hidden(rbm.hidden_bias.size());
    for (std::size_t i = 0; i < visible.size(); ++i) {
        for (std::size_t j = 0; j < hidden.size(); ++j) {
            const double size = std::fabs(static_cast<double>(rbm.weights[i * hidden.size() + j]));
            visible[i] += size;
            hidden[j] += size;
        }
    }
    double largest = 0.0;  // units of -1 and 1 enlarge weights fourfold, biases by the sum of all weights
    for (std::size_t i = 0; i < visible.size(); ++i) {
        largest = std::max(largest, 2.0 * std::fabs(static_cast<double>(rbm.visible_bias[i])) + 6.0 * visible[i]);
    }
    for (std::size_t j = 0; j < hidden.size(); ++j) {
        largest = std::max(largest, 2.0 * std::fabs(static_cast<double>(rbm.hidden_bias[j])) + 6.0 * hidden[j]);
    }
    if (largest > largest_sum) {
        throw InvalidArgument("[RBM] expected weights and biases of a unit that add up to at most 1e37, got about " +
                              text(static_cast<double>(static_cast<float>(largest / 6.0))));
    }
}

std::int64_t padded_units(std::int64_t units) { return round_up(units, rbm_padding) + rbm_input_slack; }

void RbmDirection::place(RbmJob& job) const {
    job.groups = groups;
    job.rows = rows.data();
    job.row_stride = row_stride;
    job.bias = bias.data();
    job.tables = tables.data();
}

RbmMachine::RbmMachine(const Rbm& rbm, Precision precision, const RbmKernel& kernel) {
    const bool fixed16 = precision == Precision::fixed16;
    if (fixed16 && std::max(rbm.visible, rbm.hidden) > 32767) {
        throw InvalidArgument("[GibbsSampler] expected at most 32767 units in a layer for fixed16, got " +
                              std::to_string(std::max(rbm.visible, rbm.hidden)));
    }
    const BinaryRbm binary(rbm);
    if (fixed16) scale_ = fixed16_scale(binary);
    direction_.reserve(2);
    for (const bool to_visible : {false, true}) {
        direction_.push_back(make_direction(binary, to_visible, fixed16, scale_, kernel));
    }
    offset_ = binary.offset;
    for (const double term : binary.visible_bias) {
        visible_terms_.push_back(fixed16 ? std::nearbyint(scale_ * term) / scale_ : static_cast<float>(term));
    }
}

}  // namespace kadanoff
