#pragma once

#include <cstdint>

#include "kadanoff/rng/stream.hpp"
#include "kadanoff/rng/xoshiro.hpp"
#include "kadanoff/update/plain_real.hpp"

namespace kadanoff {

/// Sites whose spins are looked up together: their part of a local field is one of 16 (the "method of four Russians",
/// Arlazarov, Dinic, Kronrod and Faradzev 1970).
inline constexpr int nibble_sites = 4;
inline constexpr int nibble_cases = 16;
/// Sites whose spins are in one word: nibble k of them in the low bits of byte k, 1 = up.
inline constexpr int word_sites = 16;
/// Replicas whose words lie together: the spins are (block of replicas, word, replica).
inline constexpr std::int64_t dense_replicas = 64;
/// What the four nibbles of a word exert on a site is summed up apart.
inline constexpr int dense_parts = word_sites / nibble_sites;
/// Visits that draw from one stream: visit v of a sweep is draw v % 256 of stream v / 256.
inline constexpr std::int64_t dense_stream_visits = 256;

/// A sweep over some replicas of a model in which most sites are neighbours.
struct DenseJob {
    const std::uint32_t* source;  ///< spins that the sites see
    std::uint32_t* target;        ///< those that change; may be the source
    std::int64_t words;           ///< of a replica
    std::int64_t replicas;        ///< at most dense_together; a few more may be swept along
    const float* table;           ///< [(site * 4 * words + nibble) * 16 + case]: what its sites exert on the site
    const float* field;           ///< of each site
    const std::uint32_t* visit;   ///< sites in their order
    std::int64_t visits;
    const std::uint32_t* scale;   ///< bits of the float 2 beta log2(e) of every replica
    std::uint32_t first_replica;  ///< a multiple of 64
    DrawKey key;                  ///< stream: the rule's
};

/// Replicas that take turns at a site: they share its tables while these are in the cache, and do not wait for each
/// other.
inline constexpr std::int64_t dense_together = 256;
/// Visits whose random words are drawn at once: (visit, replica).
inline constexpr std::int64_t dense_batch = 16;

/// Words of a block of replicas. load_from_byte reads into the word after the last one: those at the end belong to no
/// other thread.
KADANOFF_HOST_DEVICE constexpr std::int64_t dense_block_words(std::int64_t words) {
    return words * dense_replicas + 16;
}

/// Where word `word` of a replica lies.
KADANOFF_LEAF std::int64_t dense_place(std::int64_t words, std::int64_t word, std::int64_t replica) {
    return replica / dense_replicas * dense_block_words(words) + word * dense_replicas + replica % dense_replicas;
}

/// The bit of a site in its word.
KADANOFF_LEAF std::uint32_t dense_bit(std::int64_t site) {
    return 1u << (site % word_sites / nibble_sites * 8 + site % nibble_sites);
}

/// The streams of all replicas of a job.
template <class Ops>
struct DenseStreams {
    Xoshiro128pp<Ops> stream[dense_together / Ops::lanes];

    KADANOFF_LEAF DenseStreams(const DenseJob& job, std::int64_t visit) {
        const auto group = Ops::broadcast(static_cast<std::uint32_t>(visit / dense_stream_visits));
        for (std::int64_t first = 0; first < job.replicas; first += Ops::lanes) {
            const auto replica = Ops::iota(job.first_replica + static_cast<std::uint32_t>(first));
            stream[first / Ops::lanes] = Xoshiro128pp<Ops>(draw<Ops>(job.key, group, 0, replica));
        }
    }

