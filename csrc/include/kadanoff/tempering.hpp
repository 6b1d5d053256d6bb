#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "kadanoff/sampler.hpp"

namespace kadanoff {

class IsoenergeticClusters;
class PollTimer;

/// Which neighbouring temperatures try to swap in a round.
enum class SwapPairs {
    alternating,  ///< (0, 1), (2, 3), ... in even rounds, (1, 2), (3, 4), ... in odd ones (Okabe et al. 2001)
    random,       ///< one of the two, drawn for every round and copy
};

struct TemperingOptions {
    std::vector<double> beta;     ///< inverse temperatures, at least two, strictly increasing or decreasing
    std::int64_t swap_every = 1;  ///< sweeps in a round
    SwapPairs pairs = SwapPairs::alternating;
    std::int64_t cluster_every = 0;  ///< rounds from one set of isoenergetic cluster moves to the next; 0: none
};

/// All that a tempering knows besides spins and sweeps. Walker k * copies + c is the one of copy c that began at
/// temperature k; it is the walkers' replica of that number.
struct TemperingState {
    std::vector<std::int64_t> temperature;        ///< of each walker, as an index into TemperingOptions::beta
    std::vector<std::int64_t> direction;          ///< of each walker: 1 hottest, -1 coldest end visited last, 0 none
    std::vector<std::int64_t> departure;          ///< round in which each walker began a round trip, -1: none yet
    std::vector<std::int64_t> round_trips;        ///< of each walker, from the hottest end to the coldest and back
    std::vector<std::int64_t> round_trip_rounds;  ///< rounds that they took, all together
    std::vector<std::int64_t> attempted;          ///< swaps of temperatures i and i + 1
    std::vector<std::int64_t> accepted;
    std::vector<std::int64_t> from_hot;   ///< visits to each temperature by walkers that come from the hottest
    std::vector<std::int64_t> from_cold;  ///< and by those that come from the coldest
    std::vector<double> best_energy;      ///< the lowest H of each copy at the end of any round
    std::vector<std::int8_t> best_spins;  ///< and its spins, (copy, *lattice.shape())
};

/// Where the draws of ParallelTempering::sample go: arrays (temperature * copies + copy, draw), none or any null.
struct TemperingDraws {
    double* energy = nullptr;         ///< per site
    double* magnetization = nullptr;  ///< per site
    double* overlap = nullptr;        ///< sum_i s_i t_i / N of copies 2k and 2k + 1, in the rows of both
    double* link_overlap = nullptr;   ///< sum_<ij> s_i s_j t_i t_j / N_bonds, likewise
};

/// Parallel tempering (replica exchange): the replicas of a sampler exchange their temperatures.
///
/// A round is `swap_every` sweeps of all walkers, isoenergetic cluster moves if they are due, and attempts to swap
/// neighbouring temperatures within each copy of the set. Rounds are counted by the sampler's sweeps; the trajectory
/// is a pure function of (the sampler's, options), whatever the threads and however the run was cut into pieces.
///
/// Hukushima and Nemoto, J. Phys. Soc. Jpn. 65 (1996) 1604; Houdayer, Eur. Phys. J. B 22 (2001) 479; Zhu, Ochoa and
/// Katzgraber, PRL 115 (2015) 077201; Katzgraber, Trebst, Huse and Troyer, J. Stat. Mech. (2006) P03018.
class ParallelTempering {
public:
    using Poll = Sampler::Poll;

    /// `walkers` must outlive the tempering, which sets their temperatures; nobody else may. Their number is a
    /// multiple of that of the temperatures. Throws InvalidArgument.
    ParallelTempering(Sampler& walkers, const TemperingOptions& options);
    ~ParallelTempering();
    ParallelTempering(ParallelTempering&&) noexcept;

    /// Performs `sweeps` sweeps and the rounds that they complete; false if `poll`, asked about every 100 ms, stopped
    /// it early. A stop leaves no round half done.
    bool run(std::int64_t sweeps, const Poll& poll = {});

    /// Takes `draws` measurements, each after `every` sweeps. Returns how many were completed; the rest of a row is
    /// left untouched. Throws InvalidArgument, for overlaps also of an odd number of copies or of a Potts model.
    std::int64_t sample(std::int64_t draws, std::int64_t every, const TemperingDraws& out, const Poll& poll = {});

    /// The swaps of a round: draws, exchanges of temperatures, and their statistics.
    void exchange(std::int64_t round);
    /// The isoenergetic cluster moves of a round, whether or not they are due: at each temperature one for each pair
    /// of copies, which are paired at random. Throws InvalidArgument if options.cluster_every is 0.
    void move_clusters(std::int64_t round);

    /// Energy and magnetisation per site, (temperature, copy).
    void measure(double* energy, double* magnetization);
    /// (temperature, copy, *lattice.shape()), in host memory.
    void spins(std::int8_t* out) const;
    /// Throws InvalidArgument, and changes nothing, if any value is no spin of the model.
    void set_spins(const std::int8_t* spins);

    const TemperingState& state() const { return state_; }
    /// Throws InvalidArgument, and changes nothing, if the state is none of this tempering at its present sweep.
    void set_state(TemperingState state);
    /// Forgets acceptances, flow and round trips: what was counted before equilibrium.
    void reset_statistics();

    const Sampler& walkers() const { return walkers_; }
    const TemperingOptions& options() const { return options_; }
    std::int64_t temperatures() const { return static_cast<std::int64_t>(options_.beta.size()); }
    std::int64_t copies() const { return copies_; }
    std::int64_t round() const { return walkers_.sweep() / options_.swap_every; }

private:
    bool advance(std::int64_t sweeps, PollTimer& timer);
    void finish_round(std::int64_t round);
    void swap_temperatures(std::int64_t round);
    void index_walkers();
    std::vector<double> walker_betas() const;
    std::int64_t walker_at(std::int64_t temperature, std::int64_t copy) const;
    bool try_swap(std::int64_t pair, std::int64_t copy, std::int64_t round);
    void follow_walkers(std::int64_t round);
    void keep_best(bool spins_are_current);
    void measure_overlaps(const TemperingDraws& out, std::int64_t draw, std::int64_t draws);

    Sampler& walkers_;
    TemperingOptions options_;
    std::int64_t copies_;
    std::int64_t sites_;
    TemperingState state_;
    std::vector<std::int64_t> walker_;  ///< (temperature, copy): the inverse of state_.temperature
    std::vector<double> energy_;        ///< total, by walker, of the present round
    std::vector<std::int8_t> spins_;    ///< a buffer for those of all walkers
    std::vector<Bond> bonds_;           ///< built for the first link overlap
    std::unique_ptr<IsoenergeticClusters> clusters_;
};

}  // namespace kadanoff
