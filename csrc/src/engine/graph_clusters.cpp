#include <algorithm>

#include "checks.hpp"
#include "engine/cluster_base.hpp"
#include "engine/graph_bonds.hpp"
#include "kadanoff/update/random_bits.hpp"
#include "kadanoff/update/union_find.hpp"

namespace kadanoff {

namespace {

struct Cluster {
    std::int32_t size = 0;
    std::int32_t spin = 0;
    double field = 0.0;  ///< sum of h s
};

struct GraphScratch final : ClusterScratch {
    explicit GraphScratch(std::size_t sites)
        : parent(sites), change(sites), coins((sites + 32 * string_lanes - 1) / (32 * string_lanes) * string_lanes) {}

    std::vector<std::uint32_t> parent, root;
    std::vector<std::uint8_t> change;
    std::vector<std::uint32_t> coins;
    std::vector<Cluster> cluster;  ///< by root
    alignas(64) std::uint32_t string[word_stripe * string_lanes];
};

/// Swendsen-Wang on a list of bonds.
class GraphClusterEngine final : public ClusterEngine {
public:
    explicit GraphClusterEngine(const EngineRequest& request)
        : ClusterEngine(request), bonds_(request.lattice, model()) {
        check_memory(static_cast<double>(request.spins()) * 3.0 + 30.0 * static_cast<double>(sites()) +
                     8.0 * static_cast<double>(bonds_.count()));
        spins_.resize(static_cast<std::size_t>(request.spins()));
    }

    std::vector<std::string> extras() const override { return ImprovedSums::names(has_moments()); }

protected:
    const char* name() const override { return "cluster-graph"; }
    std::unique_ptr<ClusterScratch> make_scratch() const override {
        return std::make_unique<GraphScratch>(static_cast<std::size_t>(sites()));
    }

    void update(const ClusterSweep& sweep, ClusterScratch& scratch) override {
        auto& own = static_cast<GraphScratch&>(scratch);
        std::uint8_t* spins = spins_.data() + sweep.replica * sites();
        for (std::size_t i = 0; i < own.parent.size(); ++i) own.parent[i] = static_cast<std::uint32_t>(i);
        if (model().one_size()) {
            join_by_bits(sweep, spins, own);
        } else {
            join_by_numbers(sweep, spins, own);
        }
        if (sweep.extra != nullptr || decides()) sum(spins, own);
        if (sweep.extra != nullptr) store_extra(own, sweep.extra);
        decide(sweep, spins, own);
        for (std::size_t i = 0; i < own.parent.size(); ++i) {
            own.change[i] = own.change[own.parent[i]];
            spins[i] ^= own.change[i];
        }
    }

    Totals totals(std::int64_t replica, ClusterScratch&) override {
        return bonds_.measure(model(), spins_.data() + replica * sites());
    }
    void load(std::int64_t replica, const std::uint8_t* sites_of_one) override {
        std::copy_n(sites_of_one, sites(), spins_.data() + replica * sites());
    }
    void store(std::int64_t replica, std::uint8_t* sites_of_one) const override {
        std::copy_n(spins_.data() + replica * sites(), sites(), sites_of_one);
    }

private:
    bool decides() const { return !model().ising() || model().has_field(); }
    bool has_moments() const { return model().ising() && !model().has_field(); }

    /// Joins the ends of the accepted ones of 32 bonds, where they are satisfied.
    void join(std::int64_t word, std::uint32_t accepted, const std::uint8_t* spins, GraphScratch& scratch) const {
        for (std::uint32_t active = accepted & bonds_.satisfied(word, spins); active != 0; active &= active - 1) {
            const auto& [first, second] = bonds_.ends()[static_cast<std::size_t>(32 * word + __builtin_ctz(active))];
            unite(scratch.parent.data(), second, first);
        }
    }

