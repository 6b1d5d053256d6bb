#include "kadanoff/tempering.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "checks.hpp"
#include "isoenergetic_clusters.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/rng/stream.hpp"
#include "kadanoff/update/replica_swap.hpp"
#include "pace.hpp"
#include "poll_timer.hpp"
#include "tempering_state.hpp"

namespace kadanoff {

namespace {

/// Order of the uses of Stream::isoenergetic_cluster at one temperature in one round.
enum class ClusterDraw : std::uint32_t { pairing, seed };

std::uint64_t uniform(const DrawKey& key, std::uint32_t group) {
    const Block<WordOps> block = draw<WordOps>(key, group, 0);
    return (static_cast<std::uint64_t>(block.word[1]) << 32) | block.word[0];
}

DrawKey cluster_key(std::uint64_t seed, std::int64_t round, std::int64_t temperature, ClusterDraw use) {
    return {seed, static_cast<std::uint64_t>(round), static_cast<std::uint32_t>(temperature),
            Stream::isoenergetic_cluster, static_cast<std::uint32_t>(use)};
}

/// The copies 0 ... copies - 1 in an order drawn with equal probabilities (Fisher and Yates).
std::vector<std::int64_t> shuffled_copies(std::int64_t copies, const DrawKey& key) {
    std::vector<std::int64_t> order(static_cast<std::size_t>(copies));
    std::iota(order.begin(), order.end(), std::int64_t{0});
    for (std::int64_t left = copies; left > 1; --left) {
        const std::uint64_t top = uniform(key, static_cast<std::uint32_t>(left)) >> 32;
        const auto chosen = static_cast<std::int64_t>((top * static_cast<std::uint64_t>(left)) >> 32);
        std::swap(order[static_cast<std::size_t>(chosen)], order[static_cast<std::size_t>(left - 1)]);
    }
    return order;
}

std::int64_t sum_of_products(const std::int8_t* a, const std::int8_t* b, std::int64_t count) {
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < count; ++i) sum += a[i] * b[i];
    return sum;
}

std::int64_t sum_over_bonds(const std::vector<Bond>& bonds, const std::int8_t* a, const std::int8_t* b) {
    std::int64_t sum = 0;
    for (const Bond& bond : bonds) sum += a[bond.first] * a[bond.second] * b[bond.first] * b[bond.second];
    return sum;
}

}  // namespace

ParallelTempering::ParallelTempering(Sampler& walkers, const TemperingOptions& options)
    : walkers_(walkers),
      options_(options),
      copies_(checked_copies(walkers.options().replicas, options)),
      sites_(walkers.lattice().sites()) {
    if (options.cluster_every > 0) {
        const auto* model = std::get_if<Ising>(&walkers.model());
        if (model == nullptr) throw InvalidArgument("[ParallelTempering] expected an Ising model for cluster moves");
        clusters_ = std::make_unique<IsoenergeticClusters>(walkers.lattice(), *model);
    }
    const auto count = static_cast<std::size_t>(walkers.options().replicas);
    state_ = initial_state(temperatures(), copies_, sites_);
    energy_.resize(count);
    spins_.resize(count * static_cast<std::size_t>(sites_));
    index_walkers();
    walkers_.set_beta(walker_betas());
    walkers_.total_energy(energy_.data());
    keep_best(false);
}

ParallelTempering::~ParallelTempering() = default;
ParallelTempering::ParallelTempering(ParallelTempering&&) noexcept = default;

/// Fills in who is at which temperature, from which temperature everyone is at.
void ParallelTempering::index_walkers() {
    walker_.resize(state_.temperature.size());
    for (std::size_t w = 0; w < state_.temperature.size(); ++w) {
        const std::int64_t copy = static_cast<std::int64_t>(w) % copies_;
        walker_[static_cast<std::size_t>(state_.temperature[w] * copies_ + copy)] = static_cast<std::int64_t>(w);
    }
}

std::vector<double> ParallelTempering::walker_betas() const {
    std::vector<double> beta(state_.temperature.size());
    std::transform(state_.temperature.begin(), state_.temperature.end(), beta.begin(),
                   [&](std::int64_t t) { return options_.beta[static_cast<std::size_t>(t)]; });
    return beta;
}

std::int64_t ParallelTempering::walker_at(std::int64_t temperature, std::int64_t copy) const {
    return walker_[static_cast<std::size_t>(temperature * copies_ + copy)];
}

bool ParallelTempering::run(std::int64_t sweeps, const Poll& poll) {
    if (sweeps < 0 || sweeps > static_cast<std::int64_t>(max_sweeps) - walkers_.sweep()) {
        throw InvalidArgument("[run] expected 0 to 2^40 sweeps in all, got " + std::to_string(sweeps));
    }
    PollTimer timer(poll);
    return advance(sweeps, timer);
}

/// The poll may itself run this tempering, from a signal handler: nothing is remembered across it but `left`.
bool ParallelTempering::advance(std::int64_t sweeps, PollTimer& timer) {
    Pace pace;
    for (std::int64_t left = sweeps; left > 0;) {
        const std::int64_t to_round = options_.swap_every - walkers_.sweep() % options_.swap_every;
        const std::int64_t now = std::min({left, to_round, timer.polls() ? pace.budget() : left});
        pace.timed(now, [&] {
            walkers_.run(now);
            if (now == to_round) finish_round(round() - 1);
        });
        left -= now;
        if (timer.stopped()) return left == 0;
    }
    return true;
}

