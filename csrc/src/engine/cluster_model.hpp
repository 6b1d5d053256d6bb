#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/engine.hpp"
#include "kadanoff/rng/stream.hpp"

namespace kadanoff {

/// Slots of the cluster streams beside those of random strings (update/random_bits.hpp).
inline constexpr std::uint32_t tie_slot = 254;
inline constexpr std::uint32_t decision_slot = 255;

/// Integer thresholds of the bonds at one beta: one for all, or one per bond.
struct BondThresholds {
    double beta;
    std::vector<std::uint64_t> of;
};

/// An Ising or Potts model as cluster updates see it: spins are the bytes 0 and 1 (up), or Potts states; a bond that
/// its two spins satisfy is active with probability 1 - exp(-scale beta |J|).
class ClusterModel {
public:
    /// Throws InvalidArgument for what cluster updates do not serve.
    explicit ClusterModel(const EngineRequest& request);
    /// An Ising model without a field whose bonds have one of these couplings each.
    explicit ClusterModel(const std::vector<double>& couplings) : coupling_(couplings) { look_at_couplings(); }

    bool ising() const { return states_ == 0; }
    int states() const { return states_; }  ///< of a Potts spin; 0: Ising
    const Values& coupling() const { return coupling_; }
    const Values& field() const { return field_; }
    bool has_field() const { return has_field_; }
    bool has_negative() const { return has_negative_; }
    /// Whether all couplings that are not zero have one size, and which.
    bool one_size() const { return one_size_; }
    double size() const { return size_; }

    std::shared_ptr<const BondThresholds> thresholds(double beta) const;

    /// By what a Swendsen-Wang cluster with the given spin at its first site, and sum of h s, is changed; by its draw
    /// `key`. Ising in a field: heat bath. Potts: a new state.
    std::uint8_t change(const DrawKey& key, std::uint32_t first_site, std::uint8_t spin, double field,
                        double beta) const;

    /// Order parameter times sites: sum of Ising spins, or (q n_max - N) / (q - 1).
    static double potts_order(const std::vector<std::int64_t>& sites_in_state);

private:
    void look_at_couplings();

    int states_ = 0;
    Values coupling_{1.0};
    Values field_{0.0};
    bool has_field_ = false;
    bool has_negative_ = false;
    bool one_size_ = true;
    double size_ = 0.0;
};

/// Whether number `index` of a string, 32 bits and 32 more of a draw of its own if those do not decide, is at most the
/// threshold.
inline bool accepts(const DrawKey& key, std::int64_t index, std::uint32_t high, std::uint64_t threshold) {
    const auto limit = static_cast<std::uint32_t>(threshold >> 32);
    if (high != limit) [[likely]]
        return high < limit;
    return draw<WordOps>(key, static_cast<std::uint32_t>(index), tie_slot).word[0] <=
           static_cast<std::uint32_t>(threshold);
}

/// What HeatBath decides with the uniform number: true with probability 1 / (1 + exp(x)). The comparison is that of
/// integers; the threshold is computed only where floating point leaves a doubt.
bool accepts_heat_bath(std::uint64_t uniform, double x);

/// A number below `count`, each with probability 1 / count to within 2^-64.
std::uint32_t scaled(std::uint64_t uniform, std::uint32_t count);

}  // namespace kadanoff
