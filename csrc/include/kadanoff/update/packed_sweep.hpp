#pragma once

#include <cstdint>

#include "kadanoff/rng/stream.hpp"
#include "kadanoff/rng/xoshiro.hpp"
#include "kadanoff/update/accept_table.hpp"
#include "kadanoff/update/bit_count.hpp"

namespace kadanoff {

/// Words in a register of the layout, whatever the instruction set.
inline constexpr std::int64_t packed_lanes = 16;
/// Random streams of a stripe: site j of it draws from stream j % 16 of each word of replicas.
inline constexpr std::int64_t site_streams = 16;
/// Sites of a block that share their streams.
inline constexpr std::int64_t stripe_sites = 256;
/// Situations that a site can be in, in which its fate depends on a random number.
inline constexpr int max_site_classes = max_counted + 1;

/// The decisions of an update rule for sites of one number of neighbours, each replica at its own temperature.
struct PackedTable {
    int classes = 0;
    const std::uint32_t* plane = nullptr;  ///< threshold bits from the top: [(plane * classes + class) * width + word]
    std::int64_t width = 0;                ///< words of replicas, at least packed_lanes (repeated to that)
    const std::uint64_t* threshold = nullptr;  ///< [class * replicas + replica]
    std::int64_t replicas = 0;
    const std::int32_t* count = nullptr;  ///< with a field: of each class the number of neighbours along the coupling,
    const std::int32_t* spin = nullptr;   ///< the spin (0, 1, or 2: any)
    const std::int32_t* base = nullptr;   ///< and the new spin unless a random number changes it
};

/// Sites of one sublattice with one number of neighbours, in up to 16 words of replicas. Bit k of word w of a
/// position is replica 32 w + k. Plain data, passed to CUDA kernels by value.
struct PackedJob {
    const std::uint32_t* source;     ///< spins: word 0 of position 0
    std::uint32_t* target;           ///< where the new spins go; may be the source
    const std::uint32_t* neighbour;  ///< position of neighbour d of site j: [d * stride + j]
    const std::uint32_t* negative;   ///< all ones where that coupling is negative, the same shape; null: see `flip`
    std::uint32_t flip;              ///< all ones if every coupling is negative
    std::int64_t stride;
    std::int64_t first;  ///< position of site 0
    std::int64_t sites;
    int degree;
    std::int64_t words;         ///< words of a position: a power of two below 16 or a multiple of 16
    int shift;                  ///< log2(words), 4 if they are 16 or more
    std::uint32_t first_word;   ///< of the replicas: a multiple of 16
    std::uint32_t first_group;  ///< of the streams: a multiple of 16
    PackedTable table;
    DrawKey key;  ///< stream: the rule's
};

/// A register's worth of a stripe: words [lane, lane + Ops::lanes) of every vector.
template <class Ops>
struct PackedUnit {
    std::int64_t stripe;
    std::int64_t lane;
};

/// Sites that a vector of 16 words holds.
KADANOFF_LEAF std::int64_t sites_per_vector(const PackedJob& job) { return packed_lanes >> job.shift; }

KADANOFF_LEAF std::int64_t stripes(const PackedJob& job) { return (job.sites + stripe_sites - 1) / stripe_sites; }

/// Vectors in a stripe.
KADANOFF_LEAF std::int64_t stripe_vectors_of(const PackedJob& job, std::int64_t stripe) {
    const std::int64_t rest = job.sites - stripe * stripe_sites;
    const std::int64_t sites = rest < stripe_sites ? rest : stripe_sites;
    return (sites + sites_per_vector(job) - 1) >> (4 - job.shift);
}

/// The word of replicas in each lane.
template <class Ops>
KADANOFF_LEAF typename Ops::Vector replica_word(const PackedJob& job, std::int64_t lane) {
    const auto mask = (std::uint32_t{1} << job.shift) - 1;
    return Ops::add(Ops::broadcast(job.first_word),
                    Ops::bit_and(Ops::iota(static_cast<std::uint32_t>(lane)), Ops::broadcast(mask)));
}

/// Seeds the streams of the vectors `set`, set + (number of sets), ... of a stripe.
template <class Ops>
KADANOFF_LEAF Xoshiro128pp<Ops> begin_stream(const PackedJob& job, const PackedUnit<Ops>& unit, std::int64_t set) {
    typename Ops::Vector site = Ops::iota(static_cast<std::uint32_t>(unit.lane));
    for (int k = 0; k < job.shift; ++k) site = Ops::template shift_right<1>(site);
    const auto first =
        job.first_group + static_cast<std::uint32_t>(unit.stripe * stripe_sites + set * sites_per_vector(job));
    return Xoshiro128pp<Ops>(
        draw<Ops>(job.key, Ops::add(site, Ops::broadcast(first)), 0, replica_word<Ops>(job, unit.lane)));
}

/// Sites of a vector sorted by what may happen to them.
template <class Ops, int Classes>
struct SiteClasses {
    using Vector = typename Ops::Vector;
    Vector mask[Classes];  ///< where the site is in that class
    Vector base;           ///< new spin = base XOR accepted
    Vector fixed;          ///< in no class: Rule::settle decides
};

/// Where a vector lies: everything that depends on the place, computed once.
template <class Ops, bool Direct>
struct PackedPlace {
    std::int64_t site;  ///< first site of the register, in the block
    std::int64_t word;  ///< its word in the spins

