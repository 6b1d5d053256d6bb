#pragma once

#include <cstdint>

#include "kadanoff/rng/philox.hpp"

namespace kadanoff {

/// One line per use of random numbers; a value is never used twice and never reused.
enum class Stream : std::uint32_t {
    heat_bath = 1,
    heat_bath_tail = 2,
    metropolis = 3,
    metropolis_tail = 4,
    initial_spins = 5,
    initial_sign = 6,
    packed_heat_bath = 7,
    packed_heat_bath_tail = 8,
    packed_metropolis = 9,
    packed_metropolis_tail = 10,
    site_order = 11,
    plain_heat_bath = 12,
    plain_metropolis = 13,
    potts_heat_bath = 14,
    potts_metropolis = 15,
    wolff = 16,
    swendsen_wang_bonds = 17,
    swendsen_wang_flips = 18,
    replica_swap = 19,
    isoenergetic_cluster = 20,
    resampling = 21,
    table_heat_bath = 22,
    table_heat_bath_tail = 23,
    table_metropolis = 24,
    table_metropolis_tail = 25,
    dense_heat_bath = 26,
    dense_metropolis = 27,
    rbm_units = 28,
    rbm_tail = 29,
    rbm_start = 30,
    rbm_annealing = 31,
    rbm_swap = 33,
    gaussian_rbm = 34,
    layer_seeds = 35,
    self_learning = 36,
    machine_proposal = 37,
    contraction_path = 40,
};

/// Coordinates of a random draw: everything that a draw depends on, besides the seed, packed into Philox's
/// 128-bit counter as (group, sweep bits 0-31, sweep bits 32-39 | sublattice | slot | stream, replica).
struct DrawKey {
    std::uint64_t seed = 0;   ///< used whole, as Philox's key
    std::uint64_t sweep = 0;  ///< < 2^40
    std::uint32_t replica = 0;
    Stream stream = Stream::heat_bath;
    std::uint32_t sublattice = 0;  ///< < 2^8
};

/// Sweeps that a 40-bit counter can tell apart.
inline constexpr std::uint64_t max_sweeps = std::uint64_t{1} << 40;

/// The 128 bits that belong to `key` at site group `group` and `slot` (< 2^8), with a replica of its own in each lane.
template <class Ops>
KADANOFF_LEAF Block<Ops> draw(const DrawKey& key, typename Ops::Vector group, std::uint32_t slot,
                              typename Ops::Vector replica) {
    const auto sweep_low = static_cast<std::uint32_t>(key.sweep);
    const auto sweep_high = static_cast<std::uint32_t>(key.sweep >> 32);
    const std::uint32_t tag =
        (sweep_high << 24) | (key.sublattice << 16) | (slot << 8) | static_cast<std::uint32_t>(key.stream);
    const Block<Ops> counter{{group, Ops::broadcast(sweep_low), Ops::broadcast(tag), replica}};
    return philox4x32<Ops>(counter, static_cast<std::uint32_t>(key.seed), static_cast<std::uint32_t>(key.seed >> 32));
}

/// The same for the key's replica in all lanes.
template <class Ops>
KADANOFF_LEAF Block<Ops> draw(const DrawKey& key, typename Ops::Vector group, std::uint32_t slot) {
    return draw<Ops>(key, group, slot, Ops::broadcast(key.replica));
}

}  // namespace kadanoff
