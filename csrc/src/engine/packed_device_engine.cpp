#include "engine/packed_device_engine.hpp"

#include <utility>
#include <vector>

#include "engine/graph_layout.hpp"
#include "engine/graph_spins.hpp"
#include "engine/packed_model.hpp"

namespace kadanoff {

namespace {

PackedPlan make_plan(const EngineRequest& request, const Ising& model, SiteBlocks sites, std::int64_t words,
                     const PackedModel& decisions) {
    buffer_words(sites.positions, words);
    PackedPlan plan{};
    plan.couplings = packed_couplings(model.coupling, request.lattice.bonds(), sites);
    plan.sites = std::move(sites);
    plan.replicas = request.options.replicas;
    plan.words = words;
    plan.rule = decisions.rule();
    plan.symmetric = decisions.symmetric();
    for (const PackedTables& table : decisions.tables()) plan.degrees.push_back(table.degree());
    plan.tables = decisions.views();
    plan.order = request.options.order;
    plan.seed = request.options.seed;
    return plan;
}

/// Decides on the host, in float64, what the device compares random bits with.
class PackedDeviceEngine final : public GraphSpins {
public:
    PackedDeviceEngine(const EngineRequest& request, const Ising& model, SiteBlocks sites, std::int64_t words,
                       MakePackedBackend make)
        : GraphSpins(request),
          model_(request, model, sites, words),
          backend_(make(make_plan(request, model, std::move(sites), words, model_))) {
        write(graph_start(request).data());
    }

    void advance(std::uint64_t sweep, std::int64_t draws, std::int64_t every, Totals* totals) override {
        if (totals == nullptr) return backend_->advance(sweep, draws, every, nullptr);
        std::vector<SpinSums> sums(static_cast<std::size_t>(packing_.replicas * draws));
        backend_->advance(sweep, draws, every, sums.data());
        convert(sums, totals);
    }

    void measure(Totals* totals) override {
        std::vector<SpinSums> sums(static_cast<std::size_t>(packing_.replicas));
        backend_->measure(sums.data());
        convert(sums, totals);
    }

    void set_beta(const std::vector<double>& beta) override {
        model_.set_beta(beta);
        backend_->set_tables(model_.views());
    }

    void read(std::uint32_t* words) const override { backend_->read(words); }

    void write(const std::uint32_t* words) override {
        packing_.check(words);
        backend_->write(words);
    }

    void unpack(std::int8_t* spins) const override { backend_->unpack(spins); }

    std::string kernel() const override { return backend_->kernel(); }

private:
    void convert(const std::vector<SpinSums>& sums, Totals* totals) const {
        for (const SpinSums& sum : sums) *totals++ = model_.totals(sum.unequal_bonds, sum.up_spins);
    }

    PackedModel model_;
    std::unique_ptr<PackedBackend> backend_;
};

}  // namespace

std::unique_ptr<Engine> make_packed_engine_on(const EngineRequest& request, MakePackedBackend make) {
    const std::int64_t words = padded_words((request.options.replicas + 31) / 32);
    SiteBlocks sites = sorted_sites(request, packed_lanes >> log2_words(words));
    return std::make_unique<PackedDeviceEngine>(request, std::get<Ising>(request.model), std::move(sites), words, make);
}

}  // namespace kadanoff
