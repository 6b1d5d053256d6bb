#pragma once

#include <cstdint>
#include <vector>

#include "kadanoff/rbm.hpp"

/// Block Gibbs sampling as docs/random_numbers.md states it: one chain, one unit and one term at a time, and all 64
/// bits of every U compared with a threshold. No table, no vector, no bound.
class ReferenceGibbs {
public:
    ReferenceGibbs(const kadanoff::Rbm& rbm, const kadanoff::GibbsOptions& options);

    void step();

    std::vector<std::uint8_t> visible, hidden;  ///< (chain, unit)
    std::vector<std::uint8_t> clamped;          ///< like visible, or empty
    double scale = 1.0;

private:
    /// A layer as a function of the other one, for units of 0 and 1.
    struct Side {
        std::int64_t inputs, units;
        std::vector<double> weights, bias;  ///< (input, unit)
    };

    double log_odds(const Side& side, const std::uint8_t* inputs, std::int64_t unit, double beta) const;
    bool draw_unit(std::uint32_t layer, std::int64_t chain, std::int64_t unit, std::uint32_t word, double odds) const;
    void draw_layer(std::uint32_t layer);

    bool fixed16_;
    kadanoff::GibbsOptions options_;
    Side side_[2];
    std::uint64_t step_ = 0;
};
