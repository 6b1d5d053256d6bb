#include "kadanoff/annealing.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstring>
#include <string>
#include <utility>

#include "checks.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/rng/stream.hpp"
#include "kadanoff/update/probability.hpp"
#include "pace.hpp"

namespace kadanoff {

namespace {

/// Runs of few sweeps each, polled together about every 50 ms.
class PolledRuns {
public:
    PolledRuns(Sampler& sampler, const Sampler::Poll& poll) : sampler_(sampler), poll_(poll) {}

    /// False if the poll stopped it, now or before.
    bool run(std::int64_t sweeps) {
        if (!poll_) return sampler_.run(sweeps);
        pace_.timed(sweeps, [&] {
            if (sweeps > pace_.budget()) {  // may outlast a poll
                sampler_.run(sweeps, [&] { return ask(); });
            } else {
                sampler_.run(sweeps);
            }
        });
        return ask();
    }

private:
    using Clock = std::chrono::steady_clock;

    bool ask() {
        const auto now = Clock::now();
        if (go_on_ && now - asked_ > std::chrono::milliseconds(50)) {
            go_on_ = poll_();
            asked_ = now;
        }
        return go_on_;
    }

    Sampler& sampler_;
    const Sampler::Poll& poll_;
    Pace pace_;
    Clock::time_point asked_ = Clock::now();
    bool go_on_ = true;
};

void check_schedule(const char* call, const Sampler& sampler, const std::vector<double>& betas,
                    std::int64_t sweeps_per_beta) {
    const std::string name = std::string("[") + call + "] expected ";
    for (const double beta : betas) {
        if (!(beta >= 0.0 && beta <= largest_parameter)) {
            throw InvalidArgument(name + "beta in [0, 1e12], got " + text(beta));
        }
    }
    if (sweeps_per_beta < 1) {
        throw InvalidArgument(name + "at least 1 sweep per beta, got " + std::to_string(sweeps_per_beta));
    }
    const auto count = static_cast<std::int64_t>(betas.size());
    if (count > (static_cast<std::int64_t>(max_sweeps) - sampler.sweep()) / sweeps_per_beta) {
        throw InvalidArgument(name + "at most 2^40 sweeps in all, got " + std::to_string(count) + " betas of " +
                              std::to_string(sweeps_per_beta) + " sweeps");
    }
}

/// The lowest state of each replica so far.
class Best {
public:
    Best(Sampler& sampler, double* energy, std::int8_t* spins)
        : sampler_(sampler),
          energy_(energy),
          spins_(spins),
          now_energy_(static_cast<std::size_t>(sampler.options().replicas)),
          now_spins_(static_cast<std::size_t>(sampler.options().replicas * sampler.lattice().sites())) {
        sampler.total_energy(energy);
        sampler.spins(spins);
    }

    void look() {
        sampler_.total_energy(now_energy_.data());
        const auto sites = static_cast<std::size_t>(sampler_.lattice().sites());
        bool unpacked = false;
        for (std::size_t r = 0; r < now_energy_.size(); ++r) {
            if (now_energy_[r] >= energy_[r]) continue;
            if (!std::exchange(unpacked, true)) sampler_.spins(now_spins_.data());
            energy_[r] = now_energy_[r];
            std::memcpy(spins_ + r * sites, now_spins_.data() + r * sites, sites);
        }
    }

private:
    Sampler& sampler_;
    double* energy_;
    std::int8_t* spins_;
    std::vector<double> now_energy_;
    std::vector<std::int8_t> now_spins_;
};

std::int64_t follow(Sampler& sampler, const std::vector<double>& betas, std::int64_t sweeps_per_beta,
                    const Sampler::Poll& poll, Best* best) {
    PolledRuns runs(sampler, poll);
    std::int64_t done = 0;
    for (const double beta : betas) {
        sampler.set_beta({beta});
        const std::int64_t wanted = sampler.sweep() + sweeps_per_beta;
        const bool go_on = runs.run(sweeps_per_beta);
        if (best != nullptr) best->look();
        if (sampler.sweep() == wanted) ++done;
        if (!go_on) break;
    }
    return done;
}

}  // namespace

std::int64_t anneal(Sampler& sampler, const std::vector<double>& betas, std::int64_t sweeps_per_beta,
                    double* best_energy, std::int8_t* best_spins, const Sampler::Poll& poll) {
    check_schedule("anneal", sampler, betas, sweeps_per_beta);
    if (best_energy == nullptr || best_spins == nullptr) {
        return follow(sampler, betas, sweeps_per_beta, poll, nullptr);
    }
    Best best(sampler, best_energy, best_spins);
    return follow(sampler, betas, sweeps_per_beta, poll, &best);
}

namespace {

/// exp(-step * (energy - ground)) of many energies, most of which repeat: the last ones are remembered.
class Weights {
public:
    Weights(double step, double ground) : step_(step), ground_(ground) { known_.fill({ground, 1.0}); }

