#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kadanoff/sampler.hpp"

namespace kadanoff {

/// Sums over the sites of one replica.
struct Totals {
    double energy = 0.0;  ///< H
    double spin = 0.0;    ///< sum of the spins; of a Potts model, the order parameter times the number of sites
    std::array<double, 3> extra{};  ///< Engine::extras of the last sweep, final values
};

/// What to sample, checked by Sampler.
struct EngineRequest {
    const Lattice& lattice;
    const Model& model;
    const SamplerOptions& options;

    std::int64_t spins() const { return lattice.sites() * options.replicas; }
};

/// The spins of all replicas and one algorithm that moves them.
class Engine {
public:
    virtual ~Engine() = default;

    /// `draws` times `every` sweeps from `sweep` on; after each, what it measures of every replica if `totals` is not
    /// null: totals[replica * draws + draw].
    virtual void advance(std::uint64_t sweep, std::int64_t draws, std::int64_t every, Totals* totals) = 0;
    /// Names of what `advance` measures besides, a property of a sweep and not of the spins.
    virtual std::vector<std::string> extras() const { return {}; }
    /// One entry per replica, without extras.
    virtual void measure(Totals* totals) = 0;
    /// One inverse temperature per replica.
    virtual void set_beta(const std::vector<double>& beta) = 0;

    /// The spins as words, in the engine's own order: the form in which checkpoints hold them.
    virtual std::int64_t packed_size() const = 0;
    virtual void read(std::uint32_t* words) const = 0;
    /// Throws InvalidArgument, and changes nothing, if a padding bit is set or a value is no spin.
    virtual void write(const std::uint32_t* words) = 0;

    /// (replica, *lattice.shape()); `spins` in the engine's own memory space or the host's.
    virtual void unpack(std::int8_t* spins) const = 0;
    /// Checked values of the model's spins.
    virtual void pack(const std::int8_t* spins) = 0;

    /// Algorithm and instruction set or device, "checkerboard-avx512".
    virtual std::string kernel() const = 0;
};

/// The engine for a model: the fastest one that serves it, or the one that options.kernel names. Spins are as
/// options.start says. Throws InvalidArgument, Unavailable, std::bad_alloc.
std::unique_ptr<Engine> make_engine(const EngineRequest& request);

std::unique_ptr<Engine> make_checkerboard_engine(const EngineRequest& request);
std::unique_ptr<Engine> make_packed_engine(const EngineRequest& request);
std::unique_ptr<Engine> make_plain_engine(const EngineRequest& request);
std::unique_ptr<Engine> make_dense_engine(const EngineRequest& request);
std::unique_ptr<Engine> make_table_engine(const EngineRequest& request);
std::unique_ptr<Engine> make_potts_engine(const EngineRequest& request);
std::unique_ptr<Engine> make_cluster_engine(const EngineRequest& request);

}  // namespace kadanoff
