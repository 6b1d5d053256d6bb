#pragma once

#include <cstdint>

#include "kadanoff/update/accept_table.hpp"
#include "kadanoff/update/bit_count.hpp"
#include "kadanoff/update/graph_sweep.hpp"

namespace kadanoff {

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

/// A block of sites of the replica-packed kernel: bit k of word w of a position is replica 32 w + k.
struct PackedJob : GraphJob {
    const std::uint32_t* negative;  ///< all ones where that coupling is negative, like `neighbour`; null: see `flip`
    std::uint32_t flip;             ///< all ones if every coupling is negative
    PackedTable table;
};

/// Sites of a vector sorted by what may happen to them.
template <class Ops, int Classes>
struct SiteClasses {
    using Vector = typename Ops::Vector;
    Vector mask[Classes];  ///< where the site is in that class
    Vector base;           ///< new spin = base XOR accepted
    Vector fixed;          ///< in no class: Rule::settle decides
};

/// Number of neighbours that pull the site up; for a rule that knows the spin and a model without a field, of those
/// that pull it away from where it is.
template <class Ops, int Degree, bool Direct, bool Relative>
KADANOFF_LEAF BitCount<Ops, Degree> count_neighbours(const PackedJob& job, const SitePlace<Ops, Direct>& at,
                                                     typename Ops::Vector spin) {
    using Vector = typename Ops::Vector;
    const int degree = Degree > 0 ? Degree : job.degree;
    Vector common = Ops::broadcast(job.flip);
    if constexpr (Relative) common = Ops::bit_xor(common, spin);
    const auto pull = [&](int d) KADANOFF_INLINE_LAMBDA {
        const Vector neighbour = at.spins_at(job, job.neighbour + d * job.stride);
        return job.negative == nullptr ? Ops::bit_xor(neighbour, common)
                                       : Ops::xor3(neighbour, common, at.items(job, job.negative + d * job.stride));
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
KADANOFF_LEAF typename Ops::Vector finish_packed(const PackedJob& job, const SweepUnit& unit, std::int64_t site,
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
KADANOFF_LEAF void update_vectors(const PackedJob& job, const SweepUnit& unit, std::int64_t vector,
                                  SiteStream<Ops, packed_streams>* stream) {
    using Vector = typename Ops::Vector;
    constexpr int capacity = Sorter::capacity;
    const int used = Sorter::fixed_classes > 0 ? Sorter::fixed_classes : job.table.classes;
    SitePlace<Ops, Direct> at[Count];
    SiteClasses<Ops, capacity> classes[Count];
    Vector accepted[Count], undecided[Count], first_plane[Count], valid[Count];
    KADANOFF_UNROLL
    for (int i = 0; i < Count; ++i) {
        at[i] = SitePlace<Ops, Direct>(job, unit, vector + i);
        const Vector spin = Rule::uses_spin ? Ops::load(job.source + at[i].word) : Ops::zero();
        const auto count = count_neighbours<Ops, Degree, Direct, Sorter::relative>(job, at[i], spin);
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
            const Vector uniform = stream[i].next();
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
