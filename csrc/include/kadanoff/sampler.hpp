#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kadanoff/device.hpp"
#include "kadanoff/lattice/lattice.hpp"
#include "kadanoff/model/model.hpp"
#include "kadanoff/self_learning.hpp"

namespace kadanoff {

class Engine;
struct Totals;

/// Where a sampler begins.
enum class Start {
    /// The ground state of a ferromagnet or of an antiferromagnet on two sublattices, where each replica draws one of
    /// those that a symmetry relates; random where no ground state is known.
    ordered,
    random,  ///< independent spins
    down,    ///< all spins down; of a Potts model, in state 0
};

struct SamplerOptions {
    std::vector<double> beta{1.0};    ///< inverse temperatures: one for all, or one per replica
    std::string update = "heatbath";  ///< heatbath, metropolis, wolff, swendsen-wang or self-learning
    /// In which order a sweep of heatbath or metropolis visits the sites: "sublattice" after sublattice, "sequential"
    /// by number, "random" with replacement, "parallel" all at once.
    std::string order = "sublattice";
    std::string kernel;  ///< what does the work, without the instruction set; empty: the fastest that serves
    std::int64_t replicas = 1;
    std::uint64_t seed = 0;
    Device device = Device::cpu;
    int threads = 0;  ///< 0: one per core
    Start start = Start::ordered;
    SelfLearning self_learning;  ///< for update self-learning
};

/// Monte Carlo for spin models on lattices and graphs.
///
/// The spins are a pure function of (kernel, model, beta, seed, sweeps): the same for every instruction set, number
/// of threads and device. One sweep updates every site once, or does one cluster update.
class Sampler {
public:
    /// Asked about every 100 ms on the calling thread; false stops after the current chunk of sweeps.
    using Poll = std::function<bool()>;

    /// Throws InvalidArgument, Unavailable, std::bad_alloc.
    Sampler(const Lattice& lattice, const Model& model, const SamplerOptions& options);
    ~Sampler();
    Sampler(Sampler&&) noexcept;
    Sampler& operator=(Sampler&&) noexcept;

    /// Performs `sweeps` sweeps of every replica; false if `poll` stopped it early.
    bool run(std::int64_t sweeps, const Poll& poll = {});

    /// Takes `draws` measurements, each after `every` sweeps: energy and magnetisation per site as
    /// (replica, draw) arrays. Returns the number of draws completed; the rest of a row is left untouched. `extra`, if
    /// not null, gets the series of extra_series(), (series, replica, draw).
    std::int64_t sample(std::int64_t draws, std::int64_t every, double* energy, double* magnetization,
                        const Poll& poll = {}, double* extra = nullptr);

    /// Names of what the update measures of itself in every draw. Wolff: "cluster_size", the sites of the last cluster.
    /// Swendsen-Wang: "cluster_size", the mean size of the cluster of a site, and without a field the improved
    /// estimators (Wolff, Phys. Rev. Lett. 60 (1988) 1461) "improved_magnetization_squared" and
    /// "improved_magnetization_fourth", whose means are those of the powers of the magnetisation per site.
    /// Self-learning: "proposed_sites", the sum of the sizes of the last proposal's clusters, and "accepted", 1 or 0.
    std::vector<std::string> extra_series() const;

    /// H of the present spins, one per replica; exact where couplings and fields are integers.
    void total_energy(double* energy);

    /// Energy and magnetisation per site of the present spins, one of each per replica.
    void measure(double* energy, double* magnetization);

    /// New inverse temperatures, one for all or one per replica, from the next sweep on. Throws InvalidArgument.
    void set_beta(const std::vector<double>& beta);

    /// +-1 spins (Potts: 0 to states - 1, as unsigned bytes), (replica, *lattice.shape()). On a CUDA sampler the
    /// pointer may be device memory.
    void spins(std::int8_t* out) const;
    /// Throws InvalidArgument, and changes nothing, if any value is no spin of the model.
    void set_spins(const std::int8_t* spins);

    /// The spins as bits, in an order of the kernel's own; checkerboard: (replica, colour, plane, row, word), see
    /// CheckerboardLayout; others: (site, word of 32 replicas); Potts: bytes (site, replica).
    std::int64_t packed_size() const;
    void packed(std::uint32_t* out) const;
    /// Throws InvalidArgument, and changes nothing, if a padding bit is set.
    void set_packed(const std::uint32_t* words);

    std::int64_t sweep() const { return sweep_; }
    /// Throws InvalidArgument outside [0, 2^40].
    void set_sweep(std::int64_t sweep);

    const Lattice& lattice() const { return lattice_; }
    const Model& model() const { return model_; }
    const SamplerOptions& options() const { return options_; }
    /// "checkerboard-avx512" and the like: what does the work.
    std::string kernel() const;

private:
    void store(const std::vector<Totals>& totals, std::int64_t count, double* energy, double* magnetization,
               std::int64_t first, std::int64_t draws) const;
    void store_extra(const std::vector<Totals>& totals, std::int64_t count, double* extra, std::int64_t first,
                     std::int64_t draws) const;

    Lattice lattice_;
    Model model_;
    SamplerOptions options_;
    std::int64_t sweep_ = 0;
    std::unique_ptr<Engine> engine_;
};

}  // namespace kadanoff
