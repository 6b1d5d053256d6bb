#pragma once

#include <cstdint>

#include "kadanoff/rng/word_ops.hpp"

namespace kadanoff {

/// Four 32-bit words in every lane of Ops.
template <class Ops>
struct Block {
    typename Ops::Vector word[4];
};

/// Philox4x32-10: counter-based generator of Salmon, Moraes, Dror and Shaw,
/// "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011), section 3.3.
///
/// \param counter  128-bit counter in each lane
/// \param key_low, key_high  the 64-bit key, the same in all lanes
template <class Ops>
KADANOFF_LEAF Block<Ops> philox4x32(Block<Ops> counter, std::uint32_t key_low, std::uint32_t key_high) {
    constexpr std::uint32_t multiplier[2] = {0xD2511F53u, 0xCD9E8D57u};
    constexpr std::uint32_t weyl[2] = {0x9E3779B9u, 0xBB67AE85u};
    for (int round = 0; round < 10; ++round) {
        typename Ops::Vector high0, low0, high1, low1;
        Ops::multiply_wide(counter.word[0], multiplier[0], high0, low0);
        Ops::multiply_wide(counter.word[2], multiplier[1], high1, low1);
        counter.word[0] = Ops::xor3(high1, counter.word[1], Ops::broadcast(key_low));
        counter.word[2] = Ops::xor3(high0, counter.word[3], Ops::broadcast(key_high));
        counter.word[1] = low1;
        counter.word[3] = low0;
        key_low += weyl[0];
        key_high += weyl[1];
    }
    return counter;
}

}  // namespace kadanoff