    double operator()(double energy) {
        Known& known = known_[std::bit_cast<std::uint64_t>(energy) * 0x9E3779B97F4A7C15u >> 56];
        if (known.energy != energy) known = {energy, exp_minus(step_ * (energy - ground_)).high};
        return known.weight;
    }

private:
    struct Known {
        double energy;
        double weight;
    };
    double step_, ground_;
    std::array<Known, 256> known_;
};

}  // namespace

double resample(const double* energy, std::int64_t count, double beta_step, double uniform, std::int64_t* parents) {
    const double ground = *std::min_element(energy, energy + count);
    std::vector<double> sums(static_cast<std::size_t>(count));
    Weights weight(beta_step, ground);
    double total = 0.0;
    for (std::int64_t i = 0; i < count; ++i) {
        total += weight(energy[i]);
        sums[static_cast<std::size_t>(i)] = total;
    }
    std::int64_t filled = 0;
    for (std::int64_t i = 0; i < count; ++i) {  // copies of the replicas up to i: floor(place + uniform)
        const double place = sums[static_cast<std::size_t>(i)] * static_cast<double>(count) / total;
        const double whole = std::floor(place);
        const auto below = static_cast<std::int64_t>(whole) + (place - whole >= 1.0 - uniform ? 1 : 0);
        const std::int64_t end = i + 1 == count ? count : std::min(below, count);
        for (; filled < end; ++filled) parents[filled] = i;
    }
    return std::log(total / static_cast<double>(count)) - beta_step * ground;
}

namespace {

double standard_deviation(const double* values, std::int64_t count) {
    double mean = 0.0, square = 0.0;
    for (std::int64_t i = 0; i < count; ++i) mean += values[i] / static_cast<double>(count);
    for (std::int64_t i = 0; i < count; ++i) square += (values[i] - mean) * (values[i] - mean);
    return std::sqrt(square / static_cast<double>(count));
}

/// Mean share of replicas that a resampling to these weights removes.
double culled(const std::vector<double>& weights) {
    double total = 0.0, below = 0.0;
    for (const double weight : weights) total += weight;
    const double mean = total / static_cast<double>(weights.size());
    for (const double weight : weights) below += std::max(0.0, mean - weight);
    return below / total;
}

}  // namespace

/// Weights of a step follow from those of others: an exponential of each energy is needed once, as a rule.
double largest_step(const double* energy, std::int64_t count, double culling_fraction, double most) {
    const auto n = static_cast<std::size_t>(count);
    const double ground = *std::min_element(energy, energy + count);
    std::vector<double> low, power(n), both(n);
    const auto begin_at = [&](double step) {
        Weights weight(step, ground);
        std::transform(energy, energy + count, power.begin(), weight);
        return culled(power) <= culling_fraction;
    };
    // What it would be of a normal distribution, in the limit of small steps.
    double step = std::min(most, 2.5 * culling_fraction / standard_deviation(energy, count));
    while (!begin_at(step)) step /= 2;
    while (step < most) {  // weights of twice the step
        for (std::size_t i = 0; i < n; ++i) both[i] = power[i] * power[i];
        if (culled(both) > culling_fraction) break;
        power.swap(both);
        step *= 2;
    }
    if (step >= most) return most;
    double found = step;
    low = power;
    for (double part = step / 2; part > step / 64; part /= 2) {
        for (std::size_t i = 0; i < n; ++i) {
            power[i] = std::sqrt(power[i]);
            both[i] = low[i] * power[i];
        }
        if (culled(both) > culling_fraction) continue;
        low.swap(both);
        found += part;
    }
    return std::min(found, most);
}

namespace {

/// Uniform in [0, 1) with 53 bits, for the resampling of one population after a number of sweeps.
double resampling_draw(std::uint64_t seed, std::int64_t sweep, std::int64_t run) {
    const DrawKey key{seed, static_cast<std::uint64_t>(sweep), static_cast<std::uint32_t>(run), Stream::resampling, 0};
    const Block<WordOps> block = draw<WordOps>(key, 0, 0);
    const std::uint64_t bits = (static_cast<std::uint64_t>(block.word[0]) << 32 | block.word[1]) >> 11;
    return std::ldexp(static_cast<double>(bits), -53);
}

/// Populations of one size in the replicas of a sampler.
class Populations {
public:
    Populations(Sampler& sampler, std::int64_t runs)
        : sampler_(sampler),
          runs_(runs),
          size_(sampler.options().replicas / runs),
          energy_(static_cast<std::size_t>(sampler.options().replicas)),
          parents_(energy_.size()),
          families_(energy_.size()) {
        for (std::size_t r = 0; r < families_.size(); ++r) families_[r] = static_cast<std::int64_t>(r);
        sampler.total_energy(energy_.data());
    }

