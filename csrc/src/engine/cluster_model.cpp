#include "engine/cluster_model.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "checks.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/update/heat_bath.hpp"

namespace kadanoff {

namespace {

std::uint64_t bond_threshold(double exponent) {
    const DoubleDouble inactive = exp_minus(exponent);
    return threshold(DoubleDouble{1.0, 0.0} + DoubleDouble{-inactive.high, -inactive.low});
}

void check_lattice(const EngineRequest& request) {
    if (request.lattice.sites() > (std::int64_t{1} << 31)) {
        throw InvalidArgument("[Sampler] expected at most 2^31 sites for update '" + request.options.update +
                              "', got " + std::to_string(request.lattice.sites()));
    }
}

}  // namespace

ClusterModel::ClusterModel(const EngineRequest& request) {
    check_lattice(request);
    const std::string& update = request.options.update;
    if (const auto* potts = std::get_if<Potts>(&request.model)) {
        states_ = potts->states;
        coupling_ = potts->coupling;
    } else {
        const auto& ising = std::get<Ising>(request.model);
        if (ising.plaquette != 0.0) {
            throw InvalidArgument("[Sampler] expected no plaquette coupling for update '" + update + "', got " +
                                  text(ising.plaquette) + ": its clusters are those of pair couplings");
        }
        coupling_ = ising.coupling;
        field_ = ising.field;
    }
    for (const double h : field_.all()) has_field_ = has_field_ || h != 0.0;
    for (const double j : coupling_.all()) {
        if (j < 0.0 && !ising()) {
            throw InvalidArgument("[Sampler] expected Potts couplings >= 0 for update '" + update + "', got " +
                                  text(j));
        }
    }
    look_at_couplings();
}

void ClusterModel::look_at_couplings() {
    for (const double j : coupling_.all()) {
        has_negative_ = has_negative_ || j < 0.0;
        if (j == 0.0) continue;
        one_size_ = one_size_ && (size_ == 0.0 || size_ == std::fabs(j));
        size_ = std::fabs(j);
    }
}

std::shared_ptr<const BondThresholds> ClusterModel::thresholds(double beta) const {
    const double scale = ising() ? 2.0 : 1.0;
    auto result = std::make_shared<BondThresholds>();
    result->beta = beta;
    if (one_size_) {
        result->of = {bond_threshold(scale * beta * size_)};
        return result;
    }
    result->of.reserve(coupling_.all().size());
    for (const double j : coupling_.all()) result->of.push_back(bond_threshold(scale * beta * std::fabs(j)));
    return result;
}

std::uint8_t ClusterModel::change(const DrawKey& key, std::uint32_t first_site, std::uint8_t spin, double field,
                                  double beta) const {
    const Block<WordOps> block = draw<WordOps>(key, first_site, decision_slot);
    const std::uint64_t uniform = std::uint64_t{block.word[1]} << 32 | block.word[0];
    if (ising()) return accepts_heat_bath(uniform, 2.0 * beta * field);
    return static_cast<std::uint8_t>(spin ^ scaled(uniform, static_cast<std::uint32_t>(states_)));
}

double ClusterModel::potts_order(const std::vector<std::int64_t>& sites_in_state) {
    std::int64_t all = 0, most = 0;
    for (const std::int64_t count : sites_in_state) {
        all += count;
        most = std::max(most, count);
    }
    const auto states = static_cast<std::int64_t>(sites_in_state.size());
    return static_cast<double>(states * most - all) / static_cast<double>(states - 1);
}

bool accepts_heat_bath(std::uint64_t uniform, double x) {
    constexpr double doubt = 1e-9;  // far above the error of exp and of the conversion
    const double difference = std::ldexp(static_cast<double>(uniform), -64) - 1.0 / (1.0 + std::exp(std::fabs(x)));
    if (std::fabs(difference) > doubt) return (x < 0.0) != (difference < 0.0);
    const Decision decision = HeatBath::decide(true, -x);
    return decision.base != (uniform <= threshold(decision.probability));
}

std::uint32_t scaled(std::uint64_t uniform, std::uint32_t count) {
    const std::uint64_t low = (uniform & 0xFFFFFFFFu) * count >> 32;
    return static_cast<std::uint32_t>(((uniform >> 32) * count + low) >> 32);
}

}  // namespace kadanoff
