#include <algorithm>
#include <type_traits>

#include "checks.hpp"
#include "engine/bond_draws.hpp"
#include "engine/cluster_base.hpp"
#include "engine/graph_bonds.hpp"
#include "engine/neighbours.hpp"
#include "engine/row_geometry.hpp"
#include "kadanoff/update/metropolis.hpp"

namespace kadanoff {

namespace {

/// Bonds of a site that are tried together.
constexpr std::int64_t batch = 32;
constexpr std::uint8_t visited = 0x80;

struct WolffScratch final : ClusterScratch {
    explicit WolffScratch(std::size_t sites, std::size_t row_words) : queue(sites + 1), rows(row_words) {}

    std::vector<std::uint32_t> queue;  ///< sites of the cluster, in the order in which they joined it
    std::vector<std::uint64_t> rows;   ///< the spins as rows of bits, to measure them
    std::vector<std::uint8_t> bytes;
    alignas(64) std::uint32_t string[bond_string_words];
};

/// Of the sites, where the compiler is not told: as patterns have it, or as the lists do.
constexpr int any_degree = 0, listed_degree = -1;

/// Grows the cluster of queue[0] breadth first: a queue, unlike a stack, lets the processor begin with the next site
/// before it knows what the last one added. Returns the size.
///
/// Without Marked all spins of a cluster are equal, and are changed as they join. With it they stay as they are, but
/// for their highest bit.
template <bool Marked, int Degree, class Accepted>
std::int64_t grow(const Neighbours& neighbours, Accepted accepted, std::uint8_t* spins, std::uint8_t change,
                  std::uint32_t* queue) {
    constexpr bool Patterned = Degree != listed_degree;
    // Spins are bytes, which the compiler takes for parts of anything: what is read again and again is copied.
    const std::uint64_t* const begin = neighbours.begin.data();
    const std::uint32_t* const sites = neighbours.site.data();
    const std::uint32_t* const bonds = neighbours.bond.empty() ? nullptr : neighbours.bond.data();
    const std::uint8_t* const negative = Marked && !neighbours.negative.empty() ? neighbours.negative.data() : nullptr;
    const std::uint8_t* const patterns = neighbours.pattern.data();
    const std::int32_t* const offsets = neighbours.offset.data();
    const std::int32_t* const degrees = neighbours.degree.data();
    const bool listed = !Patterned || negative != nullptr || bonds != nullptr;
    const std::uint8_t old = spins[queue[0]];
    const std::uint8_t toggle = Marked ? visited : change;
    spins[queue[0]] ^= toggle;
    std::int64_t tail = 1;
    for (std::int64_t head = 0; head < tail; ++head) {
        const std::uint32_t from = queue[head];
        const std::uint8_t own = Marked ? spins[from] & ~visited : old;
        const std::int32_t* const offset = Patterned ? offsets + patterns[from] * Neighbours::most_offsets : nullptr;
        const auto first = listed ? static_cast<std::int64_t>(begin[from]) : 0;
        const std::int64_t degree = Degree > 0  ? Degree
                                    : Patterned ? degrees[patterns[from]]
                                                : static_cast<std::int64_t>(begin[from + 1]) - first;
        for (std::int64_t done = 0; done < degree; done += batch) {
            const std::int64_t count = Degree > 0 ? Degree : std::min(batch, degree - done);
            const std::int64_t at = first + done;
            const std::uint32_t bits = accepted.take(bonds == nullptr ? nullptr : bonds + at, count);
            for (std::int64_t k = 0; k < count; ++k) {
                const std::uint32_t to = Patterned ? from + static_cast<std::uint32_t>(offset[k]) : sites[at + k];
                const std::uint8_t wanted = negative != nullptr ? own ^ negative[at + k] : own;
                const std::uint32_t joins = (bits >> k & 1) & static_cast<std::uint32_t>(spins[to] == wanted);
                spins[to] ^= static_cast<std::uint8_t>(toggle & (0 - joins));
                queue[tail] = to;
                tail += joins;
            }
        }
    }
    return tail;
}

/// One cluster a sweep, flipped if the field lets it.
class WolffEngine final : public ClusterEngine {
public:
    explicit WolffEngine(const EngineRequest& request)
        : ClusterEngine(request),
          marked_(model().has_negative() || model().has_field()),
          neighbours_(request.lattice, model()) {
        check_memory(4.0 * static_cast<double>(request.spins()) + 16.0 * static_cast<double>(sites()) +
                     48.0 * static_cast<double>(request.lattice.bond_count()));
        if (RowGeometry::serves(request.lattice, model())) {
            rows_ = std::make_unique<RowGeometry>(request.lattice, model());
        } else {
            bonds_ = std::make_unique<GraphBonds>(request.lattice, model());
        }
        spins_.resize(static_cast<std::size_t>(request.spins()));
    }

