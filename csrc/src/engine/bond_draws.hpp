#pragma once

#include <cstdint>
#include <cstring>

#include "engine/cluster_model.hpp"
#include "kadanoff/update/random_bits.hpp"
#include "kernels/clusters.hpp"

namespace kadanoff {

// What decides about the bonds of a cluster that grows. It begins with a short string of random bits or numbers; only a
// large one draws whole stripes.

/// Room that either kind of string needs.
inline constexpr std::int64_t bond_string_words = word_stripe * string_lanes + 2;

/// The random bits of a cluster's bonds, in the order in which they are tried.
class BondBits {
public:
    static constexpr std::int64_t first_vectors = 1;

    BondBits(const ClusterKernel& kernels, const DrawKey& key, std::uint64_t threshold, std::uint32_t* string)
        : kernels_(kernels), key_(key), threshold_(threshold), string_(string) {
        kernels_.bits(key_, threshold_, 0, first_vectors, string_);
        end_ = first_vectors * string_lanes * 32;
    }

    /// The next `count` bits, at most 32; a string that has fewer left ends.
    std::uint32_t take(const std::uint32_t*, std::int64_t count) {
        if (at_ + count > end_) refill();
        std::uint64_t word;
        std::memcpy(&word, string_ + at_ / 32, sizeof word);
        const auto result = static_cast<std::uint32_t>(word >> at_ % 32);
        at_ += count;
        return result;
    }

private:
    void refill() {
        key_.sublattice = 1;
        kernels_.bits(key_, threshold_, next_, bit_stripe, string_);
        next_ += bit_stripe;
        at_ = 0;
        end_ = bit_stripe * string_lanes * 32;
    }

    const ClusterKernel& kernels_;
    DrawKey key_;
    std::uint64_t threshold_;
    std::uint32_t* string_;
    std::int64_t at_ = 0, end_ = 0, next_ = 0;
};

/// The same by numbers, where each bond has a threshold of its own.
class BondNumbers {
public:
    static constexpr std::int64_t first_vectors = 4;

    BondNumbers(const ClusterKernel& kernels, const DrawKey& key, const std::uint64_t* thresholds,
                std::uint32_t* string)
        : kernels_(kernels), key_(key), thresholds_(thresholds), string_(string) {
        kernels_.words(key_, 0, first_vectors, string_);
        end_ = first_vectors * string_lanes;
    }

    std::uint32_t take(const std::uint32_t* bond, std::int64_t count) {
        if (at_ + count > end_) refill();
        std::uint32_t result = 0;
        for (std::int64_t k = 0; k < count; ++k) {
            result |=
                static_cast<std::uint32_t>(accepts(key_, begin_ + at_ + k, string_[at_ + k], thresholds_[bond[k]]))
                << k;
        }
        at_ += count;
        return result;
    }

private:
    void refill() {
        key_.sublattice = 1;
        kernels_.words(key_, next_, word_stripe, string_);
        begin_ = next_ * string_lanes;
        next_ += word_stripe;
        at_ = 0;
        end_ = word_stripe * string_lanes;
    }

    const ClusterKernel& kernels_;
    DrawKey key_;
    const std::uint64_t* thresholds_;
    std::uint32_t* string_;
    std::int64_t at_ = 0, end_ = 0, next_ = 0, begin_ = 0;
};

}  // namespace kadanoff
