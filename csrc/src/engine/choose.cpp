#include <algorithm>
#include <cmath>
#include <set>

#include "engine/engine.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/update/bit_count.hpp"
#include "kadanoff/update/dense_sweep.hpp"
#include "kadanoff/update/table_sweep.hpp"

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

bool in_tables(const EngineRequest& request, const Ising& model) {
    return model.plaquette == 0.0 && request.lattice.coordination() <= max_table_degree;
}

/// Whether tables are worth it: enough replicas to share those of a site, at few temperatures.
bool tables_pay(const EngineRequest& request) {
    constexpr std::int64_t register_replicas = packed_lanes * replicas_per_word;
    constexpr std::int64_t most_betas = 24;  // in a register
    constexpr double most_bytes = 1 << 26;   // of all tables: beyond a cache they are read from memory
    const int degree = request.lattice.coordination();
    const std::int64_t replicas = request.options.replicas;
    if (replicas < (degree <= 4 ? register_replicas / 2 : register_replicas)) return false;
    const std::vector<double>& beta = request.options.beta;
    for (auto first = beta.begin(); first < beta.end();) {
        const auto last = first + std::min<std::int64_t>(register_replicas, beta.end() - first);
        if (static_cast<std::int64_t>(std::set<double>(first, last).size()) > most_betas) return false;
        first = last;
    }
    const auto betas = static_cast<double>(std::set<double>(beta.begin(), beta.end()).size());
    const double rows = 3.0 * table_quarters(degree) * betas * static_cast<double>(request.lattice.sites());
    return 4.0 * static_cast<double>(row_words) * rows <= most_bytes;
}

/// Whether so many sites are neighbours that tables of four of them pay, beyond few neighbours and within memory.
bool dense_pays(const EngineRequest& request, const Ising& model) {
    constexpr double most_bytes = 1 << 30;
    const auto sites = static_cast<double>(request.lattice.sites());
    const double neighbours = 2.0 * static_cast<double>(request.lattice.bond_count()) / sites;  // on average
    return model.plaquette == 0.0 && neighbours > max_table_degree && nibble_sites * neighbours >= sites &&
           nibble_cases * sites * sites <= most_bytes;
}

bool is_cluster(const EngineRequest& request) {
    const std::string& update = request.options.update;
    return update == "wolff" || update == "swendsen-wang" || update == "self-learning";
}

std::string fastest(const EngineRequest& request) {
    if (is_cluster(request)) return "cluster";
    const auto* model = std::get_if<Ising>(&request.model);
    if (model == nullptr) return "potts";
    const bool many_small = request.lattice.extents().back() < short_row && request.options.replicas >= many_replicas &&
                            request.options.device == Device::cpu;
    if (on_checkerboard(request, *model) && !many_small) return "checkerboard";
    const bool cuda = request.options.device == Device::cuda;
    if (!cuda && dense_pays(request, *model)) return "dense";
    if (in_bits(request, *model)) return "packed";
    return !cuda && in_tables(request, *model) && tables_pay(request) ? "table" : "plain";
}

bool serves(const std::string& kernel, const EngineRequest& request) {
    const bool cluster = kernel.starts_with("cluster");  // make_cluster_engine knows its own
    if (is_cluster(request) || cluster) return is_cluster(request) && cluster;
    const auto* model = std::get_if<Ising>(&request.model);
    if (kernel == "potts" || model == nullptr) return kernel == "potts" && model == nullptr;
    if (kernel == "checkerboard") return on_checkerboard(request, *model);
    if (kernel == "table") return in_tables(request, *model);
    if (kernel == "dense") return model->plaquette == 0.0;
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
    if (kernel == "table") return make_table_engine(request);
    if (kernel == "dense") return make_dense_engine(request);
    if (kernel == "plain") return make_plain_engine(request);
    return make_potts_engine(request);
}

}  // namespace kadanoff
