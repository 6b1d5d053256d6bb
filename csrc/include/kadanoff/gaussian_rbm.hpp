#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kadanoff/rbm.hpp"

namespace kadanoff {

/// A restricted Boltzmann machine with real visible units,
/// E = sum_i (v_i - a_i)^2 / (2 sigma_i^2) - b.h - sum_ij v_i W_ij h_j / sigma_i.
struct GaussianRbm {
    std::int64_t visible = 0, hidden = 0;
    std::vector<float> weights;  ///< W, (visible, hidden)
    std::vector<float> visible_bias, hidden_bias;
    std::vector<float> visible_scale;  ///< sigma, in [1e-9, 1e9]
    Units hidden_units = Units::binary;
};

/// Block Gibbs sampling of a Gaussian RBM in many chains, as GibbsSampler; inverse temperatures are in [1e-12, 1e12].
///
/// A chain is a pure function of (machine, beta, seed, steps) and its number: the same for every instruction set,
/// number of threads and number of chains.
class GaussianGibbsSampler {
public:
    using Poll = GibbsSampler::Poll;

    /// Chains start as if all weights were 0. Throws InvalidArgument, Unavailable, std::bad_alloc.
    GaussianGibbsSampler(const GaussianRbm& rbm, const GibbsOptions& options);
    ~GaussianGibbsSampler();
    GaussianGibbsSampler(GaussianGibbsSampler&&) noexcept;
    GaussianGibbsSampler& operator=(GaussianGibbsSampler&&) noexcept;

    /// Performs `steps` steps of every chain; false if `poll` stopped it early.
    bool run(std::int64_t steps, const Poll& poll = {});
    /// Half a step: draws one layer given the other, and counts as a step. Throws InvalidArgument after 2^40 steps.
    void draw_hidden();
    void draw_visible();

    /// Visible units, (chain, unit).
    void visible(float* out) const;
    /// Bits of the hidden layer, (chain, unit), one byte each; 0 stands for the lower value.
    void hidden(std::uint8_t* out) const;
    /// Throws InvalidArgument, and changes nothing, if any value is not in [-1e18, 1e18].
    void set_visible(const float* values);
    /// Throws InvalidArgument, and changes nothing, if any value is not 0 or 1.
    void set_hidden(const std::uint8_t* bits);

    /// Keeps the visible units whose byte in (chain, unit) is 1 as they are; null: none. Throws as set_hidden.
    void set_clamped(const std::uint8_t* mask);
    /// New inverse temperatures, one for all or one per chain, from the next step on. Throws InvalidArgument.
    void set_beta(const std::vector<double>& beta);
    /// A machine of the same size, from the next step on. Throws InvalidArgument, and changes nothing.
    void set_rbm(const GaussianRbm& rbm);

    std::int64_t step() const { return step_; }
    /// Throws InvalidArgument outside [0, 2^40].
    void set_step(std::int64_t step);

    const GibbsOptions& options() const { return options_; }
    std::int64_t visible_units() const;
    std::int64_t hidden_units() const;
    /// "gaussian-avx512" and the like: what does the work.
    std::string kernel() const;

private:
    class Chains;

    void draw(bool hidden, bool visible);

    GibbsOptions options_;
    std::int64_t step_ = 0;
    std::unique_ptr<Chains> chains_;
};

}  // namespace kadanoff