    /// One random bit for each bond.
    void join_by_bits(const ClusterSweep& sweep, const std::uint8_t* spins, GraphScratch& scratch) const {
        const DrawKey key = sweep.key(seed(), Stream::swendsen_wang_bonds);
        const std::int64_t words = (bonds_.count() + 31) / 32;
        constexpr std::int64_t chunk = bit_stripe * string_lanes;
        for (std::int64_t first = 0; first < words; first += chunk) {
            const std::int64_t here = std::min(chunk, words - first);
            kernels().bits(key, sweep.thresholds.of[0], first / string_lanes, (here + string_lanes - 1) / string_lanes,
                           scratch.string);
            for (std::int64_t w = 0; w < here; ++w) join(first + w, scratch.string[w], spins, scratch);
        }
    }

    /// One random number for each bond: its first 32 bits decide, but for one case in 2^32.
    void join_by_numbers(const ClusterSweep& sweep, const std::uint8_t* spins, GraphScratch& scratch) const {
        const DrawKey key = sweep.key(seed(), Stream::swendsen_wang_bonds);
        const std::uint64_t* thresholds = sweep.thresholds.of.data();
        constexpr std::int64_t chunk = word_stripe * string_lanes;
        for (std::int64_t first = 0; first < bonds_.count(); first += chunk) {
            const std::int64_t here = std::min(chunk, bonds_.count() - first);
            kernels().words(key, first / string_lanes, (here + string_lanes - 1) / string_lanes, scratch.string);
            for (std::int64_t b = 0; b < here; b += 32) {
                std::uint32_t accepted = 0;
                for (std::int64_t i = b; i < std::min(here, b + 32); ++i) {
                    accepted |=
                        static_cast<std::uint32_t>(accepts(key, first + i, scratch.string[i], thresholds[first + i]))
                        << (i - b);
                }
                join((first + b) / 32, accepted, spins, scratch);
            }
        }
    }

    void sum(const std::uint8_t* spins, GraphScratch& scratch) const {
        scratch.root.resize(scratch.parent.size());
        scratch.cluster.assign(scratch.parent.size(), {});
        for (std::size_t i = 0; i < scratch.parent.size(); ++i) {
            const std::uint32_t up = scratch.parent[i];
            const std::uint32_t root = up == i ? up : scratch.root[up];
            const int spin = spins[i] ? 1 : -1;
            scratch.root[i] = root;
            Cluster& cluster = scratch.cluster[root];
            ++cluster.size;
            cluster.spin += spin;
            cluster.field += spin * model().field()[static_cast<std::int64_t>(i)];
        }
    }

    void store_extra(const GraphScratch& scratch, double* extra) const {
        ImprovedSums sums;
        for (const Cluster& cluster : scratch.cluster) {
            if (cluster.size != 0) sums.add(cluster.size, cluster.spin);
        }
        sums.store(static_cast<double>(sites()), has_moments(), extra);
    }

    /// The change of every root: by its coin, or by a draw of its own.
    void decide(const ClusterSweep& sweep, const std::uint8_t* spins, GraphScratch& scratch) const {
        const DrawKey key = sweep.key(seed(), Stream::swendsen_wang_flips);
        if (!decides()) {
            kernels().words(key, 0, static_cast<std::int64_t>(scratch.coins.size()) / string_lanes,
                            scratch.coins.data());
            for (std::size_t i = 0; i < scratch.parent.size(); ++i) {
                scratch.change[i] = static_cast<std::uint8_t>(scratch.coins[i / 32] >> i % 32 & 1);
            }
            return;
        }
        for (std::size_t i = 0; i < scratch.parent.size(); ++i) {
            if (scratch.parent[i] != i) continue;
            scratch.change[i] =
                model().change(key, static_cast<std::uint32_t>(i), spins[i], scratch.cluster[i].field, sweep.beta);
        }
    }

    GraphBonds bonds_;
    std::vector<std::uint8_t> spins_;  ///< (replica, site)
};

}  // namespace

std::unique_ptr<ClusterEngine> make_graph_clusters(const EngineRequest& request) {
    return std::make_unique<GraphClusterEngine>(request);
}

}  // namespace kadanoff