    KADANOFF_LEAF PackedPlace() {}
    KADANOFF_LEAF PackedPlace(const PackedJob& job, const PackedUnit<Ops>& unit, std::int64_t vector) {
        const std::int64_t first = unit.stripe * stripe_sites + vector * sites_per_vector(job);
        site = first + (unit.lane >> job.shift);
        word = (job.first + first) * job.words + unit.lane;
    }

    /// Neighbour d of every site.
    KADANOFF_LEAF typename Ops::Vector neighbour(const PackedJob& job, int d, const PackedUnit<Ops>& unit) const {
        const std::uint32_t* position = job.neighbour + d * job.stride + site;
        if constexpr (Direct) {
            return Ops::load(job.source + static_cast<std::int64_t>(*position) * job.words + unit.lane);
        } else {
            const auto mask = static_cast<std::uint32_t>(job.words - 1);
            const auto words = Ops::shift_left_by(Ops::load_repeated(position, job.shift),
                                                  Ops::broadcast(static_cast<std::uint32_t>(job.shift)));
            const auto lane = Ops::bit_and(Ops::iota(static_cast<std::uint32_t>(unit.lane)), Ops::broadcast(mask));
            return Ops::gather(job.source, Ops::bit_or(words, lane));
        }
    }

    /// All ones where the coupling to neighbour d is negative.
    KADANOFF_LEAF typename Ops::Vector sign(const PackedJob& job, int d) const {
        const std::uint32_t* negative = job.negative + d * job.stride + site;
        if constexpr (Direct) {
            return Ops::broadcast(*negative);
        } else {
            return Ops::load_repeated(negative, job.shift);
        }
    }

    /// Lanes that hold sites of the block.
    KADANOFF_LEAF typename Ops::Vector valid(const PackedJob& job) const {
        if constexpr (Direct) {
            return Ops::bit_not(Ops::zero());
        } else {
            return Ops::below((job.first + job.sites) * job.words - word);
        }
    }
};

/// Number of neighbours that pull the site up; for a rule that knows the spin and a model without a field, of those
/// that pull it away from where it is.
template <class Ops, int Degree, bool Direct, bool Relative>
KADANOFF_LEAF BitCount<Ops, Degree> count_neighbours(const PackedJob& job, const PackedUnit<Ops>& unit,
                                                     const PackedPlace<Ops, Direct>& at, typename Ops::Vector spin) {
    using Vector = typename Ops::Vector;
    const int degree = Degree > 0 ? Degree : job.degree;
    Vector common = Ops::broadcast(job.flip);
    if constexpr (Relative) common = Ops::bit_xor(common, spin);
    const auto pull = [&](int d) KADANOFF_INLINE_LAMBDA {
        const Vector neighbour = at.neighbour(job, d, unit);
        return job.negative == nullptr ? Ops::bit_xor(neighbour, common)
                                       : Ops::xor3(neighbour, common, at.sign(job, d));
    };
    auto count = BitCount<Ops, Degree>::none();
    repeat<Degree / 2>(degree / 2, [&](int pair) KADANOFF_INLINE_LAMBDA {
        count.add_pair(pull(2 * pair), pull(2 * pair + 1), 2 * pair);
    });
    if (degree % 2 != 0) count.add(pull(degree - 1), degree - 1);
    return count;
}

/// Classes without a field, by the size of the local field: class k has min(n, degree - n) = k neighbours on the
/// weaker side (heat bath), or k unsatisfied bonds, fewer than half (Metropolis).
template <class Rule, int Degree>
struct PackedSymmetric {
    static constexpr int capacity = Degree > 0 ? (Degree + 1) / 2 : max_site_classes;
    static constexpr int fixed_classes = Degree > 0 ? (Degree + 1) / 2 : 0;
    static constexpr bool relative = Rule::uses_spin;

