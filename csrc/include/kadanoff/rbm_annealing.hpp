#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "kadanoff/rbm.hpp"

namespace kadanoff {

struct RbmAnnealingOptions {
    std::int64_t chains = 1000;
    double beta = 1.0;  ///< inverse temperature of the machine; not 0
    std::uint64_t seed = 0;
    std::uint32_t pass = 0;  ///< passes with the same seed have random numbers of their own
    int threads = 0;         ///< 0: one per core
};

/// Annealed importance sampling (R. M. Neal, Statistics and Computing 11 (2001) 125; R. Salakhutdinov and I. Murray,
/// ICML 2008): independent chains, each on its way between a base machine without weights and a machine, and the
/// weights that they gather.
///
/// Mixture s has the visible weights exp((1 - s) a0.v) [sum over h of exp(-s beta E(v, h))]: s = 0 is the base machine,
/// of visible biases a0, s = 1 the machine at beta. A chain is a pure function of (machine, base, options, mixtures)
/// and its number: the same for every instruction set, number of threads and number of chains.
class RbmAnnealing {
public:
    /// Asked about every 50 ms on the calling thread; false stops after the current mixture.
    using Poll = std::function<bool()>;

    /// `base_bias`: a0, in the encoding of the visible units. Throws InvalidArgument, std::bad_alloc.
    RbmAnnealing(const Rbm& rbm, const std::vector<float>& base_bias, const RbmAnnealingOptions& options);
    ~RbmAnnealing();
    RbmAnnealing(RbmAnnealing&&) noexcept;
    RbmAnnealing& operator=(RbmAnnealing&&) noexcept;

    /// Draws the visible units of all chains from the base machine.
    void start();

    /// From mixture to mixture: chain k gathers ln(p_to(v) / p_from(v)) and then does a Gibbs step at `to`, except
    /// where that is 0. False if `poll` stopped it early. Throws InvalidArgument where a mixture is not in [0, 1].
    bool run(const std::vector<double>& mixtures, const Poll& poll = {});

    /// From the machine, s = 1, to another one of the same layers, which takes its place.
    void bridge(const Rbm& next);

    /// ln of the weights that the chains have gathered.
    void log_weights(double* out) const;
    /// ln of the sum of the weights of all states of the base machine.
    double log_base() const;

    /// Bits of the visible units, (chain, unit), one byte each.
    void visible(std::uint8_t* out) const;
    /// Throws InvalidArgument, and changes nothing, if any value is not 0 or 1.
    void set_visible(const std::uint8_t* bits);

    const RbmAnnealingOptions& options() const { return options_; }
    std::int64_t visible_units() const;

private:
    class Work;

    RbmAnnealingOptions options_;
    std::unique_ptr<Work> work_;
};

}  // namespace kadanoff