    std::vector<std::string> extras() const override { return {"cluster_size"}; }

protected:
    const char* name() const override { return "cluster-graph"; }
    std::unique_ptr<ClusterScratch> make_scratch() const override {
        return std::make_unique<WolffScratch>(static_cast<std::size_t>(sites()),
                                              rows_ ? static_cast<std::size_t>(rows_->spin_words()) : 0);
    }

    void update(const ClusterSweep& sweep, ClusterScratch& scratch) override {
        auto& own = static_cast<WolffScratch&>(scratch);
        std::uint8_t* spins = spins_.data() + sweep.replica * sites();
        const DrawKey key = sweep.key(seed(), Stream::wolff);
        const Block<WordOps> block = draw<WordOps>(key, 0, decision_slot);
        const std::uint64_t decision = std::uint64_t{block.word[3]} << 32 | block.word[2];
        own.queue[0] = scaled(std::uint64_t{block.word[1]} << 32 | block.word[0], static_cast<std::uint32_t>(sites()));
        std::uint8_t change = 1;
        if (!model().ising()) {
            const auto others = static_cast<std::uint32_t>(model().states() - 1);
            const std::uint32_t old = spins[own.queue[0]];
            change = static_cast<std::uint8_t>(old ^ (old + 1 + scaled(decision, others)) % (others + 1));
        }
        const std::int64_t size = grow_cluster(key, sweep.thresholds, spins, change, own);
        if (marked_) finish_marked(sweep.beta, decision, size, spins, own);
        if (sweep.extra != nullptr) sweep.extra[0] = static_cast<double>(size);
    }

    Totals totals(std::int64_t replica, ClusterScratch& scratch) override {
        const std::uint8_t* spins = spins_.data() + replica * sites();
        if (!rows_) return bonds_->measure(model(), spins);
        auto& own = static_cast<WolffScratch&>(scratch);
        rows_->pack(spins, own.rows.data());
        return rows_->measure(kernels(), model(), own.rows.data());
    }
    void load(std::int64_t replica, const std::uint8_t* sites_of_one) override {
        std::copy_n(sites_of_one, sites(), spins_.data() + replica * sites());
    }
    void store(std::int64_t replica, std::uint8_t* sites_of_one) const override {
        std::copy_n(spins_.data() + replica * sites(), sites(), sites_of_one);
    }

private:
    std::int64_t grow_cluster(const DrawKey& key, const BondThresholds& thresholds, std::uint8_t* spins,
                              std::uint8_t change, WolffScratch& scratch) const {
        const auto with = [&](auto accepted) {
            const auto degree = [&](auto number) {
                constexpr int value = decltype(number)::value;
                return marked_ ? grow<true, value>(neighbours_, accepted, spins, change, scratch.queue.data())
                               : grow<false, value>(neighbours_, accepted, spins, change, scratch.queue.data());
            };
            if (!neighbours_.patterned()) return degree(std::integral_constant<int, listed_degree>{});
            if (neighbours_.common_degree() == 4) return degree(std::integral_constant<int, 4>{});
            if (neighbours_.common_degree() == 6) return degree(std::integral_constant<int, 6>{});
            return degree(std::integral_constant<int, any_degree>{});
        };
        if (model().one_size()) return with(BondBits(kernels(), key, thresholds.of[0], scratch.string));
        return with(BondNumbers(kernels(), key, thresholds.of.data(), scratch.string));
    }

    /// The field turns the flip down with probability 1 - min(1, exp(-2 beta sum h s)).
    void finish_marked(double beta, std::uint64_t decision, std::int64_t size, std::uint8_t* spins,
                       const WolffScratch& scratch) const {
        double field = 0.0;
        for (std::int64_t i = 0; model().has_field() && i < size; ++i) {
            const std::uint32_t site = scratch.queue[static_cast<std::size_t>(i)];
            field += spins[site] & 1 ? model().field()[site] : -model().field()[site];
        }
        const bool flip =
            !model().has_field() || decision <= threshold(Metropolis::decide(true, 2.0 * beta * field).probability);
        const auto change = static_cast<std::uint8_t>(flip ? visited | 1 : visited);
        for (std::int64_t i = 0; i < size; ++i) spins[scratch.queue[static_cast<std::size_t>(i)]] ^= change;
    }

    bool marked_;
    Neighbours neighbours_;
    std::unique_ptr<RowGeometry> rows_;  ///< measures where it can
    std::unique_ptr<GraphBonds> bonds_;  ///< measures elsewhere
    std::vector<std::uint8_t> spins_;    ///< (replica, site)
};

}  // namespace

std::unique_ptr<ClusterEngine> make_wolff(const EngineRequest& request) {
    return std::make_unique<WolffEngine>(request);
}

}  // namespace kadanoff