    /// The beta that follows `beta` on the way to `target`, by the last run.
    double next_beta(double beta, double target, double culling_fraction) const {
        if (culling_fraction == 0.0 || target == beta) return target;
        const double most = target - beta;
        const double step = largest_step(energy_.data() + (runs_ - 1) * size_, size_, culling_fraction, most);
        return step == most ? target : std::clamp(beta + step, std::nextafter(beta, target), target);
    }

    /// Fills in the log_weight of each run.
    void resample_all(double beta_step, PopulationStep* steps) {
        for (std::int64_t run = 0; run < runs_; ++run) {
            const std::int64_t first = run * size_;
            std::int64_t* parents = parents_.data() + first;
            const double uniform = resampling_draw(sampler_.options().seed, sampler_.sweep(), run);
            steps[run].log_weight = resample(energy_.data() + first, size_, beta_step, uniform, parents);
            for (std::int64_t r = 0; r < size_; ++r) parents[r] += first;
        }
        copy_spins();
        gather(families_.data(), 1);
    }

    void measure(PopulationStep* steps) {
        sampler_.total_energy(energy_.data());
        for (std::int64_t run = 0; run < runs_; ++run) {
            measure_energy(energy_.data() + run * size_, steps[run]);
            measure_families(families_.data() + run * size_, steps[run]);
        }
    }

    std::vector<std::int64_t> families() && { return std::move(families_); }

private:
    void copy_spins() {
        bool moved = false;
        for (std::size_t r = 0; r < parents_.size(); ++r) moved |= parents_[r] != static_cast<std::int64_t>(r);
        if (!moved) return;
        const std::int64_t sites = sampler_.lattice().sites();
        spins_.resize(static_cast<std::size_t>(sites) * parents_.size());
        sampler_.spins(spins_.data());
        gather(spins_.data(), sites);
        sampler_.set_spins(spins_.data());
    }

