#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "checks.hpp"
#include "engine/bond_draws.hpp"
#include "engine/cluster_base.hpp"
#include "engine/square_star.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/update/replica_swap.hpp"

namespace kadanoff {

namespace {

constexpr std::uint8_t visited = 0x80;

/// Bonds of the effective model at a site: those of ranges with a coupling, by their places in SquareStar.
struct EffectiveBonds {
    explicit EffectiveBonds(const std::vector<double>& couplings) {
        for (std::size_t n = 0; n < couplings.size(); ++n) {
            if (couplings[n] == 0.0) continue;
            for (std::size_t k = 0; k < SquareStar::of_range; ++k, ++degree) {
                place[degree] = n * SquareStar::of_range + k;
                range[degree] = static_cast<std::uint32_t>(n);
                negative[degree] = couplings[n] < 0.0;
            }
        }
    }

    std::size_t degree = 0;
    std::array<std::size_t, SquareStar::size> place{};
    std::array<std::uint32_t, SquareStar::size> range{};
    std::array<std::uint8_t, SquareStar::size> negative{};
};

struct ProposalScratch final : ClusterScratch {
    std::vector<std::uint32_t> queue;  ///< sites of the clusters, one cluster after the other
    alignas(64) std::uint32_t string[bond_string_words];
};

/// Grows the cluster of queue[0] breadth first and marks its sites, whose spins stay as they are. Returns the size.
///
/// Without Signed no coupling is negative, and all spins of a cluster are equal.
template <int Degree, bool Signed, class Accepted>
std::int64_t grow(SquareStar::View star, const EffectiveBonds& bonds, Accepted& accepted, std::uint8_t* spins,
                  std::uint32_t* queue) {
    const auto negative = bonds.negative;
    const std::uint8_t first = spins[queue[0]];
    spins[queue[0]] |= visited;
    std::int64_t tail = 1;
    if (Degree == 0) return tail;
    for (std::int64_t head = 0; head < tail; ++head) {
        const std::uint32_t from = queue[head];
        const std::uint8_t own = Signed ? spins[from] & ~visited : first;
        const SquareStar::Offsets& offset = star.of(from);
        const std::uint32_t bits = accepted.take(bonds.range.data(), Degree);
        for (std::size_t k = 0; k < Degree; ++k) {
            const std::uint32_t to = from + static_cast<std::uint32_t>(offset[k]);
            const auto wanted = Signed ? static_cast<std::uint8_t>(own ^ negative[k]) : own;
            const std::uint8_t spin = spins[to];
            const std::uint32_t joins = (bits >> k & 1) & static_cast<std::uint32_t>(spin == wanted);
            spins[to] = static_cast<std::uint8_t>(spin | joins << 7);
            queue[tail] = to;
            tail += joins;
        }
    }
    return tail;
}

/// Flips the marked sites one after the other and adds what the sums change by, those of the first `Ranges` ranges:
/// each flip sees those before it, so no bond needs to know how many of its ends are in the cluster.
template <int Ranges>
void flip(SquareStar::View star, std::uint8_t* spins, const std::uint32_t* sites, std::int64_t size,
          SquareSums& change) {
    constexpr int whole = 2 * SquareStar::of_range;
    int unequal[SquareStar::ranges] = {}, odd = 0, up = 0;
    std::int64_t unequal_sum[SquareStar::ranges] = {}, odd_sum = 0, up_sum = 0;
    constexpr std::int64_t chunk = 1 << 20;  // of the int sums
    for (std::int64_t first = 0; first < size; first += chunk) {
        for (std::int64_t i = first; i < std::min(size, first + chunk); ++i) {
            const std::uint32_t site = sites[i];
            const SquareStar::Offsets& offset = star.of(site);
            const auto at = [&](int k) { return spins[site + static_cast<std::uint32_t>(offset[k])] & 1; };
            const int own = spins[site] & 1;
            const int east = at(0), south = at(1), west = at(2), north = at(3);
            const int south_east = at(4), south_west = at(5), north_west = at(6), north_east = at(7);
            unequal[0] += (own ^ east) + (own ^ south) + (own ^ west) + (own ^ north);
            if (Ranges > 1) {
                unequal[1] += (own ^ south_east) + (own ^ south_west) + (own ^ north_west) + (own ^ north_east);
            }
            if (Ranges > 2) unequal[2] += (own ^ at(8)) + (own ^ at(9)) + (own ^ at(10)) + (own ^ at(11));
            odd += (own ^ east ^ south ^ south_east) + (own ^ west ^ south ^ south_west) +
                   (own ^ west ^ north ^ north_west) + (own ^ east ^ north ^ north_east);
            up += own;
            spins[site] = static_cast<std::uint8_t>(own ^ 1);
        }
        for (int n = 0; n < Ranges; ++n) unequal_sum[n] += std::exchange(unequal[n], 0);
        odd_sum += std::exchange(odd, 0);
        up_sum += std::exchange(up, 0);
    }
    for (std::size_t n = 0; n < Ranges; ++n) change.pairs[n] += 4 * unequal_sum[n] - whole * size;
    change.plaquettes += 4 * odd_sum - whole * size;
    change.spins += 2 * size - 4 * up_sum;
}

/// Rows of sites, of which a cluster has so many that the whole lattice is faster looked at, 16 sites at a time.
class MarkedRows {
public:
    static constexpr std::int64_t lanes = 16;

