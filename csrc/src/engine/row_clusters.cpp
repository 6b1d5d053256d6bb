#include <algorithm>
#include <cstring>

#include "checks.hpp"
#include "engine/cluster_base.hpp"
#include "engine/row_geometry.hpp"

namespace kadanoff {

namespace {

struct RowScratch final : ClusterScratch {
    RowScratch(const RowGeometry& rows, bool summed)
        : bonds(padded(rows.bond_words())),
          coins(padded(rows.row_words())),
          starts(static_cast<std::size_t>(rows.row_words())),
          first(starts.size()),
          parent(static_cast<std::size_t>(rows.sites())),
          change(parent.size()) {
        if (summed) allocate_sums();
    }

    /// Random strings are written in whole vectors.
    static std::size_t padded(std::int64_t words) { return static_cast<std::size_t>((words + 7) / 8 * 8); }
    static std::int64_t vectors(const std::vector<std::uint64_t>& string) {
        return static_cast<std::int64_t>(string.size()) / 8;
    }

    void allocate_sums() {
        if (!root.empty()) return;
        root.resize(parent.size());
        site.resize(parent.size());
        total.resize(parent.size());
    }

    RunSums sums() { return {root.data(), total.data()}; }

    std::vector<std::uint64_t> bonds, coins, starts;
    std::vector<std::uint32_t> first, parent;
    std::vector<std::uint8_t> change;
    std::vector<std::uint32_t> root, site;
    std::vector<ClusterTotal> total;
};

/// Swendsen-Wang on rows of bits: bonds are drawn and matched 512 at a time, what they join are runs of a row.
class RowClusterEngine final : public ClusterEngine {
public:
    explicit RowClusterEngine(const EngineRequest& request) : ClusterEngine(request), rows_(request.lattice, model()) {
        check_memory(rows_.bytes() + 8.0 * static_cast<double>(rows_.spin_words()) * static_cast<double>(replicas()) +
                     2.0 * static_cast<double>(request.spins()) + 21.0 * static_cast<double>(sites()));
        spins_.resize(static_cast<std::size_t>(rows_.spin_words() * replicas()));
    }

    std::vector<std::string> extras() const override { return ImprovedSums::names(has_moments()); }

protected:
    const char* name() const override { return "cluster-rows"; }
    std::unique_ptr<ClusterScratch> make_scratch() const override {
        return std::make_unique<RowScratch>(rows_, decides());
    }

    void update(const ClusterSweep& sweep, ClusterScratch& scratch) override {
        auto& own = static_cast<RowScratch&>(scratch);
        RowClusters clusters = view(sweep.replica, own);
        kernels().bits(sweep.key(seed(), Stream::swendsen_wang_bonds), sweep.thresholds.of[0], 0,
                       RowScratch::vectors(own.bonds), reinterpret_cast<std::uint32_t*>(own.bonds.data()));
        kernels().label(clusters);
        if (sweep.extra != nullptr || decides()) {
            own.allocate_sums();
            kernels().sum(clusters, own.sums());
        }
        if (sweep.extra != nullptr) store_extra(clusters, own, sweep.extra);
        if (decides()) {
            decide(sweep, clusters, own);
            kernels().flip(clusters, nullptr);
            return;
        }
        kernels().words(sweep.key(seed(), Stream::swendsen_wang_flips), 0, RowScratch::vectors(own.coins),
                        reinterpret_cast<std::uint32_t*>(own.coins.data()));
        kernels().flip(clusters, own.coins.data());
    }

    Totals totals(std::int64_t replica, ClusterScratch&) override {
        return rows_.measure(kernels(), model(), spins(replica));
    }
    void load(std::int64_t replica, const std::uint8_t* sites) override { rows_.pack(sites, spins(replica)); }
    void store(std::int64_t replica, std::uint8_t* sites) const override {
        rows_.unpack(spins_.data() + replica * rows_.spin_words(), sites);
    }

private:
    /// Whether a cluster needs more than a coin.
    bool decides() const { return !model().ising() || model().has_field(); }
    bool has_moments() const { return model().ising() && !model().has_field(); }
    std::uint64_t* spins(std::int64_t replica) { return spins_.data() + replica * rows_.spin_words(); }

    RowClusters view(std::int64_t replica, RowScratch& scratch) {
        RowClusters result = rows_.view();
        result.spins = spins(replica);
        result.bonds = scratch.bonds.data();
        result.starts = scratch.starts.data();
        result.first = scratch.first.data();
        result.parent = scratch.parent.data();
        result.change = scratch.change.data();
        return result;
    }

    void store_extra(const RowClusters& clusters, const RowScratch& scratch, double* extra) const {
        ImprovedSums sums;
        for (std::int64_t run = 0; run < clusters.runs; ++run) {
            const ClusterTotal& total = scratch.total[static_cast<std::size_t>(run)];
            sums.add(total.size, total.spin);  // zeros but for roots
        }
        sums.store(static_cast<double>(sites()), has_moments(), extra);
    }

    void decide(const ClusterSweep& sweep, const RowClusters& clusters, RowScratch& scratch) const {
        kernels().locate(clusters, scratch.site.data());
        const DrawKey key = sweep.key(seed(), Stream::swendsen_wang_flips);
        for (std::size_t run = 0; run < static_cast<std::size_t>(clusters.runs); ++run) {
            const ClusterTotal& total = scratch.total[run];
            if (total.size == 0) continue;
            const std::uint32_t site = scratch.site[run];
            const double field = model().field()[0] * total.spin;
            scratch.change[run] = model().change(key, site, rows_.spin(clusters.spins, site), field, sweep.beta);
        }
    }

    RowGeometry rows_;
    std::vector<std::uint64_t> spins_;  ///< (replica, plane, row, word)
};

}  // namespace

std::unique_ptr<ClusterEngine> make_row_clusters(const EngineRequest& request) {
    return std::make_unique<RowClusterEngine>(request);
}

}  // namespace kadanoff
