#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kadanoff/device.hpp"

namespace kadanoff {

/// The values that the units of a layer take.
enum class Units {
    binary,  ///< 0 and 1
    spin,    ///< -1 and 1
};

/// A restricted Boltzmann machine, E = -a.v - b.h - v.W.h.
struct Rbm {
    std::int64_t visible = 0, hidden = 0;
    std::vector<float> weights;  ///< W, (visible, hidden)
    std::vector<float> visible_bias, hidden_bias;
    Units visible_units = Units::binary, hidden_units = Units::binary;
};

enum class Precision {
    float32,  ///< sums rounded after every addition, in an order of the contract's
    fixed16,  ///< sums of weights rounded to 16 bits: samples exactly the machine that has these weights
};

/// What stands for hidden units in averages.
enum class HiddenMoments {
    mean,     ///< their mean given the visible units, rounded to a multiple of 2^-20 of the units' range
    sampled,  ///< the units as they were drawn
};

struct GibbsOptions {
    std::int64_t chains = 1024;
    std::vector<double> beta{1.0};  ///< inverse temperatures: one for all, or one per chain
    std::uint64_t seed = 0;
    Precision precision = Precision::float32;
    Device device = Device::cpu;
    int threads = 0;  ///< of the CPU; 0: one per core
};

/// Block Gibbs sampling of an RBM in many chains: a step draws all hidden units from the visible ones, and then all
/// visible units from the hidden ones.
///
/// A chain is a pure function of (machine, precision, beta, seed, steps) and its number: the same for every
/// instruction set, device, number of threads and number of chains. States are bits: 0 stands for the lower value of a
/// unit.
class GibbsSampler {
public:
    /// Asked about every 100 ms on the calling thread; false stops after the current chunk of steps.
    using Poll = std::function<bool()>;

    /// Chains start from random bits. Throws InvalidArgument, Unavailable, std::bad_alloc.
    GibbsSampler(const Rbm& rbm, const GibbsOptions& options);
    ~GibbsSampler();
    GibbsSampler(GibbsSampler&&) noexcept;
    GibbsSampler& operator=(GibbsSampler&&) noexcept;

    /// Performs `steps` steps of every chain; false if `poll` stopped it early.
    bool run(std::int64_t steps, const Poll& poll = {});

    /// Half a step: draws one layer given the other, and counts as a step. Throws InvalidArgument after 2^40 steps.
    void draw_hidden();
    void draw_visible();

    /// Bits of the layers, (chain, unit), one byte each, into the memory of the device or the host's.
    void visible(std::uint8_t* out) const;
    void hidden(std::uint8_t* out) const;
    /// Throws InvalidArgument, and changes nothing, if any value is not 0 or 1.
    void set_visible(const std::uint8_t* bits);
    void set_hidden(const std::uint8_t* bits);

    /// Keeps the visible units whose byte in (chain, unit) is 1 as they are; null: none. Throws as set_visible.
    void set_clamped(const std::uint8_t* mask);

    /// New inverse temperatures, one for all or one per chain, from the next step on. Throws InvalidArgument.
    void set_beta(const std::vector<double>& beta);
    /// A machine of the same size, from the next step on. Throws InvalidArgument, and changes nothing.
    void set_rbm(const Rbm& rbm);

    std::int64_t step() const { return step_; }
    /// Throws InvalidArgument outside [0, 2^40].
    void set_step(std::int64_t step);

    /// Numbers in a weight of 1: the scale of fixed16, 1 in float32.
    double scale() const;

    /// ln(sum over h of exp(-beta E(v, h))) of the visible units of each chain, beta one for all or one per chain.
    /// E is that of the machine that is sampled: in fixed16 the rounded one. The same bits on every instruction set and
    /// number of threads. Throws InvalidArgument.
    void log_weight(const std::vector<double>& beta, double* out) const;

    /// Averages over chains of the visible units, the hidden ones, and their products, (visible, hidden). `chosen`: a
    /// byte 0 or 1 for each chain; null: all. The same bits on every instruction set and number of threads: totals of
    /// integers, divided at the end. Throws InvalidArgument if no chain is chosen.
    void moments(const std::uint8_t* chosen, HiddenMoments hidden_moments, double* visible, double* hidden,
                 double* products) const;

    const GibbsOptions& options() const { return options_; }
    std::int64_t visible_units() const;
    std::int64_t hidden_units() const;
    /// "rbm-avx512", "rbm-cuda" and the like: what does the work.
    std::string kernel() const;

private:
    class Chains;

    void draw(bool hidden, bool visible);

    GibbsOptions options_;
    std::int64_t step_ = 0;
    std::unique_ptr<Chains> chains_;
};

}  // namespace kadanoff
