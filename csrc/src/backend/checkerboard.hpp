#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kadanoff/lattice/checkerboard.hpp"
#include "kadanoff/rng/stream.hpp"
#include "kadanoff/update/accept_table.hpp"
#include "kadanoff/update/checkerboard_sweep.hpp"
#include "kernels/checkerboard.hpp"

namespace kadanoff {

/// Everything a backend needs to know, checked by the caller.
struct CheckerboardPlan {
    std::int64_t planes, rows, columns;
    KernelChoice choice;
    Stream stream;
    std::uint64_t seed;
    std::vector<AcceptTable> tables;  ///< one per replica
    int threads;
};

/// The spins of all replicas on one device, and the operations on them: the line between what depends on
/// the device and what does not.
class CheckerboardBackend {
public:
    virtual ~CheckerboardBackend() = default;

    /// `draws` times `every` sweeps from `sweep` on; after each, the sums of every replica if `sums` is not null:
    /// sums[replica * draws + draw].
    virtual void advance(std::uint64_t sweep, std::int64_t draws, std::int64_t every, SpinSums* sums) = 0;
    virtual void measure(SpinSums* sums) = 0;
    /// New decisions, one table per replica; `choice` differs from the plan's in its symmetry at most.
    virtual void set_tables(const KernelChoice& choice, std::vector<AcceptTable> tables) = 0;

    /// Packed rows of all replicas without ghosts or padding, see Sampler::packed.
    virtual void read(std::uint32_t* words) const = 0;
    virtual void write(const std::uint32_t* words) = 0;
    /// +-1 in site order; `spins` in the backend's own memory space or the host's.
    virtual void unpack(std::int8_t* spins) const = 0;

    virtual std::string kernel() const = 0;
};

std::unique_ptr<CheckerboardBackend> make_cpu_checkerboard(const CheckerboardPlan& plan);
/// Throws Unavailable where CUDA is missing from the build or the machine.
std::unique_ptr<CheckerboardBackend> make_cuda_checkerboard(const CheckerboardPlan& plan);

}  // namespace kadanoff
