#pragma once

#include <cstdint>
#include <vector>

#include "kadanoff/rbm.hpp"
#include "rbm/drives.hpp"
#include "rbm/layer.hpp"
#include "rbm/machine.hpp"
#include "rbm/thread_scratch.hpp"
#include "rbm/weighing.hpp"

namespace kadanoff {

/// The chains of one thread on their way through inverse temperatures, all at the same one at a time, and the weights
/// that they gather: what annealed importance sampling needs (R. M. Neal, Statistics and Computing 11 (2001) 125).
///
/// The sums of hidden units are worked out once, for their draw and for both softplus functions, so that a step takes
/// little longer than one of a GibbsSampler. Weights are those of the machine that is sampled: in fixed16 the rounded
/// one. They are functions of the states alone: the same bits on every instruction set and number of threads.
///
/// Different threads take objects with different words of the same layers. Machine, kernel, logistic function and
/// layers must outlive it; random numbers are those of a GibbsSampler with this seed at the same step.
class AnnealedChains {
public:
    /// The words [first_word, last_word) of chains. `logistic`: make_rbm_logistic of the precision.
    AnnealedChains(const RbmMachine& machine, Precision precision, const RbmKernel& kernel, const RbmLogistic& logistic,
                   std::uint64_t seed, RbmLayer& visible, RbmLayer& hidden, std::int64_t first_word,
                   std::int64_t last_word);

    /// Adds sum_j [ln(1 + e^(to x_j)) - ln(1 + e^(from x_j))] to each chain's log weight, x_j the sums of the hidden
    /// units given the visible ones, and draws the hidden units at `to`.
    /// Throws InvalidArgument, and changes nothing, where fixed16 is too coarse for `to`.
    void draw_hidden(std::uint64_t step, double from, double to);

    /// Draws the visible units given the hidden ones. `bias`: numbers in place of the visible biases, in the layout of
    /// RbmDirection::bias; null: those of the machine.
    void draw_visible(std::uint64_t step, double beta, const std::uint32_t* bias = nullptr);

    /// Adds factor * sum_i numbers[i] over the visible units that are on. RbmMachine::visible_terms() with to - from is
    /// what the visible biases add when the temperature changes.
    void add_visible(const std::vector<double>& numbers, double factor);

    /// Log weights of this thread's chains, written to out[chain]. RbmMachine::offset() is not in them.
    void log_weights(double* out) const;

private:
    RbmJob job(std::uint64_t step, bool visible);
    void set_beta(double beta);
    void take_products();

    const RbmMachine& machine_;
    const RbmKernel& kernel_;
    const RbmLogistic& logistic_;
    std::uint64_t seed_;
    RbmLayer &visible_, &hidden_;
    std::int64_t first_word_, last_word_;
    ChainDrives drives_;
    RbmThreadScratch scratch_;
    WeighingNumbers weighing_;
    std::vector<double> ratio_, log_weight_, sums_;  ///< a weight is ratio e^log_weight; at rbm_place
};

}  // namespace kadanoff
