// Included once by each clusters_ISA.cpp, after its Ops. The ODR contract of checkerboard_inl.hpp holds here too.

#include "kadanoff/update/random_bits.hpp"
#include "kadanoff/update/union_find.hpp"
#include "kernels/clusters.hpp"

namespace kadanoff {
namespace {

std::int64_t count_bits(std::uint64_t word) noexcept { return __builtin_popcountll(word); }

int first_bit(std::uint64_t word) noexcept { return __builtin_ctzll(word); }

/// Word w of a row moved one column on: its bit x is column x + 1 of the row, the last one column 0.
std::uint64_t shifted_word(const RowClusters& c, const std::uint64_t* row, std::int64_t w) noexcept {
    std::uint64_t result = row[w] >> 1;
    if (w + 1 < c.words) {
        result |= row[w + 1] << 63;
    } else {
        result |= (row[0] & 1) << (c.columns - 1) % 64;
    }
    return result;
}

/// The bonds of family k that begin in word w of row y and are satisfied, where they exist.
std::uint64_t satisfied(const RowClusters& c, std::int64_t y, std::int64_t w, std::int64_t k) noexcept {
    const std::int64_t t = c.target[k * c.rows + y];
    std::uint64_t unequal = 0;
    for (int p = 0; p < c.planes; ++p) {
        const std::uint64_t* plane = c.spins + p * c.rows * c.words;
        const std::uint64_t* row = plane + t * c.words;
        unequal |= plane[y * c.words + w] ^ (c.step[k] ? shifted_word(c, row, w) : row[w]);
    }
    const std::int64_t index = (y * c.words + w) * c.families + k;
    if (c.negative != nullptr) unequal ^= c.negative[index];
    return c.present[index] & ~unequal;
}

/// Sites of word w that belong to the row.
std::uint64_t row_mask(const RowClusters& c, std::int64_t w) noexcept {
    return w + 1 < c.words || c.columns % 64 == 0 ? ~std::uint64_t{0} : (std::uint64_t{1} << c.columns % 64) - 1;
}

/// Random bits become active bonds; numbers the runs.
void activate(RowClusters& c) noexcept {
    std::uint32_t runs = 0;
    for (std::int64_t y = 0; y < c.rows; ++y) {
        std::uint64_t carry = 0;  // a row begins with a run
        for (std::int64_t w = 0; w < c.words; ++w) {
            std::uint64_t* active = c.bonds + (y * c.words + w) * c.families;
            for (std::int64_t k = 0; k < c.families; ++k) active[k] &= satisfied(c, y, w, k);
            const std::uint64_t starts = ~(active[c.along] << 1 | carry) & row_mask(c, w);
            carry = active[c.along] >> 63;
            c.starts[y * c.words + w] = starts;
            c.first[y * c.words + w] = runs;
            runs += static_cast<std::uint32_t>(count_bits(starts));
        }
    }
    c.runs = runs;
    for (std::uint32_t i = 0; i < runs; ++i) c.parent[i] = i;
}

/// The run of the site at a bit of a word of the whole lattice.
std::uint32_t run_at(const RowClusters& c, std::int64_t word, int bit) noexcept {
    const std::uint64_t upto = c.starts[word] << (63 - bit);
    return c.first[word] + static_cast<std::uint32_t>(count_bits(upto)) - 1;
}

/// Bonds of a family that leads to another row, straight or one column on.
template <bool Step>
void unite_family(RowClusters& c, std::int64_t y, std::int64_t k) noexcept {
    const std::int64_t from = y * c.words, to = c.target[k * c.rows + y] * c.words;
    for (std::int64_t w = 0; w < c.words; ++w) {
        std::uint64_t bonds = c.bonds[(from + w) * c.families + k];
        // The bond next to one between the same two runs adds nothing.
        if (!Step) bonds &= ~(bonds << 1 & ~c.starts[from + w] & ~c.starts[to + w]);
        for (; bonds != 0; bonds &= bonds - 1) {
            const int bit = first_bit(bonds);
            std::int64_t end_word = to + w;
            int end_bit = bit;
            if (Step) {
                const std::int64_t column = w * 64 + bit + 1;
                end_word = to + (column == c.columns ? 0 : column / 64);
                end_bit = column == c.columns ? 0 : static_cast<int>(column % 64);
            }
            unite(c.parent, run_at(c, end_word, end_bit), run_at(c, from + w, bit));
        }
    }
}

void label(RowClusters& c) noexcept {
    activate(c);
    for (std::int64_t y = 0; y < c.rows; ++y) {
        for (std::int64_t k = 0; k < c.families; ++k) {
            if (k == c.along) continue;
            if (c.step[k]) {
                unite_family<true>(c, y, k);
            } else {
                unite_family<false>(c, y, k);
            }
        }
        const std::int64_t last = (y + 1) * c.words - 1;
        const int bit = static_cast<int>((c.columns - 1) % 64);
        if (c.bonds[last * c.families + c.along] >> bit & 1) {
            unite(c.parent, run_at(c, y * c.words, 0), run_at(c, last, bit));
        }
    }
}

void sum(const RowClusters& c, const RunSums& sums) noexcept {
    for (std::int64_t i = 0; i < c.runs; ++i) sums.total[i] = {0, 0};
    const auto add = [&](std::uint32_t root, std::uint64_t part, std::uint64_t up) __attribute__((always_inline)) {
        const auto size = static_cast<std::int32_t>(count_bits(part));
        sums.total[root].size += size;
        sums.total[root].spin += 2 * static_cast<std::int32_t>(count_bits(part & up)) - size;
    };
    std::uint32_t run = 0, root = 0;
    for (std::int64_t index = 0; index < c.rows * c.words; ++index) {
        const std::uint64_t up = c.spins[index], mask = row_mask(c, index % c.words);
        std::uint64_t starts = c.starts[index];
        add(root, ((starts & -starts) - 1) & mask, up);  // what the run before goes on with
        for (; starts != 0; ++run) {
            const std::uint64_t low = starts & -starts;
            starts &= starts - 1;
            const std::uint32_t parent = c.parent[run];
            const std::uint32_t inner = -static_cast<std::uint32_t>(parent != run);
            root = (sums.root[parent] & inner) | (run & ~inner);
            sums.root[run] = root;
            add(root, ((starts & -starts) - low) & mask, up);
        }
    }
}

void locate(const RowClusters& c, std::uint32_t* site) noexcept {
    std::int64_t run = 0;
    for (std::int64_t y = 0; y < c.rows; ++y) {
        for (std::int64_t w = 0; w < c.words; ++w) {
            for (std::uint64_t starts = c.starts[y * c.words + w]; starts != 0; starts &= starts - 1) {
                site[run++] = static_cast<std::uint32_t>(y * c.columns + w * 64 + first_bit(starts));
            }
        }
    }
}

/// By coins: flips of the one plane. Else the change of each root is known.
template <bool Coins>
void flip_runs(RowClusters& c, const std::uint64_t* coins) noexcept {
    const std::uint32_t* const parent = c.parent;  // bytes that are written could be anything: keep what is read here
    std::uint8_t* const change = c.change;
    const int planes = Coins ? 1 : c.planes;
    const std::int64_t words = c.words, size = c.rows * words;
    const std::uint64_t last_mask = row_mask(c, words - 1);
    std::uint64_t* const spins = c.spins;
    const std::uint64_t* const run_starts = c.starts;
    std::int64_t run = 0;
    std::uint64_t last = 0;  // change of the run before, which goes on at the beginning of the next word
    for (std::int64_t index = 0, w = 0; index < size; ++index) {
        std::uint64_t flips[8];
        for (int p = 0; p < planes; ++p) flips[p] = -(last >> p & 1);
        const std::uint64_t coin = Coins ? coins[index] : 0;
        for (std::uint64_t starts = run_starts[index]; starts != 0; starts &= starts - 1, ++run) {
            const int bit = first_bit(starts);
            const std::uint32_t from = parent[run];
            std::uint64_t next = change[from];
            if (Coins) {  // no branch: one run in four is a root, at random
                const std::uint64_t inner = -static_cast<std::uint64_t>(from != run);
                next = (next & inner) | (coin >> bit & 1 & ~inner);
            }
            change[run] = static_cast<std::uint8_t>(next);
            const std::uint64_t turned = next ^ last;
            for (int p = 0; p < planes; ++p) flips[p] ^= -(turned >> p & 1) << bit;
            last = next;
        }
        const std::uint64_t mask = ++w == words ? last_mask : ~std::uint64_t{0};
        if (w == words) w = 0;
        for (int p = 0; p < planes; ++p) spins[p * size + index] ^= flips[p] & mask;
    }
}

void flip(RowClusters& c, const std::uint64_t* coins) noexcept {
    if (coins != nullptr) {
        flip_runs<true>(c, coins);
    } else {
        flip_runs<false>(c, coins);
    }
}

RowTotals measure(const RowClusters& c) noexcept {
    RowTotals totals{0, 0};
    for (std::int64_t y = 0; y < c.rows; ++y) {
        for (std::int64_t w = 0; w < c.words; ++w) {
            for (std::int64_t k = 0; k < c.families; ++k) totals.satisfied_bonds += count_bits(satisfied(c, y, w, k));
            totals.up_spins += count_bits(c.spins[y * c.words + w]);
        }
    }
    return totals;
}

template <class Ops>
void bits(const DrawKey& key, std::uint64_t threshold, std::int64_t first, std::int64_t vectors,
          std::uint32_t* out) noexcept {
    fill_bits<Ops>(key, threshold, first, vectors, out);
}

template <class Ops>
void words(const DrawKey& key, std::int64_t first, std::int64_t vectors, std::uint32_t* out) noexcept {
    fill_words<Ops>(key, first, vectors, out);
}

template <class Ops>
ClusterKernel make_kernel() noexcept {
    return {bits<Ops>, words<Ops>, label, sum, locate, flip, measure};
}

}  // namespace
}  // namespace kadanoff
