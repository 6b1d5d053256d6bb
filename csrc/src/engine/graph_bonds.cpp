#include "engine/graph_bonds.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace kadanoff {

GraphBonds::GraphBonds(const Lattice& lattice, const ClusterModel& model) : sites_(lattice.sites()) {
    const std::vector<Bond> bonds = lattice.bonds();
    ends_.reserve(bonds.size());
    for (const Bond& bond : bonds) {
        ends_.push_back({static_cast<std::uint32_t>(bond.first), static_cast<std::uint32_t>(bond.second)});
    }
    present_.resize((bonds.size() + 31) / 32, 0);
    negative_.resize(present_.size(), 0);
    for (std::size_t b = 0; b < bonds.size(); ++b) {
        const double coupling = model.coupling()[static_cast<std::int64_t>(b)];
        present_[b / 32] |= static_cast<std::uint32_t>(coupling != 0.0) << b % 32;
        negative_[b / 32] |= static_cast<std::uint32_t>(coupling < 0.0) << b % 32;
    }
}

std::uint32_t GraphBonds::satisfied(std::int64_t word, const std::uint8_t* spins) const {
    const Ends* ends = ends_.data() + 32 * word;
    const std::int64_t here = std::min<std::int64_t>(32, count() - 32 * word);
    std::uint32_t unequal = 0;
    for (std::int64_t i = 0; i < here; ++i) {
        unequal |= static_cast<std::uint32_t>(spins[ends[i].first] != spins[ends[i].second]) << i;
    }
    const auto index = static_cast<std::size_t>(word);
    return present_[index] & ~(unequal ^ negative_[index]);
}

/// The sum over bonds of |J| where satisfied, minus |J| (Potts: nothing) where not.
double GraphBonds::satisfaction(const ClusterModel& model, const std::uint8_t* spins) const {
    const double unsatisfied = model.ising() ? -1.0 : 0.0;
    std::int64_t bonds = 0, right = 0;
    double sum = 0.0;
    for (std::size_t word = 0; word < present_.size(); ++word) {
        const std::uint32_t good = satisfied(static_cast<std::int64_t>(word), spins);
        bonds += std::popcount(present_[word]);
        right += std::popcount(good);
        if (model.one_size()) continue;
        for (std::uint32_t left = present_[word]; left != 0; left &= left - 1) {
            const int bit = std::countr_zero(left);
            const double size = std::fabs(model.coupling()[static_cast<std::int64_t>(32 * word) + bit]);
            sum += good >> bit & 1 ? size : unsatisfied * size;
        }
    }
    if (!model.one_size()) return sum;
    return model.size() * (static_cast<double>(right) + unsatisfied * static_cast<double>(bonds - right));
}

Totals GraphBonds::measure(const ClusterModel& model, const std::uint8_t* spins) const {
    Totals totals;
    totals.energy = -satisfaction(model, spins);
    if (!model.ising()) {
        std::vector<std::int64_t> count(static_cast<std::size_t>(model.states()), 0);
        for (std::int64_t i = 0; i < sites_; ++i) ++count[spins[i]];
        totals.spin = ClusterModel::potts_order(count);
        return totals;
    }
    std::int64_t up = 0;
    for (std::int64_t i = 0; i < sites_; ++i) up += spins[i];
    totals.spin = static_cast<double>(2 * up - sites_);
    double field = 0.0;
    if (model.field().uniform()) {
        field = model.field()[0] * totals.spin;
    } else {
        for (std::int64_t i = 0; i < sites_; ++i) field += spins[i] ? model.field()[i] : -model.field()[i];
    }
    totals.energy -= field;
    return totals;
}

}  // namespace kadanoff
