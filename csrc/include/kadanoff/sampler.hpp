#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kadanoff/device.hpp"
#include "kadanoff/lattice/lattice.hpp"
#include "kadanoff/model/ising.hpp"

namespace kadanoff {

class Engine;
struct SpinSums;

/// Where a sampler begins.
enum class Start {
    ordered,  ///< a ground state; of two that differ by a global flip, each replica draws one
    random,   ///< independent spins
    down,     ///< all spins down
};

struct SamplerOptions {
    std::vector<double> beta{1.0};    ///< inverse temperatures: one for all, or one per replica
    std::string update = "heatbath";  ///< a name in Rules
    std::int64_t replicas = 1;
    std::uint64_t seed = 0;
    Device device = Device::cpu;
    int threads = 0;  ///< 0: one per core
    Start start = Start::ordered;
};

/// Checkerboard Monte Carlo for the Ising model on a bipartite lattice.
///
/// The spins are a pure function of (model, beta, seed, sweeps): the same for every instruction set, number of
/// threads and device. One sweep updates the even sublattice, then the odd one.
class Sampler {
public:
    /// Asked about every 100 ms on the calling thread; false stops after the current chunk of sweeps.
    using Poll = std::function<bool()>;

    /// Throws InvalidArgument, Unavailable, std::bad_alloc.
    Sampler(const Lattice& lattice, const Ising& model, const SamplerOptions& options);
    ~Sampler();
    Sampler(Sampler&&) noexcept;
    Sampler& operator=(Sampler&&) noexcept;

    /// Performs `sweeps` sweeps of every replica; false if `poll` stopped it early.
    bool run(std::int64_t sweeps, const Poll& poll = {});

    /// Takes `draws` measurements, each after `every` sweeps: energy and magnetisation per site as
    /// (replica, draw) arrays. Returns the number of draws completed; the rest of a row is left untouched.
    std::int64_t sample(std::int64_t draws, std::int64_t every, double* energy, double* magnetization,
                        const Poll& poll = {});

    /// Energy and magnetisation per site of the present spins, one of each per replica.
    void measure(double* energy, double* magnetization);

    /// +-1 spins, (replica, *extents). On a CUDA sampler the pointer may be device memory.
    void spins(std::int8_t* out) const;
    /// Throws InvalidArgument, and changes nothing, if any value is not +-1.
    void set_spins(const std::int8_t* spins);

    /// The spins as bits: (replica, colour, plane, row, word); see CheckerboardLayout.
    std::int64_t packed_size() const;
    void packed(std::uint32_t* out) const;
    /// Throws InvalidArgument, and changes nothing, if a padding bit is set.
    void set_packed(const std::uint32_t* words);

    std::int64_t sweep() const { return sweep_; }
    /// Throws InvalidArgument outside [0, 2^40].
    void set_sweep(std::int64_t sweep);

    const Lattice& lattice() const { return lattice_; }
    const Ising& model() const { return model_; }
    const SamplerOptions& options() const { return options_; }
    /// "checkerboard-avx512" and the like: what does the work.
    std::string kernel() const;

private:
    void store(const std::vector<SpinSums>& sums, std::int64_t count, double* energy, double* magnetization,
               std::int64_t first, std::int64_t draws) const;

    Lattice lattice_;
    Ising model_;
    SamplerOptions options_;
    std::int64_t sweep_ = 0;
    std::unique_ptr<Engine> engine_;
};

}  // namespace kadanoff
