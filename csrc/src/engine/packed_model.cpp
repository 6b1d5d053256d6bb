#include "engine/packed_model.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "kadanoff/error.hpp"
#include "kadanoff/update/bit_count.hpp"

namespace kadanoff {

namespace {

constexpr std::uint32_t ones = ~std::uint32_t{0};

bool both_signs(const Values& coupling) {
    return std::any_of(coupling.all().begin(), coupling.all().end(),
                       [&](double j) { return (j < 0) != (coupling[0] < 0); });
}

void check_degrees(const SiteBlocks& sites) {
    for (const SiteBlock& block : sites.blocks) {
        if (block.degree > max_counted) {
            throw InvalidArgument("[Sampler] expected at most 255 neighbours of a site for the packed kernel, got " +
                                  std::to_string(block.degree));
        }
    }
}

}  // namespace

PackedCouplings packed_couplings(const Values& coupling, const std::vector<Bond>& bonds, const SiteBlocks& sites) {
    PackedCouplings result;
    result.bonds = static_cast<std::int64_t>(bonds.size());
    for (const Bond& bond : bonds) {
        result.first.push_back(sites.position[static_cast<std::size_t>(bond.first)]);
        result.second.push_back(sites.position[static_cast<std::size_t>(bond.second)]);
    }
    for (auto* list : {&result.first, &result.second}) list->resize(list->size() + packed_lanes);
    if (!both_signs(coupling)) {
        result.flip = coupling[0] < 0 ? ones : 0;
        return result;
    }
    for (std::int64_t b = 0; b < coupling.size(); ++b) result.bond_negative.push_back(coupling[b] < 0 ? ones : 0);
    for (const std::uint32_t bond : sites.bond) result.negative.push_back(result.bond_negative[bond]);
    result.bond_negative.resize(result.bond_negative.size() + packed_lanes);
    return result;
}

PackedModel::PackedModel(const EngineRequest& request, const Ising& model, const SiteBlocks& sites, std::int64_t words)
    : rule_(find_rule(request.options.update)),
      size_{std::fabs(model.coupling[0]), model.field[0]},
      coupling_(model.coupling[0] < 0 && !both_signs(model.coupling) ? -size_.coupling : size_.coupling),
      replicas_(request.options.replicas),
      sites_(request.lattice.sites()),
      bonds_(request.lattice.bond_count()) {
    check_degrees(sites);
    for (const SiteBlock& block : sites.blocks) {
        if (table_for(block.degree) == tables_.size()) tables_.emplace_back(rule_, block.degree, size_, words);
    }
    set_beta(request.options.beta);
}

std::size_t PackedModel::table_for(int degree) const {
    const auto found = std::find_if(tables_.begin(), tables_.end(),
                                    [&](const PackedTables& table) { return table.degree() == degree; });
    return static_cast<std::size_t>(found - tables_.begin());
}

std::vector<PackedTable> PackedModel::views() const {
    std::vector<PackedTable> result;
    for (const PackedTables& table : tables_) result.push_back(table.view());
    return result;
}

void PackedModel::set_beta(const std::vector<double>& beta) {
    std::vector<double> each = beta;
    if (each.size() == 1) each.assign(static_cast<std::size_t>(replicas_), beta[0]);
    for (PackedTables& table : tables_) table.set_beta(each);
}

Totals PackedModel::totals(std::uint64_t unequal, std::uint64_t up) const {
    const auto bond_sum = static_cast<double>(bonds_ - 2 * static_cast<std::int64_t>(unequal));
    const auto spin = static_cast<double>(2 * static_cast<std::int64_t>(up) - sites_);
    return {-coupling_ * bond_sum - size_.field * spin, spin};
}

}  // namespace kadanoff
