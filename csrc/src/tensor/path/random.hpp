#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "kadanoff/rng/stream.hpp"

namespace kadanoff::paths {

/// xoshiro256++ (Blackman and Vigna, ACM TOMS 47 (2021), 36), started from the Philox blocks of a seed, a trial and a
/// part of the trial: each of these draws its own numbers, whoever else does.
class Random {
public:
    Random(std::uint64_t seed, std::uint64_t trial, std::uint32_t part);

    std::uint64_t bits() {
        const std::uint64_t result = std::rotl(s_[0] + s_[3], 23) + s_[0];
        const std::uint64_t shifted = s_[1] << 17;
        s_[2] ^= s_[0];
        s_[3] ^= s_[1];
        s_[1] ^= s_[2];
        s_[0] ^= s_[3];
        s_[2] ^= shifted;
        s_[3] = std::rotl(s_[3], 45);
        return result;
    }
    /// In (0, 1].
    double uniform() { return static_cast<double>((bits() >> 11) + 1) * 0x1.0p-53; }
    double uniform(double low, double high) { return low + (high - low) * uniform(); }
    /// In [0, n), n < 2^32; the bias is below 2^-32.
    std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(((bits() >> 32) * n) >> 32); }
    /// -ln(-ln(u)): the largest of many exponential numbers.
    double gumbel() { return -std::log(-std::log(uniform() * (1.0 - 0x1.0p-53))); }

private:
    std::uint64_t s_[4];
};

}  // namespace kadanoff::paths