void ParallelTempering::finish_round(std::int64_t round) {
    const bool clusters_are_due = options_.cluster_every > 0 && (round + 1) % options_.cluster_every == 0;
    if (clusters_are_due) move_clusters(round);
    walkers_.total_energy(energy_.data());
    keep_best(clusters_are_due);
    swap_temperatures(round);
}

void ParallelTempering::exchange(std::int64_t round) {
    walkers_.total_energy(energy_.data());
    swap_temperatures(round);
}

/// By the energies in energy_.
void ParallelTempering::swap_temperatures(std::int64_t round) {
    bool any = false;
    for (std::int64_t copy = 0; copy < copies_; ++copy) {
        std::int64_t parity = round % 2;
        if (options_.pairs == SwapPairs::random) {
            const DrawKey key{walkers_.options().seed, static_cast<std::uint64_t>(round),
                              static_cast<std::uint32_t>(copy), Stream::replica_swap, 1};
            parity = static_cast<std::int64_t>(uniform(key, 0) >> 63);
        }
        for (std::int64_t pair = parity; pair + 1 < temperatures(); pair += 2) any |= try_swap(pair, copy, round);
    }
    if (any) walkers_.set_beta(walker_betas());
    follow_walkers(round);
}

bool ParallelTempering::try_swap(std::int64_t pair, std::int64_t copy, std::int64_t round) {
    const auto i = static_cast<std::size_t>(pair);
    std::int64_t& left = walker_[static_cast<std::size_t>(pair * copies_ + copy)];
    std::int64_t& right = walker_[static_cast<std::size_t>((pair + 1) * copies_ + copy)];
    const double drive = swap_drive(options_.beta[i], energy_[static_cast<std::size_t>(left)], options_.beta[i + 1],
                                    energy_[static_cast<std::size_t>(right)]);
    const DrawKey key{walkers_.options().seed, static_cast<std::uint64_t>(round), static_cast<std::uint32_t>(copy),
                      Stream::replica_swap, 0};
    ++state_.attempted[i];
    if (!accepts_swap(drive, uniform(key, static_cast<std::uint32_t>(pair)))) return false;
    ++state_.accepted[i];
    std::swap(left, right);
    state_.temperature[static_cast<std::size_t>(left)] = pair;
    state_.temperature[static_cast<std::size_t>(right)] = pair + 1;
    return true;
}

/// Counts who comes from which end, and the round trips that end at the hottest temperature.
void ParallelTempering::follow_walkers(std::int64_t round) {
    const bool rising = options_.beta.front() < options_.beta.back();
    const std::int64_t hottest = rising ? 0 : temperatures() - 1;
    const std::int64_t coldest = temperatures() - 1 - hottest;
    for (std::size_t w = 0; w < state_.temperature.size(); ++w) {
        const std::int64_t at = state_.temperature[w];
        std::int64_t& direction = state_.direction[w];
        if (at == hottest && direction != 1) {
            if (direction == -1 && state_.departure[w] >= 0) {
                ++state_.round_trips[w];
                state_.round_trip_rounds[w] += round - state_.departure[w];
            }
            state_.departure[w] = round;
            direction = 1;
        } else if (at == coldest) {
            direction = -1;
        }
        if (direction == 1) ++state_.from_hot[static_cast<std::size_t>(at)];
        if (direction == -1) ++state_.from_cold[static_cast<std::size_t>(at)];
    }
}

/// Looks through the energies of a round; `spins_are_current` tells whether spins_ holds the present ones.
void ParallelTempering::keep_best(bool spins_are_current) {
    for (std::size_t w = 0; w < energy_.size(); ++w) {
        const std::size_t copy = w % static_cast<std::size_t>(copies_);
        if (!(energy_[w] < state_.best_energy[copy])) continue;
        if (!spins_are_current) walkers_.spins(spins_.data());
        spins_are_current = true;
        state_.best_energy[copy] = energy_[w];
        std::copy_n(spins_.begin() + static_cast<std::int64_t>(w) * sites_, sites_,
                    state_.best_spins.begin() + static_cast<std::int64_t>(copy) * sites_);
    }
}

void ParallelTempering::move_clusters(std::int64_t round) {
    if (clusters_ == nullptr) throw InvalidArgument("[move_clusters] expected options with cluster moves, got none");
    walkers_.spins(spins_.data());
    std::vector<std::int32_t> scratch;
    std::int64_t moved = 0;
    const std::uint64_t seed = walkers_.options().seed;
    for (std::int64_t t = 0; t < temperatures(); ++t) {
        const auto order = shuffled_copies(copies_, cluster_key(seed, round, t, ClusterDraw::pairing));
        const DrawKey key = cluster_key(seed, round, t, ClusterDraw::seed);
        for (std::int64_t pair = 0; pair < copies_ / 2; ++pair) {
            std::int8_t* first = spins_.data() + walker_at(t, order[static_cast<std::size_t>(2 * pair)]) * sites_;
            std::int8_t* second = spins_.data() + walker_at(t, order[static_cast<std::size_t>(2 * pair + 1)]) * sites_;
            moved += clusters_->move(first, second, uniform(key, static_cast<std::uint32_t>(pair)), scratch);
        }
    }
    if (moved > 0) walkers_.set_spins(spins_.data());
}

