#include "engine/row_geometry.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace kadanoff {

namespace {

constexpr std::uint64_t low_bits = 0x0101010101010101u;

/// Bit i of the result is the lowest bit of byte i.
std::uint64_t gather_bits(std::uint64_t bytes) { return (bytes & low_bits) * 0x0102040810204080u >> 56; }

/// Byte i of the result is bit i.
std::uint64_t spread_bits(std::uint64_t bits) {
    const std::uint64_t separate = (bits & 0xFF) * low_bits & 0x8040201008040201u;
    return (separate + 0x7F7F7F7F7F7F7F7Fu) >> 7 & low_bits;
}

bool leads_along(const BondOffset& bond, std::size_t axes) {
    return std::find(bond.step.begin(), bond.step.begin() + static_cast<std::ptrdiff_t>(axes) - 1, 1) ==
           bond.step.begin() + static_cast<std::ptrdiff_t>(axes) - 1;
}

}  // namespace

bool RowGeometry::serves(const Lattice& lattice, const ClusterModel& model) {
    return !lattice.cell().bonds.empty() && lattice.cell().sites == 1 && model.one_size() && model.field().uniform();
}

RowGeometry::RowGeometry(const Lattice& lattice, const ClusterModel& model)
    : rows_(lattice.sites() / lattice.extents().back()),
      columns_(lattice.extents().back()),
      words_((columns_ + 63) / 64),
      families_(static_cast<std::int64_t>(lattice.cell().bonds.size())),
      planes_(model.ising() ? 1 : std::bit_width(static_cast<unsigned>(model.states() - 1))) {
    list_targets(lattice);
    list_bonds(lattice, model);
}

double RowGeometry::bytes() const {
    return 4.0 * static_cast<double>(target_.size()) + 8.0 * static_cast<double>(present_.size() + negative_.size());
}

RowClusters RowGeometry::view() const {
    RowClusters result{};
    result.rows = rows_;
    result.columns = columns_;
    result.words = words_;
    result.families = families_;
    result.planes = planes_;
    result.along = along_;
    result.target = target_.data();
    result.step = step_.data();
    result.present = present_.data();
    result.negative = negative_.empty() ? nullptr : negative_.data();
    return result;
}

/// The row where the bonds of each family lead, all axes taken as periodic.
void RowGeometry::list_targets(const Lattice& lattice) {
    const std::vector<std::int64_t>& extents = lattice.extents();
    const std::size_t axes = extents.size();
    for (std::int64_t k = 0; k < families_; ++k) {
        const BondOffset& bond = lattice.cell().bonds[static_cast<std::size_t>(k)];
        step_.push_back(static_cast<std::uint8_t>(bond.step[axes - 1]));
        if (leads_along(bond, axes)) along_ = static_cast<int>(k);
        for (std::int64_t row = 0; row < rows_; ++row) {
            std::int64_t target = 0, stride = 1, rest = row;
            for (std::size_t axis = axes - 1; axis-- > 0;) {
                target += (rest % extents[axis] + bond.step[axis]) % extents[axis] * stride;
                stride *= extents[axis];
                rest /= extents[axis];
            }
            target_.push_back(static_cast<std::int32_t>(target));
        }
    }
}

/// Couplings come in the order of Lattice::bonds: site by site, family by family.
void RowGeometry::list_bonds(const Lattice& lattice, const ClusterModel& model) {
    present_.resize(static_cast<std::size_t>(bond_words()), 0);
    if (model.has_negative()) negative_.resize(present_.size(), 0);
    const std::vector<std::int64_t>& extents = lattice.extents();
    std::vector<std::int64_t> at(extents.size(), 0);
    std::int64_t bond = 0;
    for (std::int64_t site = 0; site < sites(); ++site) {
        const std::int64_t column = site % columns_;
        for (std::int64_t k = 0; k < families_; ++k) {
            bool crosses = false;
            for (std::size_t axis = 0; axis < extents.size(); ++axis) {
                const int step = lattice.cell().bonds[static_cast<std::size_t>(k)].step[axis];
                crosses = crosses || (step != 0 && at[axis] + 1 == extents[axis] && !lattice.periodic()[axis]);
            }
            if (crosses) continue;
            const double coupling = model.coupling()[bond++];
            if (coupling == 0.0) continue;
            const std::int64_t word = (site / columns_ * words_ + column / 64) * families_ + k;
            const std::uint64_t bit = std::uint64_t{1} << column % 64;
            present_[static_cast<std::size_t>(word)] |= bit;
            if (coupling < 0.0) negative_[static_cast<std::size_t>(word)] |= bit;
            ++bonds_;
        }
        for (std::size_t axis = extents.size(); axis-- > 0;) {
            if (++at[axis] < extents[axis]) break;
            at[axis] = 0;
        }
    }
}

void RowGeometry::pack(const std::uint8_t* sites, std::uint64_t* words) const {
    std::fill(words, words + spin_words(), 0);
    for (std::int64_t row = 0; row < rows_; ++row) {
        for (std::int64_t x = 0; x < columns_; x += 8) {
            std::uint64_t eight = 0;
            std::memcpy(&eight, sites + row * columns_ + x,
                        static_cast<std::size_t>(std::min<std::int64_t>(8, columns_ - x)));
            for (int p = 0; p < planes_; ++p) {
                words[p * row_words() + row * words_ + x / 64] |= gather_bits(eight >> p) << x % 64;
            }
        }
    }
}

void RowGeometry::unpack(const std::uint64_t* words, std::uint8_t* sites) const {
    for (std::int64_t row = 0; row < rows_; ++row) {
        for (std::int64_t x = 0; x < columns_; x += 8) {
            std::uint64_t eight = 0;
            for (int p = 0; p < planes_; ++p) {
                eight |= spread_bits(words[p * row_words() + row * words_ + x / 64] >> x % 64) << p;
            }
            std::memcpy(sites + row * columns_ + x, &eight,
                        static_cast<std::size_t>(std::min<std::int64_t>(8, columns_ - x)));
        }
    }
}

std::vector<std::int64_t> RowGeometry::sites_in_state(const std::uint64_t* spins, int states) const {
    std::vector<std::int64_t> result(static_cast<std::size_t>(states), 0);
    std::int64_t others = 0;
    for (int state = 1; state < states; ++state) {
        std::int64_t count = 0;
        for (std::int64_t i = 0; i < row_words(); ++i) {
            std::uint64_t here = ~std::uint64_t{0};  // padding is in state 0
            for (int p = 0; p < planes_; ++p)
                here &= spins[p * row_words() + i] ^ ((state >> p & 1) - std::uint64_t{1});
            count += std::popcount(here);
        }
        result[static_cast<std::size_t>(state)] = count;
        others += count;
    }
    result[0] = sites() - others;
    return result;
}

Totals RowGeometry::measure(const ClusterKernel& kernel, const ClusterModel& model, std::uint64_t* spins) const {
    RowClusters rows = view();
    rows.spins = spins;
    const RowTotals found = kernel.measure(rows);
    Totals totals;
    if (model.ising()) {
        totals.spin = static_cast<double>(2 * found.up_spins - sites());
        totals.energy =
            -model.size() * static_cast<double>(2 * found.satisfied_bonds - bonds_) - model.field()[0] * totals.spin;
    } else {
        totals.spin = ClusterModel::potts_order(sites_in_state(spins, model.states()));
        totals.energy = -model.size() * static_cast<double>(found.satisfied_bonds);
    }
    return totals;
}

}  // namespace kadanoff
