#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/cluster_model.hpp"
#include "engine/graph_start.hpp"
#include "kadanoff/isa.hpp"
#include "kernels/clusters.hpp"

namespace kadanoff {

/// Working memory of one thread.
struct ClusterScratch {
    virtual ~ClusterScratch() = default;
};

/// One sweep of one replica.
struct ClusterSweep {
    std::int64_t replica;
    std::uint64_t sweep;
    double beta;
    const BondThresholds& thresholds;
    double* extra;  ///< what to measure of the clusters, in the order of extras(); null if nothing

    DrawKey key(std::uint64_t seed, Stream stream) const {
        return {seed, sweep, static_cast<std::uint32_t>(replica), stream, 0};
    }
};

/// What the cluster engines share: replicas are independent, and each belongs to one thread at a time.
class ClusterEngine : public Engine {
public:
    explicit ClusterEngine(const EngineRequest& request) : ClusterEngine(request, ClusterModel(request)) {}
    /// With clusters of another model than the one that is asked for.
    ClusterEngine(const EngineRequest& request, ClusterModel model);

    void advance(std::uint64_t sweep, std::int64_t draws, std::int64_t every, Totals* totals) override;
    void measure(Totals* totals) override;
    void set_beta(const std::vector<double>& beta) override;
    std::int64_t packed_size() const override { return packing_.size(); }
    void read(std::uint32_t* words) const override;
    void write(const std::uint32_t* words) override;
    void unpack(std::int8_t* spins) const override;
    void pack(const std::int8_t* spins) override;
    std::string kernel() const override { return name() + std::string("-") + kadanoff::name(isa_); }

protected:
    virtual const char* name() const = 0;
    virtual std::unique_ptr<ClusterScratch> make_scratch() const = 0;
    virtual void update(const ClusterSweep& sweep, ClusterScratch& scratch) = 0;
    virtual Totals totals(std::int64_t replica, ClusterScratch& scratch) = 0;
    /// Spins in the order of the sites: 0 and 1, or Potts states.
    virtual void load(std::int64_t replica, const std::uint8_t* sites) = 0;
    virtual void store(std::int64_t replica, std::uint8_t* sites) const = 0;

    const ClusterKernel& kernels() const { return kernels_; }
    const ClusterModel& model() const { return model_; }
    std::uint64_t seed() const { return seed_; }
    std::int64_t sites() const { return packing_.sites; }
    std::int64_t replicas() const { return packing_.replicas; }

private:
    ClusterModel model_;
    GraphPacking packing_;
    Isa isa_;
    ClusterKernel kernels_;
    std::uint64_t seed_;
    int threads_;
    std::vector<std::shared_ptr<const BondThresholds>> thresholds_;  ///< by replica; shared among those of one beta
    std::vector<std::unique_ptr<ClusterScratch>> scratch_;           ///< by thread, kept from call to call
};

/// Sum of c^2 / N over the clusters, the mean size of the cluster of a site; and of an Ising model without a field
/// sum of m_c^2 / N^2 and the like for the fourth moment, whose means are <m^2> and <m^4>.
class ImprovedSums {
public:
    void add(double size, double spin) {
        size2_ += size * size;
        spin2_ += spin * spin;
        spin4_ += spin * spin * spin * spin;
    }
    void store(double sites, bool moments, double* extra) const {
        extra[0] = size2_ / sites;
        if (!moments) return;
        extra[1] = spin2_ / (sites * sites);
        extra[2] = (3.0 * spin2_ * spin2_ - 2.0 * spin4_) / (sites * sites * sites * sites);
    }
    static std::vector<std::string> names(bool moments) {
        if (!moments) return {"cluster_size"};
        return {"cluster_size", "improved_magnetization_squared", "improved_magnetization_fourth"};
    }

private:
    double size2_ = 0.0, spin2_ = 0.0, spin4_ = 0.0;
};

std::unique_ptr<ClusterEngine> make_row_clusters(const EngineRequest& request);
std::unique_ptr<ClusterEngine> make_graph_clusters(const EngineRequest& request);
std::unique_ptr<ClusterEngine> make_wolff(const EngineRequest& request);
std::unique_ptr<ClusterEngine> make_self_learning(const EngineRequest& request);

}  // namespace kadanoff