    MarkedRows(std::int64_t rows, std::int64_t columns)
        : rows_(rows), columns_(columns), stride_((columns + lanes) / lanes * lanes) {}

    /// From row to row: beyond the last column there is room for a copy of the first.
    std::int64_t stride() const { return stride_; }
    /// Of a replica: with room to read beyond the last row, where another thread's replica must not begin.
    std::int64_t size() const { return rows_ * stride_ + lanes; }
    /// Whether a cluster of that size has so many sites.
    bool pays(std::int64_t cluster) const { return 8 * cluster > rows_ * columns_; }

    /// Flips the marked sites and adds what the sums of one range change by.
    void flip(std::uint8_t* spins, SquareSums& change) const {
        for (std::int64_t y = 0; y < rows_; ++y) spins[y * stride_ + columns_] = spins[y * stride_];
        for (std::int64_t x = 0; x < columns_; x += lanes) add_columns(spins, x, change);
        const std::int64_t end = size();  // a copy: bytes are taken for parts of anything
        for (std::int64_t i = 0; i < end; ++i) spins[i] = (spins[i] ^ spins[i] >> 7) & 1;
    }

private:
    typedef std::uint8_t Bytes __attribute__((vector_size(lanes)));

    static Bytes load(const std::uint8_t* at) {
        Bytes result;
        std::memcpy(&result, at, sizeof result);
        return result;
    }

    static std::int64_t sum(const Bytes& bytes) {
        std::int64_t result = 0;
        for (std::int64_t i = 0; i < lanes; ++i) result += bytes[i];
        return result;
    }

    /// A product of spins that flips, of value 1 - 2 u, changes by -2 + 4 u.
    struct Products {
        Bytes flipped{}, odd{};

        void add(Bytes exclusive_or, Bytes mask) {
            const Bytes flips = exclusive_or >> 7 & mask;
            flipped += flips;
            odd += exclusive_or & flips;
        }
        std::int64_t change() const { return 4 * sum(odd) - 2 * sum(flipped); }
    };

    /// What the bonds and plaquettes change by whose upper left sites are in 16 columns.
    void add_columns(const std::uint8_t* spins, std::int64_t x, SquareSums& change) const {
        constexpr std::int64_t most = 100;  // rows that bytes can count, two bonds at a site
        Bytes mask;
        for (std::int64_t i = 0; i < lanes; ++i) mask[i] = x + i < columns_;
        for (std::int64_t first = 0; first < rows_; first += most) {
            Products bonds, plaquettes, sites;
            const std::uint8_t* row = spins + first * stride_ + x;
            Bytes here = load(row), along = here ^ load(row + 1);
            for (std::int64_t y = first; y < std::min(rows_, first + most); ++y) {
                row = y + 1 < rows_ ? row + stride_ : spins + x;
                const Bytes below = load(row), along_below = below ^ load(row + 1);
                bonds.add(along, mask);
                bonds.add(here ^ below, mask);
                plaquettes.add(along ^ along_below, mask);
                sites.add(here, mask);
                here = below;
                along = along_below;
            }
            change.pairs[0] += bonds.change();
            change.plaquettes += plaquettes.change();
            change.spins -= sites.change();
        }
    }

