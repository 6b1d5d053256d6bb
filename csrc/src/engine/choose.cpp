#include <algorithm>
#include <cmath>

#include "engine/engine.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/update/bit_count.hpp"

namespace kadanoff {

namespace {

/// Rows of a checkerboard shorter than this leave most bits of their words empty: with many replicas, packing
/// those is faster.
constexpr std::int64_t short_row = 64;
constexpr std::int64_t many_replicas = 64;

bool on_checkerboard(const EngineRequest& request, const Ising& model) {
    return request.lattice.checkerboard_kind() >= 0 && model.coupling.uniform() && model.field.uniform() &&
           model.plaquette == 0.0 && request.options.order == "sublattice";
}

bool in_bits(const EngineRequest& request, const Ising& model) {
    const auto& couplings = model.coupling.all();
    const double size = couplings.empty() ? 0.0 : std::fabs(couplings[0]);
    return model.field.uniform() && model.plaquette == 0.0 && request.lattice.coordination() <= max_counted &&
           std::all_of(couplings.begin(), couplings.end(), [&](double j) { return std::fabs(j) == size; });
}

bool is_cluster(const EngineRequest& request) {
    return request.options.update == "wolff" || request.options.update == "swendsen-wang";
}

std::string fastest(const EngineRequest& request) {
    if (is_cluster(request)) return "cluster";
    const auto* model = std::get_if<Ising>(&request.model);
    if (model == nullptr) return "potts";
    const bool many_small = request.lattice.extents().back() < short_row && request.options.replicas >= many_replicas &&
                            request.options.device == Device::cpu;
    if (on_checkerboard(request, *model) && !many_small) return "checkerboard";
    return in_bits(request, *model) ? "packed" : "plain";
}

bool serves(const std::string& kernel, const EngineRequest& request) {
    const bool cluster = kernel.starts_with("cluster");  // make_cluster_engine knows its own
    if (is_cluster(request) || cluster) return is_cluster(request) && cluster;
    const auto* model = std::get_if<Ising>(&request.model);
    if (kernel == "potts" || model == nullptr) return kernel == "potts" && model == nullptr;
    if (kernel == "checkerboard") return on_checkerboard(request, *model);
    return kernel == "plain" || (kernel == "packed" && in_bits(request, *model));
}

}  // namespace

std::unique_ptr<Engine> make_engine(const EngineRequest& request) {
    const std::string kernel = request.options.kernel.empty() ? fastest(request) : request.options.kernel;
    if (!serves(kernel, request)) {
        throw InvalidArgument("[Sampler] expected a kernel that serves the model and the update, such as '" +
                              fastest(request) + "', got '" + kernel + "'");
    }
    if (request.options.device == Device::cuda && kernel != "checkerboard" && kernel != "packed") {
        throw Unavailable("[Sampler] expected device 'cpu' for the " + kernel + " kernel, got 'cuda'");
    }
    if (is_cluster(request)) return make_cluster_engine(request);
    if (kernel == "checkerboard") return make_checkerboard_engine(request);
    if (kernel == "packed") return make_packed_engine(request);
    if (kernel == "plain") return make_plain_engine(request);
    return make_potts_engine(request);
}

}  // namespace kadanoff
