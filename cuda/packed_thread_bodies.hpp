#pragma once

#include <cstdint>

#include "kadanoff/update/bit_count.hpp"
#include "kadanoff/update/checkerboard_sweep.hpp"
#include "kadanoff/update/packed_count.hpp"
#include "kadanoff/update/packed_sweep.hpp"

// What the threads of the replica-packed kernels do: functors of a thread's index, host+device. The CPU runs the same
// functors in tests/cpp. Consecutive threads take consecutive words of memory.

namespace kadanoff::cuda {

/// Adds to a number that other threads add to.
KADANOFF_LEAF void add_shared(std::uint64_t& sum, std::uint64_t value) {
#if defined(__CUDA_ARCH__)
    atomicAdd(reinterpret_cast<unsigned long long*>(&sum), static_cast<unsigned long long>(value));
#else
    sum += value;
#endif
}

using PackedStream = SiteStream<WordOps, packed_streams>;

/// A block of sites in all words of replicas.
struct PackedSweep {
    PackedJob job;  ///< of word block 0
    std::int64_t word_blocks;
    std::int64_t block_words;  ///< from one word block to the next
    std::int64_t stripes;
    std::int64_t sets;  ///< of streams, which the vectors of a stripe take in turn; no more than it has vectors

    PackedSweep(const PackedJob& first, std::int64_t blocks, std::int64_t words)
        : job(first),
          word_blocks(blocks),
          block_words(words),
          stripes((first.sites + stripe_sites - 1) / stripe_sites),
          sets(first.vectors(0) < PackedStream::sets(first) ? first.vectors(0) : PackedStream::sets(first)) {}

    std::int64_t threads() const { return word_blocks * stripes * sets * packed_lanes; }
};

/// Updates the sites of one stripe that draw from one random stream.
template <class Rule, class Sorter, int Degree, bool Direct>
struct UpdatePacked {
    PackedSweep sweep;

    std::int64_t threads() const { return sweep.threads(); }
    KADANOFF_LEAF void operator()(std::int64_t index) const {
        const std::int64_t lane = index % packed_lanes;
        const std::int64_t set = index / packed_lanes % sweep.sets;
        const std::int64_t place = index / packed_lanes / sweep.sets;
        const std::int64_t block = place / sweep.stripes;
        PackedJob job = sweep.job;
        job.source += block * sweep.block_words;
        job.target += block * sweep.block_words;
        job.first_word = static_cast<std::uint32_t>(block * packed_lanes);
        const SweepUnit unit{place % sweep.stripes, lane};
        const std::int64_t vectors = job.vectors(unit.stripe);
        if (set >= vectors) return;
        PackedStream stream(job, unit, set);
        for (std::int64_t vector = set; vector < vectors; vector += sweep.sets) {
            update_vectors<WordOps, Rule, Sorter, Degree, Direct, 1>(job, unit, vector, &stream);
        }
    }
};

/// Items that a thread counts: enough that adding up its 32 counts is a small part of the work.
inline constexpr std::int64_t counted_per_thread = 128;
static_assert(counted_per_thread <= max_counted);

/// Adds, for the 32 replicas of a word, a share of the unequal bonds or of the up spins to their sums.
template <bool Direct>
struct CountPacked {
    PackedSum items;  ///< of word block 0; up spins if there is no `first`
    std::int64_t word_blocks;
    std::int64_t block_words;
    std::int64_t replicas;
    SpinSums* sums;       ///< of replica 0
    std::int64_t stride;  ///< from one replica to the next

    KADANOFF_HOST_DEVICE std::int64_t vectors() const {
        return Direct ? items.items : (items.items * items.words + packed_lanes - 1) / packed_lanes;
    }
    /// Threads that share the items of a lane.
    KADANOFF_HOST_DEVICE std::int64_t shares() const {
        return (vectors() + counted_per_thread - 1) / counted_per_thread;
    }
    std::int64_t threads() const { return word_blocks * shares() * packed_lanes; }

    KADANOFF_LEAF void operator()(std::int64_t index) const {
        const std::int64_t lane = index % packed_lanes, count = vectors(), step = shares();
        const std::int64_t block = index / packed_lanes / step;
        PackedSum own = items;
        own.spins += block * block_words;
        const auto item = [&](std::int64_t vector) { return packed_item<WordOps, Direct>(own, vector, lane); };
        auto tally = BitCount<WordOps, 0>::none();
        int counted = 0;
        std::int64_t vector = index / packed_lanes % step;
        for (; vector + step < count; vector += 2 * step, counted += 2) {
            tally.add_pair(item(vector), item(vector + step), counted);
        }
        if (vector < count) tally.add(item(vector), counted);
        add_to_replicas(tally, (block * packed_lanes + lane % items.words) * 32);
    }

    KADANOFF_LEAF void add_to_replicas(const BitCount<WordOps, 0>& tally, std::int64_t first) const {
        for (int bit = 0; bit < 32 && first + bit < replicas; ++bit) {
            std::uint64_t value = 0;
            KADANOFF_UNROLL
            for (int k = 0; k < tally.planes; ++k) value |= std::uint64_t{(tally.bit[k] >> bit) & 1} << k;
            SpinSums& sum = sums[(first + bit) * stride];
            if (value != 0) add_shared(items.first == nullptr ? sum.up_spins : sum.unequal_bonds, value);
        }
    }
};

/// Where the words of a site lie.
struct PackedPlaces {
    const std::uint32_t* position;  ///< of each site
    std::int64_t sites, positions;
    std::int64_t width;  ///< words that lie together
    std::int64_t replicas;

    KADANOFF_HOST_DEVICE std::int64_t row_words() const { return (replicas + 31) / 32; }
    KADANOFF_LEAF std::int64_t offset(std::int64_t site, std::int64_t word) const {
        return (word / width * positions + position[site]) * width + word % width;
    }
};

/// Copies a word from its row in the packed array, or into it, there without the bits beyond the last replica.
struct WritePacked {
    PackedPlaces places;
    const std::uint32_t* packed;
    std::uint32_t* spins;

    std::int64_t threads() const { return places.sites * places.row_words(); }
    KADANOFF_LEAF void operator()(std::int64_t index) const {
        spins[places.offset(index / places.row_words(), index % places.row_words())] = packed[index];
    }
};

struct ReadPacked {
    PackedPlaces places;
    const std::uint32_t* spins;
    std::uint32_t* packed;

    std::int64_t threads() const { return places.sites * places.row_words(); }
    KADANOFF_LEAF void operator()(std::int64_t index) const {
        const std::int64_t word = index % places.row_words();
        const std::int64_t rest = places.replicas - 32 * word;
        const std::uint32_t used = rest >= 32 ? ~std::uint32_t{0} : (std::uint32_t{1} << rest) - 1;
        packed[index] = spins[places.offset(index / places.row_words(), word)] & used;
    }
};

/// Unpacks a word into +-1, (replica, site).
struct UnpackPacked {
    PackedPlaces places;
    const std::uint32_t* spins;
    std::int8_t* out;

    std::int64_t threads() const { return places.sites * places.row_words(); }
    KADANOFF_LEAF void operator()(std::int64_t index) const {
        const std::int64_t site = index % places.sites, word = index / places.sites;
        const std::uint32_t bits = spins[places.offset(site, word)];
        for (std::int64_t r = word * 32; r < word * 32 + 32 && r < places.replicas; ++r) {
            out[r * places.sites + site] = static_cast<std::int8_t>((bits >> (r % 32)) & 1 ? 1 : -1);
        }
    }
};

}  // namespace kadanoff::cuda
