#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "kadanoff/rbm.hpp"
#include "rbm/machine.hpp"

namespace kadanoff {

/// Everything that a backend needs to know besides the machine, checked by the caller.
struct RbmPlan {
    std::int64_t visible, hidden;  ///< units
    std::int64_t chains;
    Precision precision;
    std::uint64_t seed;
};

/// The states of all chains on one device, and the operations on them. The CPU's threads share kernels and memory with
/// the rest of GibbsSampler::Chains and need none of this.
class RbmBackend {
public:
    virtual ~RbmBackend() = default;

    /// Does the steps [step, step + count), of both layers or of one.
    virtual void advance(std::uint64_t step, std::int64_t count, bool draw_hidden, bool draw_visible) = 0;
    /// A machine of the plan's size and precision.
    virtual void set_machine(const RbmMachine& machine) = 0;
    /// Log-odds of a sum of 1 in each chain, padded to whole words of chains.
    virtual void set_slopes(const double* slopes) = 0;

    /// The words of an RbmLayer.
    virtual void read(bool visible, std::uint32_t* words) const = 0;
    virtual void write(bool visible, const std::uint32_t* words) = 0;
    /// Bits that stay as they are, as the words of the visible layer; null: none.
    virtual void set_clamped(const std::uint32_t* words) = 0;

    /// Whether a pointer is to the device's memory, and bytes (chain, unit) to there.
    virtual bool owns(const void* pointer) const = 0;
    virtual void unpack(bool visible, std::uint8_t* bits) const = 0;

    virtual std::string kernel() const = 0;
};

/// Throws Unavailable where CUDA is missing from the build or the machine.
std::unique_ptr<RbmBackend> make_cuda_rbm(const RbmPlan& plan);

}  // namespace kadanoff
