#pragma once

#include <cstdint>

#include "kadanoff/rng/stream.hpp"
#include "kadanoff/rng/xoshiro.hpp"

namespace kadanoff {

/// Words in a vector of the layout, whatever the instruction set.
inline constexpr std::int64_t packed_lanes = 16;
/// Random streams of a stripe: site j of it draws from stream j % 16 of each word.
inline constexpr std::int64_t site_streams = 16;
/// Sites of a block that share their streams.
inline constexpr std::int64_t stripe_sites = 256;

/// Sites of one sublattice with one number of neighbours, in up to 16 words for each: 32 replicas to a word in the
/// replica-packed kernel, one in the plain one. What the graph kernels have in common; plain data, passed to CUDA
/// kernels by value.
struct GraphJob {
    const std::uint32_t* source;     ///< spins: word 0 of position 0
    std::uint32_t* target;           ///< where the new spins go; may be the source
    const std::uint32_t* neighbour;  ///< position of neighbour d of site j: [d * stride + j]
    std::int64_t stride;
    std::int64_t first;  ///< position of site 0
    std::int64_t sites;
    int degree;
    int shift;                  ///< log2(words)
    std::int64_t words;         ///< words of a position: a power of two, at most 16
    std::uint32_t first_word;   ///< the number of word 0: a multiple of 16
    std::uint32_t first_group;  ///< of the streams: a multiple of 16
    DrawKey key;                ///< stream: the rule's

    /// Sites that a vector of 16 words holds.
    KADANOFF_LEAF std::int64_t sites_per_vector() const { return packed_lanes >> shift; }

    KADANOFF_LEAF std::int64_t vectors(std::int64_t stripe) const {
        const std::int64_t rest = sites - stripe * stripe_sites;
        return ((rest < stripe_sites ? rest : stripe_sites) + sites_per_vector() - 1) >> (4 - shift);
    }
};

/// A register's worth of a stripe: words [lane, lane + Ops::lanes) of every vector.
struct SweepUnit {
    std::int64_t stripe;
    std::int64_t lane;
};

/// The number of the word in each lane of a register.
template <class Ops>
KADANOFF_LEAF typename Ops::Vector word_number(const GraphJob& job, std::int64_t lane) {
    const auto mask = (std::uint32_t{1} << job.shift) - 1;
    return Ops::add(Ops::broadcast(job.first_word),
                    Ops::bit_and(Ops::iota(static_cast<std::uint32_t>(lane)), Ops::broadcast(mask)));
}

/// Seeds the streams of the vectors `set`, set + 2^shift, ... of a stripe: group = first_group + the place in the
/// block of the first site that draws from it, replica = the number of the word.
template <class Ops>
KADANOFF_LEAF Xoshiro128pp<Ops> begin_stream(const GraphJob& job, const SweepUnit& unit, std::int64_t set) {
    typename Ops::Vector site = Ops::iota(static_cast<std::uint32_t>(unit.lane));
    for (int k = 0; k < job.shift; ++k) site = Ops::template shift_right<1>(site);
    const auto first = static_cast<std::uint32_t>(unit.stripe * stripe_sites + set * job.sites_per_vector());
    const auto group = Ops::add(site, Ops::broadcast(job.first_group + first));
    return Xoshiro128pp<Ops>(draw<Ops>(job.key, group, 0, word_number<Ops>(job, unit.lane)));
}

/// Where a register lies. Direct: a position has 16 words, so that all lanes are one site's.
template <class Ops, bool Direct>
struct SitePlace {
    using Vector = typename Ops::Vector;
    std::int64_t site;  ///< first site of the register, in the block
    std::int64_t word;  ///< its word in the spins
    std::int64_t lane;  ///< of the vector

    KADANOFF_LEAF SitePlace() {}
    KADANOFF_LEAF SitePlace(const GraphJob& job, const SweepUnit& unit, std::int64_t vector) {
        const std::int64_t begin = unit.stripe * stripe_sites + vector * job.sites_per_vector();
        site = begin + (unit.lane >> job.shift);
        word = (job.first + begin) * job.words + unit.lane;
        lane = unit.lane;
    }

    /// The spins at positions[0], positions[1], ... of the sites of the register.
    KADANOFF_LEAF Vector spins_at(const GraphJob& job, const std::uint32_t* positions) const {
        const std::uint32_t* position = positions + site;
        if constexpr (Direct) {
            return Ops::load(job.source + static_cast<std::int64_t>(*position) * job.words + lane);
        } else {
            const auto mask = static_cast<std::uint32_t>(job.words - 1);
            const Vector first = Ops::shift_left_by(Ops::load_repeated(position, job.shift),
                                                    Ops::broadcast(static_cast<std::uint32_t>(job.shift)));
            const Vector own = Ops::bit_and(Ops::iota(static_cast<std::uint32_t>(lane)), Ops::broadcast(mask));
            return Ops::gather(job.source, Ops::bit_or(first, own));
        }
    }

    /// items[0], items[1], ... for the sites of the register.
    KADANOFF_LEAF Vector items(const GraphJob& job, const std::uint32_t* items) const {
        if constexpr (Direct) {
            return Ops::broadcast(items[site]);
        } else {
            return Ops::load_repeated(items + site, job.shift);
        }
    }

    /// Lanes that hold sites of the block.
    KADANOFF_LEAF Vector valid(const GraphJob& job) const {
        if constexpr (Direct) {
            return Ops::bit_not(Ops::zero());
        } else {
            return Ops::below((job.first + job.sites) * job.words - word);
        }
    }
};

}  // namespace kadanoff