    std::int64_t rows_, columns_, stride_;
};

/// Wolff clusters of an effective model, accepted or refused by what the two energies change by.
class SelfLearningEngine final : public ClusterEngine {
public:
    explicit SelfLearningEngine(const EngineRequest& request)
        : ClusterEngine(request, ClusterModel(request.options.self_learning.couplings)),
          ising_(std::get<Ising>(request.model)),
          effective_(request.options.self_learning.couplings),
          ranges_(effective_.size()),
          clusters_(request.options.self_learning.clusters),
          rows_(request.lattice.extents()[0]),
          columns_(request.lattice.extents()[1]),
          marked_(rows_, columns_),
          bonds_(effective_),
          star_(rows_, columns_, marked_.stride()),
          bonded_(star_, bonds_.place) {
        check_memory(2.0 * static_cast<double>(request.spins()) + 16.0 * static_cast<double>(sites()));
        spins_.resize(static_cast<std::size_t>(replicas() * marked_.size()));
        sums_.resize(static_cast<std::size_t>(replicas()));
        effective_.resize(SquareStar::ranges);
    }

    std::vector<std::string> extras() const override { return {"proposed_sites", "accepted"}; }

protected:
    const char* name() const override { return "cluster-square"; }
    std::unique_ptr<ClusterScratch> make_scratch() const override { return std::make_unique<ProposalScratch>(); }

    void update(const ClusterSweep& sweep, ClusterScratch& scratch) override {
        auto& own = static_cast<ProposalScratch&>(scratch);
        std::uint8_t* spins = spins_.data() + sweep.replica * marked_.size();
        const DrawKey key = sweep.key(seed(), Stream::self_learning);
        SquareSums change;
        const std::int64_t proposed = propose(key, sweep.thresholds, spins, own, change);
        const Block<WordOps> block = draw<WordOps>(key, 0, decision_slot);
        const bool accepted =
            accepts_swap(-sweep.beta * cost(change), std::uint64_t{block.word[3]} << 32 | block.word[2]);
        if (accepted) {
            sums_[static_cast<std::size_t>(sweep.replica)] += change;
        } else {
            for (std::int64_t i = 0; i < proposed; ++i) spins[own.queue[static_cast<std::size_t>(i)]] ^= 1;
        }
        if (sweep.extra == nullptr) return;
        sweep.extra[0] = static_cast<double>(proposed);
        sweep.extra[1] = accepted ? 1.0 : 0.0;
    }

    Totals totals(std::int64_t replica, ClusterScratch&) override {
        const SquareSums& sums = sums_[static_cast<std::size_t>(replica)];
        Totals result;
        result.energy = energy(sums);
        result.spin = static_cast<double>(sums.spins);
        return result;
    }
    void load(std::int64_t replica, const std::uint8_t* sites_of_one) override {
        for (std::int64_t y = 0; y < rows_; ++y) {
            std::copy_n(sites_of_one + y * columns_, columns_,
                        spins_.data() + replica * marked_.size() + y * marked_.stride());
        }
        sums_[static_cast<std::size_t>(replica)] = square_sums(rows_, columns_, sites_of_one);
    }
    void store(std::int64_t replica, std::uint8_t* sites_of_one) const override {
        for (std::int64_t y = 0; y < rows_; ++y) {
            std::copy_n(spins_.data() + replica * marked_.size() + y * marked_.stride(), columns_,
                        sites_of_one + y * columns_);
        }
    }

private:
    /// Flips the clusters of a proposal, one after the other; returns how many sites they have.
    std::int64_t propose(const DrawKey& key, const BondThresholds& thresholds, std::uint8_t* spins,
                         ProposalScratch& scratch, SquareSums& change) const {
        const auto with = [&](auto accepted) {
            if (bonds_.degree == 0) return propose<0>(key, accepted, spins, scratch, change);
            if (bonds_.degree == 4) return propose<4>(key, accepted, spins, scratch, change);
            if (bonds_.degree == 8) return propose<8>(key, accepted, spins, scratch, change);
            return propose<12>(key, accepted, spins, scratch, change);
        };
        if (model().one_size()) return with(BondBits(kernels(), key, thresholds.of[0], scratch.string));
        return with(BondNumbers(kernels(), key, thresholds.of.data(), scratch.string));
    }