std::int64_t ParallelTempering::sample(std::int64_t draws, std::int64_t every, const TemperingDraws& out,
                                       const Poll& poll) {
    if (every < 1) throw InvalidArgument("[sample] expected every >= 1, got " + std::to_string(every));
    if (draws < 0 || draws > (static_cast<std::int64_t>(max_sweeps) - walkers_.sweep()) / every) {
        throw InvalidArgument("[sample] expected 0 to 2^40 sweeps in all, got draws=" + std::to_string(draws) +
                              ", every=" + std::to_string(every));
    }
    const bool overlaps = out.overlap != nullptr || out.link_overlap != nullptr;
    if (overlaps && (copies_ % 2 != 0 || !std::holds_alternative<Ising>(walkers_.model()))) {
        throw InvalidArgument("[sample] expected an even number of copies of an Ising model for overlaps");
    }
    if (out.link_overlap != nullptr && bonds_.empty()) bonds_ = walkers_.lattice().bonds();
    PollTimer timer(poll);
    std::vector<double> energy(walker_.size()), magnetization = energy;
    std::int64_t done = 0;
    while (done < draws && !timer.stopped() && advance(every, timer)) {
        measure(energy.data(), magnetization.data());
        const auto row = [&](std::size_t r) { return static_cast<std::int64_t>(r) * draws + done; };
        for (std::size_t r = 0; r < walker_.size(); ++r) {
            if (out.energy != nullptr) out.energy[row(r)] = energy[r];
            if (out.magnetization != nullptr) out.magnetization[row(r)] = magnetization[r];
        }
        if (overlaps) measure_overlaps(out, done, draws);
        ++done;
    }
    return done;
}

void ParallelTempering::measure_overlaps(const TemperingDraws& out, std::int64_t draw, std::int64_t draws) {
    walkers_.spins(spins_.data());
    const auto write = [&](double* rows, std::int64_t first, std::int64_t sum, std::int64_t terms) {
        const double value = static_cast<double>(sum) / static_cast<double>(std::max<std::int64_t>(1, terms));
        rows[first * draws + draw] = rows[(first + 1) * draws + draw] = value;
    };
    for (std::int64_t row = 0; row < static_cast<std::int64_t>(walker_.size()); row += 2) {
        const std::int64_t t = row / copies_, copy = row % copies_;
        const std::int8_t* one = spins_.data() + walker_at(t, copy) * sites_;
        const std::int8_t* other = spins_.data() + walker_at(t, copy + 1) * sites_;
        if (out.overlap != nullptr) write(out.overlap, row, sum_of_products(one, other, sites_), sites_);
        if (out.link_overlap != nullptr) {
            const auto terms = static_cast<std::int64_t>(bonds_.size());
            write(out.link_overlap, row, sum_over_bonds(bonds_, one, other), terms);
        }
    }
}

void ParallelTempering::measure(double* energy, double* magnetization) {
    std::vector<double> by_walker(walker_.size()), spin_by_walker = by_walker;
    walkers_.measure(by_walker.data(), spin_by_walker.data());
    for (std::size_t row = 0; row < walker_.size(); ++row) {
        energy[row] = by_walker[static_cast<std::size_t>(walker_[row])];
        magnetization[row] = spin_by_walker[static_cast<std::size_t>(walker_[row])];
    }
}

void ParallelTempering::spins(std::int8_t* out) const {
    std::vector<std::int8_t> by_walker(spins_.size());
    walkers_.spins(by_walker.data());
    for (std::size_t row = 0; row < walker_.size(); ++row) {
        std::copy_n(by_walker.begin() + walker_[row] * sites_, sites_, out + static_cast<std::int64_t>(row) * sites_);
    }
}

void ParallelTempering::set_spins(const std::int8_t* spins) {
    std::vector<std::int8_t> by_walker(spins_.size());
    for (std::size_t row = 0; row < walker_.size(); ++row) {
        std::copy_n(spins + static_cast<std::int64_t>(row) * sites_, sites_, by_walker.begin() + walker_[row] * sites_);
    }
    walkers_.set_spins(by_walker.data());
}

void ParallelTempering::set_state(TemperingState state) {
    check_state(state, initial_state(temperatures(), copies_, sites_), walkers_.model(), round());
    state_ = std::move(state);
    index_walkers();
    walkers_.set_beta(walker_betas());
}

void ParallelTempering::reset_statistics() {
    TemperingState fresh = initial_state(temperatures(), copies_, sites_);
    fresh.temperature = std::move(state_.temperature);
    fresh.best_energy = std::move(state_.best_energy);
    fresh.best_spins = std::move(state_.best_spins);
    state_ = std::move(fresh);
}

}  // namespace kadanoff
