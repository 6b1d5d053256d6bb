#include "tempering_state.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "checks.hpp"
#include "kadanoff/error.hpp"

namespace kadanoff {

namespace {

using Counts = std::vector<std::int64_t>;

[[noreturn]] void refuse(const std::string& expected) {
    throw InvalidArgument("[ParallelTempering] expected " + expected);
}

bool all_within(const Counts& values, std::int64_t low, std::int64_t high) {
    return std::all_of(values.begin(), values.end(), [=](std::int64_t v) { return v >= low && v <= high; });
}

bool same_sizes(const TemperingState& a, const TemperingState& b) {
    for (const auto member :
         {&TemperingState::temperature, &TemperingState::direction, &TemperingState::departure,
          &TemperingState::round_trips, &TemperingState::round_trip_rounds, &TemperingState::attempted,
          &TemperingState::accepted, &TemperingState::from_hot, &TemperingState::from_cold}) {
        if ((a.*member).size() != (b.*member).size()) return false;
    }
    return a.best_energy.size() == b.best_energy.size() && a.best_spins.size() == b.best_spins.size();
}

/// Whether each copy has every temperature once.
bool are_permutations(const Counts& temperature, std::size_t copies) {
    const auto walkers = static_cast<std::int64_t>(temperature.size());
    const std::int64_t temperatures = walkers / static_cast<std::int64_t>(copies);
    if (!all_within(temperature, 0, temperatures - 1)) return false;
    std::vector<char> seen(temperature.size());
    for (std::size_t w = 0; w < temperature.size(); ++w) {
        char& place = seen[static_cast<std::size_t>(temperature[w]) * copies + w % copies];
        if (place != 0) return false;
        place = 1;
    }
    return true;
}

bool is_spin(const Model& model, std::int8_t value) {
    if (const auto* potts = std::get_if<Potts>(&model)) return static_cast<std::uint8_t>(value) < potts->states;
    return value == 1 || value == -1;
}

}  // namespace

std::int64_t checked_copies(std::int64_t walkers, const TemperingOptions& options) {
    const std::vector<double>& beta = options.beta;
    const auto count = static_cast<std::int64_t>(beta.size());
    if (count < 2) refuse("at least 2 betas, got " + std::to_string(count));
    check_beta(beta, count);
    for (std::size_t i = 1; i < beta.size(); ++i) {
        if (beta[i] == beta[i - 1] || (beta[i] > beta[i - 1]) != (beta[1] > beta[0])) {
            refuse("betas strictly increasing or strictly decreasing, got " + text(beta[i]) + " after " +
                   text(beta[i - 1]));
        }
    }
    if (walkers % count != 0) {
        refuse("a multiple of " + std::to_string(count) + " walkers, got " + std::to_string(walkers));
    }
    if (options.swap_every < 1) refuse("swap_every >= 1, got " + std::to_string(options.swap_every));
    if (options.cluster_every < 0) refuse("cluster_every >= 0, got " + std::to_string(options.cluster_every));
    if (options.cluster_every > 0 && walkers < 2 * count) refuse("at least 2 copies for cluster moves, got 1");
    return walkers / count;
}

TemperingState initial_state(std::int64_t temperatures, std::int64_t copies, std::int64_t sites) {
    const auto walkers = static_cast<std::size_t>(temperatures * copies);
    const auto levels = static_cast<std::size_t>(temperatures);
    TemperingState state;
    state.temperature.resize(walkers);
    for (std::size_t w = 0; w < walkers; ++w) state.temperature[w] = static_cast<std::int64_t>(w) / copies;
    state.direction.assign(walkers, 0);
    state.departure.assign(walkers, -1);
    state.round_trips.assign(walkers, 0);
    state.round_trip_rounds.assign(walkers, 0);
    state.attempted.assign(levels - 1, 0);
    state.accepted.assign(levels - 1, 0);
    state.from_hot.assign(levels, 0);
    state.from_cold.assign(levels, 0);
    state.best_energy.assign(static_cast<std::size_t>(copies), std::numeric_limits<double>::infinity());
    state.best_spins.assign(static_cast<std::size_t>(copies * sites), 1);
    return state;
}

void check_state(const TemperingState& state, const TemperingState& initial, const Model& model, std::int64_t round) {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    if (!same_sizes(state, initial)) refuse("a state of as many walkers and temperatures, got another one");
    if (!are_permutations(state.temperature, state.best_energy.size())) {
        refuse("every temperature once in each copy, got a temperature twice or none");
    }
    if (!all_within(state.direction, -1, 1)) refuse("directions from -1 to 1, got others");
    if (!all_within(state.departure, -1, std::max<std::int64_t>(0, round - 1))) {
        refuse("departures in rounds before " + std::to_string(round) + ", got others");
    }
    for (const Counts* counts : {&state.round_trips, &state.round_trip_rounds, &state.attempted, &state.accepted,
                                 &state.from_hot, &state.from_cold}) {
        if (!all_within(*counts, 0, most)) refuse("counts of 0 or more, got negative ones");
    }
    for (std::size_t i = 0; i < state.accepted.size(); ++i) {
        if (state.accepted[i] > state.attempted[i]) refuse("at most as many swaps as attempts, got more");
    }
    if (!std::all_of(state.best_energy.begin(), state.best_energy.end(), [](double e) { return std::isfinite(e); })) {
        refuse("finite energies, got others");
    }
    if (!std::all_of(state.best_spins.begin(), state.best_spins.end(),
                     [&](std::int8_t value) { return is_spin(model, value); })) {
        refuse("spins of the model as the best ones, got others");
    }
}

}  // namespace kadanoff