    template <int Degree, class Accepted>
    std::int64_t propose(const DrawKey& key, Accepted& accepted, std::uint8_t* spins, ProposalScratch& scratch,
                         SquareSums& change) const {
        const SquareStar::View star = star_.view(), bonded = bonded_.view();
        std::int64_t proposed = 0;
        for (int c = 0; c < clusters_; ++c) {
            const auto room = static_cast<std::size_t>(proposed + sites() + 1);
            if (scratch.queue.size() < room) scratch.queue.resize(2 * room);
            std::uint32_t* queue = scratch.queue.data() + proposed;
            const Block<WordOps> block = draw<WordOps>(key, static_cast<std::uint32_t>(c), decision_slot);
            const std::uint32_t first =
                scaled(std::uint64_t{block.word[1]} << 32 | block.word[0], static_cast<std::uint32_t>(sites()));
            queue[0] = static_cast<std::uint32_t>(first / columns_ * marked_.stride() + first % columns_);
            const std::int64_t size = model().has_negative()
                                          ? grow<Degree, true>(bonded, bonds_, accepted, spins, queue)
                                          : grow<Degree, false>(bonded, bonds_, accepted, spins, queue);
            proposed += size;
            if (ranges_ == 1 && marked_.pays(size)) {
                marked_.flip(spins, change);
                continue;
            }
            if (ranges_ == 1) flip<1>(star, spins, queue, size, change);
            if (ranges_ == 2) flip<2>(star, spins, queue, size, change);
            if (ranges_ == 3) flip<3>(star, spins, queue, size, change);
        }
        return proposed;
    }

    /// (E' - E) - (E_eff' - E_eff)
    double cost(const SquareSums& change) const {
        double result = (effective_[0] - ising_.coupling[0]) * static_cast<double>(change.pairs[0]);
        result += effective_[1] * static_cast<double>(change.pairs[1]);
        result += effective_[2] * static_cast<double>(change.pairs[2]);
        result -= ising_.plaquette * static_cast<double>(change.plaquettes);
        return result - ising_.field[0] * static_cast<double>(change.spins);
    }

    double energy(const SquareSums& sums) const {
        double result = -ising_.coupling[0] * static_cast<double>(sums.pairs[0]);
        result -= ising_.plaquette * static_cast<double>(sums.plaquettes);
        return result - ising_.field[0] * static_cast<double>(sums.spins);
    }

    Ising ising_;
    std::vector<double> effective_;  ///< by range; 0 beyond those that are given
    std::size_t ranges_;             ///< whose sums are kept up to date, besides the first
    int clusters_;
    std::int64_t rows_, columns_;
    MarkedRows marked_;
    EffectiveBonds bonds_;
    SquareStar star_;
    SquareStar bonded_;                ///< the neighbours that bonds lead to, in the order of bonds_
    std::vector<std::uint8_t> spins_;  ///< (replica, MarkedRows::size)
    std::vector<SquareSums> sums_;     ///< by replica
};

}  // namespace

std::unique_ptr<ClusterEngine> make_self_learning(const EngineRequest& request) {
    return std::make_unique<SelfLearningEngine>(request);
}

}  // namespace kadanoff