    template <class Ops>
    KADANOFF_LEAF static void classify(const PackedJob& job, const BitCount<Ops, Degree>& count,
                                       typename Ops::Vector spin, SiteClasses<Ops, capacity>& out) {
        const int degree = Degree > 0 ? Degree : job.degree;
        const int classes = (degree + 1) / 2;
        if constexpr (Rule::uses_spin) {
            repeat<fixed_classes>(classes, [&](int k) KADANOFF_INLINE_LAMBDA { out.mask[k] = count.equals(k); });
            out.fixed = classes == 0 ? Ops::bit_not(Ops::zero()) : count.above(classes - 1);
            out.base = spin;
        } else {
            repeat<fixed_classes>(classes, [&](int k) KADANOFF_INLINE_LAMBDA {
                out.mask[k] = Ops::bit_or(count.equals(k), count.equals(degree - k));
            });
            out.fixed = degree % 2 == 0 ? count.equals(degree / 2) : Ops::zero();
            out.base = count.above(degree / 2);
        }
    }
};

/// Classes as the table lists them: any field.
template <class Rule>
struct PackedField {
    static constexpr int capacity = max_site_classes;
    static constexpr int fixed_classes = 0;
    static constexpr bool relative = false;

    template <class Ops>
    KADANOFF_LEAF static void classify(const PackedJob& job, const BitCount<Ops, 0>& count, typename Ops::Vector spin,
                                       SiteClasses<Ops, capacity>& out) {
        typename Ops::Vector base = Ops::zero(), any = Ops::zero();
        for (int c = 0; c < job.table.classes; ++c) {
            typename Ops::Vector mask = count.equals(job.table.count[c]);
            if (job.table.spin[c] == 1) mask = Ops::bit_and(mask, spin);
            if (job.table.spin[c] == 0) mask = Ops::and_not(mask, spin);
            if (job.table.base[c] != 0) base = Ops::bit_or(base, mask);
            any = Ops::bit_or(any, mask);
            out.mask[c] = mask;
        }
        out.fixed = Ops::bit_not(any);
        out.base = Rule::uses_spin ? spin : base;
    }
};

/// The rest of U against the rest of T for the undecided sites of a register: the first 64 bits of the Philox block
/// with group = first_group + the site's place in the block, replica = its own.
template <class Ops, class Rule, int MaxClasses>
KADANOFF_LEAF typename Ops::Vector finish_packed(const PackedJob& job, const PackedUnit<Ops>& unit, std::int64_t site,
                                                 const SiteClasses<Ops, MaxClasses>& classes, int used,
                                                 typename Ops::Vector accepted, typename Ops::Vector undecided) {
    alignas(64) std::uint32_t open[Ops::lanes], result[Ops::lanes], mask[Ops::lanes];
    Ops::store(open, undecided);
    Ops::store(result, accepted);
    DrawKey key = job.key;
    key.stream = Rule::packed_tail_stream;
    constexpr std::uint64_t rest = ~std::uint64_t{0} >> uniform_planes;
    for (int c = 0; c < used; ++c) {
        const auto here = Ops::bit_and(undecided, classes.mask[c]);
        if (!Ops::any(here)) continue;
        Ops::store(mask, here);
        for (int lane = 0; lane < Ops::lanes; ++lane) {
            const std::int64_t of_vector = unit.lane + lane;
            const std::int64_t word = job.first_word + (of_vector & ((std::int64_t{1} << job.shift) - 1));
            const std::int64_t own = site - (unit.lane >> job.shift) + (of_vector >> job.shift);
            for (std::uint32_t left = mask[lane]; left != 0; left &= left - 1) {
                const std::uint32_t lowest = left & (~left + 1);
                const std::int64_t replica = word * 32 + WordOps::popcount(lowest - 1);
                key.replica = static_cast<std::uint32_t>(replica);
                const auto block = draw<WordOps>(key, job.first_group + static_cast<std::uint32_t>(own), 0);
                const std::uint64_t uniform =
                    ((static_cast<std::uint64_t>(block.word[1]) << 32) | block.word[0]) & rest;
                const std::uint64_t limit = job.table.threshold[c * job.table.replicas + replica] & rest;
                result[lane] = uniform <= limit ? result[lane] | lowest : result[lane] & ~lowest;
            }
        }
    }
    return Ops::load(result);
}

/// Updates `Count` vectors in lockstep, each with streams of its own.
template <class Ops, class Rule, class Sorter, int Degree, bool Direct, int Count>
KADANOFF_LEAF void update_vectors(const PackedJob& job, const PackedUnit<Ops>& unit, std::int64_t vector,
                                  Xoshiro128pp<Ops>* const* stream) {
    using Vector = typename Ops::Vector;
    constexpr int capacity = Sorter::capacity;
    const int used = Sorter::fixed_classes > 0 ? Sorter::fixed_classes : job.table.classes;
    PackedPlace<Ops, Direct> at[Count];
    SiteClasses<Ops, capacity> classes[Count];
    Vector accepted[Count], undecided[Count], first_plane[Count], valid[Count];
    KADANOFF_UNROLL
    for (int i = 0; i < Count; ++i) {
        at[i] = PackedPlace<Ops, Direct>(job, unit, vector + i);
        const Vector spin = Rule::uses_spin ? Ops::load(job.source + at[i].word) : Ops::zero();
        const auto count = count_neighbours<Ops, Degree, Direct, Sorter::relative>(job, unit, at[i], spin);
        Sorter::template classify<Ops>(job, count, spin, classes[i]);
        valid[i] = at[i].valid(job);
        undecided[i] = Ops::and_not(valid[i], classes[i].fixed);
        accepted[i] = Ops::zero();
        first_plane[i] = Ops::zero();
    }
    const std::uint32_t* limits = job.table.plane + job.first_word + unit.lane;
    KADANOFF_UNROLL
    for (int k = 0; k < uniform_planes; ++k) {
        KADANOFF_UNROLL
        for (int i = 0; i < Count; ++i) {
            const Vector uniform = stream[i]->next();
            Vector limit = Ops::load(limits);
            repeat<Sorter::fixed_classes - (Sorter::fixed_classes > 0)>(used - 1, [&](int c) KADANOFF_INLINE_LAMBDA {
                limit = Ops::select(classes[i].mask[c + 1], Ops::load(limits + (c + 1) * job.table.width), limit);
            });
            accepted[i] = Ops::select(undecided[i], limit, accepted[i]);
            undecided[i] = Ops::and_equal(undecided[i], uniform, limit);
            if (k == 0) first_plane[i] = uniform;
        }
        limits += job.table.classes * job.table.width;
    }
    KADANOFF_UNROLL
    for (int i = 0; i < Count; ++i) {
        if (Ops::any(undecided[i])) {
            accepted[i] =
                finish_packed<Ops, Rule, capacity>(job, unit, at[i].site, classes[i], used, accepted[i], undecided[i]);
        }
        Ops::store(job.target + at[i].word,
                   Ops::bit_and(valid[i], Rule::template settle<Ops>(classes[i], accepted[i], first_plane[i])));
    }
}

}  // namespace kadanoff
