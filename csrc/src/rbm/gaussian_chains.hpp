#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "aligned_words.hpp"
#include "kadanoff/gaussian_rbm.hpp"
#include "kadanoff/isa.hpp"
#include "kernels/gaussian.hpp"

namespace kadanoff {

/// Throws InvalidArgument unless the sizes agree, numbers are in range and no unit's terms add up beyond 1e18.
void check_gaussian_rbm(const GaussianRbm& rbm);

/// What draws one layer from the other.
struct GaussianDirection {
    std::int64_t inputs, panels;
    AlignedWords weights, bias, scale;
};

/// The chains of a sampler: what lies behind its public operations.
class GaussianGibbsSampler::Chains {
public:
    Chains(const GaussianRbm& rbm, const GibbsOptions& options);

    /// Does the steps [step, step + count), or their half that draws one layer.
    void advance(std::uint64_t step, std::int64_t count, bool draw_hidden, bool draw_visible);

    void read_visible(float* out) const;
    void read_hidden(std::uint8_t* out) const;
    void write_visible(const float* values);
    void write_hidden(const std::uint8_t* bits);
    void set_clamped(const std::uint8_t* mask);
    void set_beta(const std::vector<double>& beta);
    void set_rbm(const GaussianRbm& rbm);

    std::int64_t visible_units() const { return visible_units_; }
    std::int64_t hidden_units() const { return hidden_units_; }
    bool spin() const { return spin_; }
    std::string kernel() const { return std::string("gaussian-") + name(isa_); }

private:
    /// `linked` false: as if all weights were 0.
    GaussianJob job(std::uint64_t step, bool visible, bool linked);

    std::uint64_t seed_;
    int threads_;
    std::int64_t chains_, visible_units_, hidden_units_, visible_stride_, hidden_stride_;
    bool spin_;
    Isa isa_;
    GaussianKernel kernel_;
    GaussianDirection to_hidden_, to_visible_;
    AlignedWords visible_, hidden_;
    std::unique_ptr<AlignedWords> clamped_;
    std::vector<double> slope_;
    std::vector<float> drive_, noise_;
};

}  // namespace kadanoff
