#include "rbm/summed_machine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "rbm/one_plus_exp.hpp"

namespace kadanoff {

namespace {

/// W and the biases in float64, with the layer first that stays.
struct Oriented {
    std::int64_t units, others;
    bool units_spin, others_spin;
    std::vector<double> unit_bias, other_bias, weights;

    Oriented(const Rbm& rbm, double beta, bool visible) {
        units = visible ? rbm.visible : rbm.hidden;
        others = visible ? rbm.hidden : rbm.visible;
        units_spin = (visible ? rbm.visible_units : rbm.hidden_units) == Units::spin;
        others_spin = (visible ? rbm.hidden_units : rbm.visible_units) == Units::spin;
        const auto scaled = [&](const std::vector<float>& numbers) {
            std::vector<double> result(numbers.begin(), numbers.end());
            for (double& number : result) number *= beta;
            return result;
        };
        unit_bias = scaled(visible ? rbm.visible_bias : rbm.hidden_bias);
        other_bias = scaled(visible ? rbm.hidden_bias : rbm.visible_bias);
        weights = scaled(rbm.weights);
        if (visible) return;
        std::vector<double> transposed(weights.size());
        for (std::int64_t i = 0; i < rbm.visible; ++i) {
            for (std::int64_t j = 0; j < rbm.hidden; ++j) {
                transposed[static_cast<std::size_t>(j * rbm.visible + i)] =
                    weights[static_cast<std::size_t>(i * rbm.hidden + j)];
            }
        }
        weights = std::move(transposed);
    }

    double weight(std::int64_t unit, std::int64_t other) const {
        return weights[static_cast<std::size_t>(unit * others + other)];
    }
};

/// The largest that a sum of terms may be, in size, for each of the other units, of 0 and 1.
std::vector<double> largest_sums(const Oriented& machine) {
    std::vector<double> result;
    for (std::int64_t j = 0; j < machine.others; ++j) {
        double sum = std::fabs(machine.other_bias[static_cast<std::size_t>(j)]);
        for (std::int64_t i = 0; i < machine.units; ++i) sum += std::fabs(machine.weight(i, j));
        result.push_back(machine.others_spin ? 2.0 * sum : sum);
    }
    return result;
}

}  // namespace

SummedMachine::SummedMachine(const Rbm& rbm, double beta, bool hidden) {
    constexpr auto vector = static_cast<std::int64_t>(OnePlusExpProduct::lanes);
    const Oriented machine(rbm, beta, hidden);
    const std::vector<double> sums = largest_sums(machine);
    const auto is_moderate = [&](std::int64_t j) { return sums[static_cast<std::size_t>(j)] <= moderate_sum; };
    std::vector<std::int64_t> order(static_cast<std::size_t>(machine.others));
    std::iota(order.begin(), order.end(), 0);
    const auto extreme = std::stable_partition(order.begin(), order.end(), is_moderate);
    const auto padded = [](std::int64_t count) { return (count + vector - 1) / vector * vector; };
    units = machine.units;
    moderate = padded(extreme - order.begin());
    const std::int64_t others = moderate + (order.end() - extreme);
    columns = padded(others);

    drive = machine.unit_bias;
    bias.assign(static_cast<std::size_t>(columns), -std::numeric_limits<double>::infinity());
    weights.assign(static_cast<std::size_t>(units * columns), 0.0);
    const double unit_scale = machine.units_spin ? 2.0 : 1.0, other_scale = machine.others_spin ? 2.0 : 1.0;
    if (machine.units_spin) {
        for (double& a : drive) {
            constant -= a;
            a *= 2.0;
        }
    }
    for (std::size_t k = 0; k < order.size(); ++k) {
        const std::int64_t j = order[k];
        const bool near = is_moderate(j);
        const auto column = static_cast<std::int64_t>(k) + (near ? 0 : moderate - (extreme - order.begin()));
        if (near) largest = std::max(largest, sums[static_cast<std::size_t>(j)]);
        double field = machine.other_bias[static_cast<std::size_t>(j)];
        for (std::int64_t i = 0; i < units; ++i) {
            const double w = machine.weight(i, j);
            if (machine.units_spin) field -= w;
            weights[static_cast<std::size_t>(i * columns + column)] = unit_scale * other_scale * w;
            // 2 cosh x = e^-x (1 + e^2x)
            if (machine.others_spin) drive[static_cast<std::size_t>(i)] -= unit_scale * w;
        }
        if (machine.others_spin) constant -= field;
        bias[static_cast<std::size_t>(column)] = other_scale * field;
    }
}

}  // namespace kadanoff
