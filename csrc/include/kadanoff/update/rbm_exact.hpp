#pragma once

#include "kadanoff/rng/stream.hpp"
#include "kadanoff/update/probability.hpp"

namespace kadanoff {

/// A unit's new bit by the contract, from its log-odds and the upper 16 bits of U; `key` is any of the layer and step.
KADANOFF_HOST_DEVICE inline bool draw_rbm_unit_exactly(DrawKey key, std::int64_t chain, std::uint32_t unit, double odds,
                                                       std::uint32_t first_bits) {
    key.stream = Stream::rbm_tail;
    key.replica = static_cast<std::uint32_t>(chain);
    const Block<WordOps> words = draw<WordOps>(key, unit, 0);
    const std::uint64_t u = (static_cast<std::uint64_t>(first_bits) << 48) |
                            (static_cast<std::uint64_t>(words.word[1] & 0xFFFFu) << 32) | words.word[0];
    const bool up = odds >= 0.0;
    const DoubleDouble weight = exp_minus(up ? odds : -odds);
    const std::uint64_t last = threshold(weight / (DoubleDouble{1.0, 0.0} + weight));
    return ((up ? u : ~u) <= last) != up;
}

}  // namespace kadanoff