    KADANOFF_LEAF void draw_words(const DenseJob& job, std::int64_t visits, std::uint32_t* out) {
        for (std::int64_t first = 0; first < job.replicas; first += Ops::lanes) {
            Xoshiro128pp<Ops> own = stream[first / Ops::lanes];
            for (std::int64_t v = 0; v < visits; ++v) Ops::store(out + v * dense_together + first, own.next());
            stream[first / Ops::lanes] = own;
        }
    }
};

/// The local fields of a site in `Count` registers of replicas, whose words begin at `spins`.
template <class Ops, int Count>
KADANOFF_LEAF void dense_fields(const DenseJob& job, std::int64_t site, const std::uint32_t* spins,
                                typename Ops::Real* field) {
    typename Ops::Real part[dense_parts][Count];
    KADANOFF_UNROLL
    for (int i = 0; i < Count; ++i) {
        part[0][i] = Ops::real(job.field[site]);
        part[1][i] = part[2][i] = part[3][i] = Ops::real(0.0f);
    }
    const float* table = job.table + site * dense_parts * job.words * nibble_cases;
    for (std::int64_t word = 0; word < job.words; ++word) {
        KADANOFF_UNROLL
        for (int k = 0; k < dense_parts; ++k) {
            const auto row = Ops::real_row(table + k * nibble_cases);
            KADANOFF_UNROLL
            for (int i = 0; i < Count; ++i) {
                const auto number = Ops::load_from_byte(spins + i * Ops::lanes, k);
                part[k][i] = Ops::plus(part[k][i], Ops::look_up_real(row, number));
            }
        }
        table += dense_parts * nibble_cases;
        spins += dense_replicas;
    }
    KADANOFF_UNROLL
    for (int i = 0; i < Count; ++i) {
        field[i] = Ops::plus(Ops::plus(part[0][i], part[1][i]), Ops::plus(part[2][i], part[3][i]));
    }
}

/// Updates a site in `Count` registers of replicas, from `first` on.
template <class Ops, class Rule, int Count>
KADANOFF_LEAF void update_dense_site(const DenseJob& job, std::int64_t site, std::int64_t first,
                                     const std::uint32_t* words) {
    typename Ops::Real drive[Count], uniform[Count];
    typename Ops::Vector spin[Count];
    const auto up = Ops::broadcast(dense_bit(site));
    const std::int64_t place = dense_place(job.words, site / word_sites, first);
    dense_fields<Ops, Count>(job, site, job.source + dense_place(job.words, 0, first), drive);
    KADANOFF_UNROLL
    for (int i = 0; i < Count; ++i) {
        const auto own = Ops::bit_and(up, Ops::load(job.source + place + i * Ops::lanes));
        spin[i] = Ops::bit_and(Ops::equal(own, Ops::zero()), Ops::broadcast(sign_bit));
        uniform[i] = uniform_real<Ops>(Ops::load(words + first + i * Ops::lanes));
        drive[i] = Ops::times(Ops::as_real(Ops::load(job.scale + first + i * Ops::lanes)), drive[i]);
    }
    Rule::template move<Ops, Count>(drive, uniform, spin);
    KADANOFF_UNROLL
    for (int i = 0; i < Count; ++i) {
        std::uint32_t* word = job.target + place + i * Ops::lanes;
        Ops::store(word, Ops::select(up, Ops::equal(spin[i], Ops::zero()), Ops::load(word)));
    }
}

/// The same for all replicas, `Most` registers at once.
template <class Ops, class Rule, int Most>
KADANOFF_LEAF void update_dense(const DenseJob& job, std::int64_t site, const std::uint32_t* words) {
    std::int64_t first = 0;
    for (; first + (Most - 1) * Ops::lanes < job.replicas; first += Most * Ops::lanes) {
        update_dense_site<Ops, Rule, Most>(job, site, first, words);
    }
    if constexpr (Most > 3) {
        if (first + 2 * Ops::lanes < job.replicas) return update_dense_site<Ops, Rule, 3>(job, site, first, words);
    }
    if constexpr (Most > 2) {
        if (first + Ops::lanes < job.replicas) return update_dense_site<Ops, Rule, 2>(job, site, first, words);
    }
    if constexpr (Most > 1) {
        if (first < job.replicas) update_dense_site<Ops, Rule, 1>(job, site, first, words);
    }
}

template <class Ops, class Rule, int Most>
KADANOFF_LEAF void sweep_dense(const DenseJob& job) {
    const auto least = [](std::int64_t a, std::int64_t b) KADANOFF_INLINE_LAMBDA { return a < b ? a : b; };
    alignas(64) std::uint32_t words[dense_batch * dense_together];
    for (std::int64_t start = 0; start < job.visits; start += dense_stream_visits) {
        DenseStreams<Ops> streams(job, start);
        const std::int64_t end = least(start + dense_stream_visits, job.visits);
        for (std::int64_t begin = start; begin < end; begin += dense_batch) {
            const std::int64_t visits = least(end - begin, dense_batch);
            streams.draw_words(job, visits, words);
            for (std::int64_t v = 0; v < visits; ++v) {
                update_dense<Ops, Rule, Most>(job, job.visit[begin + v], words + v * dense_together);
            }
        }
    }
}

/// What the spins of a register of replicas add up to: weights of the unequal pairs of sites, in their order, of the
/// sites that are down, and the number of those.
struct DenseSums {
    double pairs[dense_replicas], fields[dense_replicas], down[dense_replicas];
};

struct DenseMeasure {
    const std::uint32_t* spins;  ///< of the block
    std::int64_t sites;
    const double* coupling;  ///< [i * sites + j], read where i < j
    const double* field;
    std::uint32_t* up;  ///< scratch: (site, lane)
};

template <class Ops>
KADANOFF_LEAF void measure_dense(const DenseMeasure& in, std::int64_t first, DenseSums& out) {
    constexpr int count = Ops::lanes / Ops::doubles;
    typename Ops::Double pairs[count], fields[count], down[count];
    KADANOFF_UNROLL
    for (int i = 0; i < count; ++i) pairs[i] = fields[i] = down[i] = Ops::double_of(0.0);
    for (std::int64_t s = 0; s < in.sites; ++s) {
        const auto bit = Ops::broadcast(dense_bit(s));
        const auto own = Ops::bit_and(bit, Ops::load(in.spins + s / word_sites * dense_replicas + first));
        const auto is_down = Ops::equal(own, Ops::zero());
        Ops::store(in.up + s * Ops::lanes, is_down);
        const auto lanes = Ops::set_lanes(is_down);
        KADANOFF_UNROLL
        for (int i = 0; i < count; ++i) {
            fields[i] = Ops::plus_where_lane(lanes, i, fields[i], Ops::double_of(in.field[s]));
            down[i] = Ops::plus_where_lane(lanes, i, down[i], Ops::double_of(1.0));
        }
    }
    for (std::int64_t s = 0; s < in.sites; ++s) {
        const auto own = Ops::load(in.up + s * Ops::lanes);
        const double* coupling = in.coupling + s * in.sites;
        for (std::int64_t t = s + 1; t < in.sites; ++t) {
            const auto lanes = Ops::set_lanes(Ops::bit_xor(own, Ops::load(in.up + t * Ops::lanes)));
            KADANOFF_UNROLL
            for (int i = 0; i < count; ++i) {
                pairs[i] = Ops::plus_where_lane(lanes, i, pairs[i], Ops::double_of(coupling[t]));
            }
        }
    }
    KADANOFF_UNROLL
    for (int i = 0; i < count; ++i) {
        Ops::store_doubles(out.pairs + first + i * Ops::doubles, pairs[i]);
        Ops::store_doubles(out.fields + first + i * Ops::doubles, fields[i]);
        Ops::store_doubles(out.down + first + i * Ops::doubles, down[i]);
    }
}

}  // namespace kadanoff
