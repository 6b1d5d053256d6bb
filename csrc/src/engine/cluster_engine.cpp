#include <algorithm>
#include <atomic>
#include <utility>

#include "engine/cluster_base.hpp"
#include "engine/row_geometry.hpp"
#include "kadanoff/error.hpp"
#include "parallel.hpp"

namespace kadanoff {

namespace {

ClusterKernel choose_kernels(Isa isa) {
#if defined(KADANOFF_X86_KERNELS)
    if (isa == Isa::avx512) return avx512_clusters();
    if (isa == Isa::avx2) return avx2_clusters();
#endif
    static_cast<void>(isa);
    return scalar_clusters();
}

}  // namespace

ClusterEngine::ClusterEngine(const EngineRequest& request, ClusterModel model)
    : model_(std::move(model)),
      packing_(request),
      isa_(active_isa()),
      kernels_(choose_kernels(isa_)),
      seed_(request.options.seed),
      threads_(resolve_threads(request.options.threads)) {
    set_beta(request.options.beta);
}

void ClusterEngine::advance(std::uint64_t sweep, std::int64_t draws, std::int64_t every, Totals* totals) {
    const int workers = static_cast<int>(std::min<std::int64_t>(threads_, replicas()));
    while (static_cast<int>(scratch_.size()) < workers) scratch_.push_back(make_scratch());
    std::atomic<std::int64_t> next{0};
    run_parallel(workers, [&](int worker) {
        ClusterScratch& own = *scratch_[static_cast<std::size_t>(worker)];
        for (std::int64_t r = next++; r < replicas(); r = next++) {
            const BondThresholds& thresholds = *thresholds_[static_cast<std::size_t>(r)];
            for (std::int64_t step = 0; step < draws * every; ++step) {
                Totals* draw =
                    totals != nullptr && (step + 1) % every == 0 ? totals + r * draws + step / every : nullptr;
                double* extra = draw == nullptr ? nullptr : draw->extra.data();
                update({r, sweep + static_cast<std::uint64_t>(step), thresholds.beta, thresholds, extra}, own);
                if (draw == nullptr) continue;
                const Totals sums = this->totals(r, own);
                draw->energy = sums.energy;
                draw->spin = sums.spin;
            }
        }
    });
}

void ClusterEngine::measure(Totals* totals) {
    if (scratch_.empty()) scratch_.push_back(make_scratch());
    for (std::int64_t r = 0; r < replicas(); ++r) totals[r] = this->totals(r, *scratch_[0]);
}

/// Tempering permutes the temperatures: thresholds of a beta that is in use are kept.
void ClusterEngine::set_beta(const std::vector<double>& beta) {
    std::vector<std::shared_ptr<const BondThresholds>> known = thresholds_;
    std::vector<std::shared_ptr<const BondThresholds>> result;
    const auto before = [](const auto& left, const auto& right) { return left->beta < right->beta; };
    std::sort(known.begin(), known.end(), before);
    for (std::int64_t r = 0; r < replicas(); ++r) {
        const double own = beta.size() == 1 ? beta[0] : beta[static_cast<std::size_t>(r)];
        auto at = std::lower_bound(known.begin(), known.end(), own,
                                   [](const auto& left, double value) { return left->beta < value; });
        if (at == known.end() || (*at)->beta != own) at = known.insert(at, model_.thresholds(own));
        result.push_back(*at);
    }
    thresholds_ = std::move(result);
}

void ClusterEngine::unpack(std::int8_t* spins) const {
    for (std::int64_t r = 0; r < replicas(); ++r) {
        std::int8_t* own = spins + r * sites();
        store(r, reinterpret_cast<std::uint8_t*>(own));
        if (!model_.ising()) continue;
        for (std::int64_t i = 0; i < sites(); ++i) own[i] = static_cast<std::int8_t>(2 * own[i] - 1);
    }
}

void ClusterEngine::pack(const std::int8_t* spins) {
    std::vector<std::uint8_t> sites_of_one(static_cast<std::size_t>(sites()));
    for (std::int64_t r = 0; r < replicas(); ++r) {
        const std::int8_t* own = spins + r * sites();
        for (std::int64_t i = 0; i < sites(); ++i) {
            sites_of_one[static_cast<std::size_t>(i)] =
                model_.ising() ? static_cast<std::uint8_t>(own[i] > 0) : static_cast<std::uint8_t>(own[i]);
        }
        load(r, sites_of_one.data());
    }
}

void ClusterEngine::read(std::uint32_t* words) const {
    std::vector<std::int8_t> spins(static_cast<std::size_t>(sites() * replicas()));
    unpack(spins.data());
    packing_.pack(spins.data(), words);
}

void ClusterEngine::write(const std::uint32_t* words) {
    packing_.check(words);
    std::vector<std::int8_t> spins(static_cast<std::size_t>(sites() * replicas()));
    packing_.unpack(words, spins.data());
    pack(spins.data());
}

std::unique_ptr<Engine> make_cluster_engine(const EngineRequest& request) {
    constexpr std::int64_t long_row = 12;  // shorter ones leave most of a word empty, and lists of bonds are faster
    const bool wolff = request.options.update == "wolff", learned = request.options.update == "self-learning";
    std::vector<std::string> served{learned ? "cluster-square" : "cluster-graph"};  // the fastest first
    if (!wolff && !learned && RowGeometry::serves(request.lattice, ClusterModel(request))) {
        const bool fast = request.lattice.extents().back() >= long_row;
        served.insert(fast ? served.begin() : served.end(), "cluster-rows");
    }
    const std::string& wanted = request.options.kernel;
    const std::string kernel = wanted.empty() || wanted == "cluster" ? served[0] : wanted;
    if (std::find(served.begin(), served.end(), kernel) == served.end()) {
        throw InvalidArgument("[Sampler] expected a kernel that serves the model and the update, such as '" +
                              served[0] + "', got '" + kernel + "'");
    }
    std::unique_ptr<ClusterEngine> engine = learned                    ? make_self_learning(request)
                                            : wolff                    ? make_wolff(request)
                                            : kernel == "cluster-rows" ? make_row_clusters(request)
                                                                       : make_graph_clusters(request);
    engine->write(graph_start(request).data());
    return engine;
}

}  // namespace kadanoff