    /// Gives every replica the row of its parent, in place. Parents ascend: a row that moves down is read before
    /// anything is written to it in ascending order, one that moves up in descending order.
    template <class Item>
    void gather(Item* rows, std::int64_t width) const {
        const auto move = [&](std::int64_t to, std::int64_t from) {
            std::copy_n(rows + from * width, width, rows + to * width);
        };
        const auto count = static_cast<std::int64_t>(parents_.size());
        for (std::int64_t r = 0; r < count; ++r) {
            const std::int64_t parent = parents_[static_cast<std::size_t>(r)];
            if (parent > r) move(r, parent);
        }
        for (std::int64_t r = count - 1; r >= 0; --r) {
            const std::int64_t parent = parents_[static_cast<std::size_t>(r)];
            if (parent < r) move(r, parent);
        }
    }

    void measure_energy(const double* energy, PopulationStep& step) const {
        const auto count = static_cast<double>(size_);
        double sum = 0.0, squares = 0.0;
        for (std::int64_t r = 0; r < size_; ++r) sum += energy[r];
        step.energy = sum / count;
        for (std::int64_t r = 0; r < size_; ++r) squares += (energy[r] - step.energy) * (energy[r] - step.energy);
        step.energy_variance = squares / count;
    }

    /// A family stands together, since parents ascend.
    void measure_families(const std::int64_t* families, PopulationStep& step) const {
        const auto count = static_cast<double>(size_);
        step.families = step.family_square = step.family_entropy = 0.0;
        for (std::int64_t r = 0; r < size_;) {
            const std::int64_t begin = r;
            while (r < size_ && families[r] == families[begin]) ++r;
            const double share = static_cast<double>(r - begin) / count;
            step.families += 1.0;
            step.family_square += count * share * share;
            step.family_entropy -= share * std::log(share);
        }
    }

    Sampler& sampler_;
    std::int64_t runs_, size_;
    std::vector<double> energy_;
    std::vector<std::int64_t> parents_, families_;
    std::vector<std::int8_t> spins_;
};

void check_populations(const Sampler& sampler, const std::vector<double>& betas, std::int64_t sweeps_per_beta,
                       std::int64_t runs, double culling_fraction) {
    check_schedule("population_anneal", sampler, betas, sweeps_per_beta);
    if (culling_fraction != 0.0 && !(culling_fraction >= 1e-6 && culling_fraction < 1.0)) {
        throw InvalidArgument("[population_anneal] expected culling_fraction 0 or in [1e-6, 1), got " +
                              text(culling_fraction));
    }
    for (std::size_t k = 1; k < betas.size(); ++k) {
        if (betas[k] > betas[k - 1]) continue;
        throw InvalidArgument("[population_anneal] expected ascending betas, got " + text(betas[k - 1]) + " before " +
                              text(betas[k]));
    }
    const std::int64_t replicas = sampler.options().replicas;
    if (runs < 1 || replicas % runs != 0) {
        throw InvalidArgument("[population_anneal] expected runs that divide " + std::to_string(replicas) +
                              " replicas, got " + std::to_string(runs));
    }
}

}  // namespace

PopulationRecord population_anneal(Sampler& sampler, const std::vector<double>& betas, std::int64_t sweeps_per_beta,
                                   std::int64_t runs, const Sampler::Poll& poll, double culling_fraction) {
    check_populations(sampler, betas, sweeps_per_beta, runs, culling_fraction);
    Populations populations(sampler, runs);
    PolledRuns polled(sampler, poll);
    PopulationRecord record;
    double beta = 0.0;
    for (auto target = betas.begin(); target != betas.end();) {
        const double next = populations.next_beta(beta, *target, culling_fraction);
        std::vector<PopulationStep> steps(static_cast<std::size_t>(runs));
        bool go_on = true;
        if (next > 0.0) {
            populations.resample_all(next - beta, steps.data());
            sampler.set_beta({next});
            const std::int64_t wanted = sampler.sweep() + sweeps_per_beta;
            go_on = polled.run(sweeps_per_beta);
            if (sampler.sweep() != wanted) break;
        }
        populations.measure(steps.data());
        record.betas.push_back(next);
        record.steps.insert(record.steps.end(), steps.begin(), steps.end());
        if (!go_on) break;
        beta = next;
        if (beta == *target) ++target;
    }
    record.families = std::move(populations).families();
    return record;
}

}  // namespace kadanoff
