#pragma once

#include <cstdint>

#include "kadanoff/rng/stream.hpp"
#include "kadanoff/rng/xoshiro.hpp"

namespace kadanoff {

/// Words in a vector of the layout, whatever the instruction set.
inline constexpr std::int64_t packed_lanes = 16;
/// Random streams of a stripe: its site j draws from stream j % (their number) of its word. Many streams fill a
/// register that holds many sites; few cost less to begin, where a site needs a word or two.
inline constexpr int packed_streams = 16;
inline constexpr int plain_streams = 4;
/// Stream groups that a stripe or a single site takes.
inline constexpr std::int64_t group_unit = 16;
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

/// The site of a vector that each lane of a register holds.
template <class Ops>
KADANOFF_LEAF typename Ops::Vector site_in_vector(const GraphJob& job, std::int64_t lane) {
    typename Ops::Vector site = Ops::iota(static_cast<std::uint32_t>(lane));
    for (int k = 0; k < job.shift; ++k) site = Ops::template shift_right<1>(site);
    return site;
}

/// The random numbers of the registers that share a stream in every lane.
template <class Ops, int Streams>
class SiteStream {
public:
    using Vector = typename Ops::Vector;

    /// Different sets of streams, taken in turn by the vectors of a stripe.
    KADANOFF_LEAF static std::int64_t sets(const GraphJob& job) {
        return job.sites_per_vector() < Streams ? Streams / job.sites_per_vector() : 1;
    }

    KADANOFF_LEAF SiteStream() {}
    /// Stream i of a stripe: group = first_group + 256 * stripe + i, replica = the number of the word.
    KADANOFF_LEAF SiteStream(const GraphJob& job, const SweepUnit& unit, std::int64_t set) {
        const Vector stream = Ops::bit_and(site_in_vector<Ops>(job, unit.lane), Ops::broadcast(Streams - 1));
        const auto first = static_cast<std::uint32_t>(unit.stripe * stripe_sites + set * job.sites_per_vector());
        const auto group = Ops::add(stream, Ops::broadcast(job.first_group + first));
        words_ = Xoshiro128pp<Ops>(draw<Ops>(job.key, group, 0, word_number<Ops>(job, unit.lane)));
    }

    /// The next word of every lane, where a site needs many: no two lanes share a stream.
    KADANOFF_LEAF Vector next() { return words_.next(); }

    /// The next `Count` words of every site. Sites j and j + Streams of one register take turns.
    template <int Count>
    KADANOFF_LEAF void draw_words(const GraphJob& job, const SweepUnit& unit, Vector* word) {
        KADANOFF_UNROLL
        for (int k = 0; k < Count; ++k) word[k] = words_.next();
        const Vector turn = Ops::template shift_right<log2_streams>(site_in_vector<Ops>(job, unit.lane));
        for (std::int64_t t = 1; t < job.sites_per_vector() / Streams; ++t) {
            const Vector mine = Ops::equal(turn, Ops::broadcast(static_cast<std::uint32_t>(t)));
            KADANOFF_UNROLL
            for (int k = 0; k < Count; ++k) word[k] = Ops::select(mine, words_.next(), word[k]);
        }
    }

private:
    static constexpr int log2_streams = Streams == 16 ? 4 : 2;
    static_assert(Streams == 1 << log2_streams);

    Xoshiro128pp<Ops> words_;
};

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
