#include "kadanoff/lattice/lattice.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "kadanoff/error.hpp"

namespace kadanoff {

namespace {

/// Sites that 32-bit word indices can tell apart, with room for padding.
constexpr std::int64_t max_sites = std::int64_t{1} << 36;
/// Sites whose bonds may be listed: both ends of one then fit into a 64-bit word.
constexpr std::int64_t max_listed_sites = std::int64_t{1} << 31;

std::int64_t checked_sites(const UnitCell& cell, const std::vector<std::int64_t>& extents,
                           const std::vector<bool>& periodic) {
    std::int64_t sites = cell.sites;
    for (std::size_t axis = 0; axis < extents.size(); ++axis) {
        if (extents[axis] < (periodic[axis] ? 2 : 1)) {
            throw InvalidArgument("[Lattice] expected " + std::string(periodic[axis] ? "periodic" : "open") +
                                  " extents of at least " + (periodic[axis] ? "2" : "1") + ", got " +
                                  extents_text(extents));
        }
        if (extents[axis] > max_sites / sites) {
            throw InvalidArgument("[Lattice] expected at most 2^36 sites, got " + extents_text(extents));
        }
        sites *= extents[axis];
    }
    if (sites < 2) throw InvalidArgument("[Lattice] expected at least 2 sites, got 1");
    return sites;
}

std::int64_t count_bonds(const UnitCell& cell, const std::vector<std::int64_t>& extents,
                         const std::vector<bool>& periodic) {
    std::int64_t total = 0;
    for (const BondOffset& bond : cell.bonds) {
        std::int64_t count = 1;
        for (std::size_t axis = 0; axis < extents.size(); ++axis) {
            count *= periodic[axis] ? extents[axis] : extents[axis] - bond.step[axis];
        }
        total += count;
    }
    return total;
}

std::string pair_text(const Bond& bond) { return std::to_string(bond.first) + "-" + std::to_string(bond.second); }

void check_ends(std::int64_t sites, const std::vector<Bond>& bonds) {
    for (const Bond& bond : bonds) {
        if (std::min(bond.first, bond.second) < 0 || std::max(bond.first, bond.second) >= sites) {
            throw InvalidArgument("[Graph] expected edges between sites 0 to " + std::to_string(sites - 1) + ", got " +
                                  pair_text(bond));
        }
        if (bond.first == bond.second) {
            throw InvalidArgument("[Graph] expected edges between two different sites, got " + pair_text(bond));
        }
    }
}

/// Whatever its direction, an edge is one number: the ends are below 2^31.
void check_unique(const std::vector<Bond>& bonds) {
    std::vector<std::uint64_t> keys(bonds.size());
    std::transform(bonds.begin(), bonds.end(), keys.begin(), [](const Bond& bond) {
        const auto [low, high] = std::minmax(bond.first, bond.second);
        return static_cast<std::uint64_t>(low) << 32 | static_cast<std::uint64_t>(high);
    });
    if (!std::is_sorted(keys.begin(), keys.end())) std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice != keys.end()) {
        const Bond bond{static_cast<std::int64_t>(*twice >> 32), static_cast<std::int64_t>(*twice & 0xffffffffu)};
        throw InvalidArgument("[Graph] expected every edge once, got " + pair_text(bond) + " more than once");
    }
}

int largest_degree(std::int64_t sites, const std::vector<Bond>& bonds) {
    std::vector<int> degree(static_cast<std::size_t>(sites), 0);
    for (const Bond& bond : bonds) {
        ++degree[static_cast<std::size_t>(bond.first)];
        ++degree[static_cast<std::size_t>(bond.second)];
    }
    return *std::max_element(degree.begin(), degree.end());
}

/// A cell and its place along each axis.
class CellWalk {
public:
    CellWalk(const std::vector<std::int64_t>& extents, const std::vector<bool>& periodic)
        : extents_(extents), periodic_(periodic) {
        std::int64_t stride = 1;
        for (std::size_t axis = extents.size(); axis-- > 0;) {
            stride_[axis] = stride;
            stride *= extents[axis];
        }
        cells_ = stride;
    }

    bool done() const { return cell_ == cells_; }
    std::int64_t cell() const { return cell_; }

    void next() {
        ++cell_;
        for (std::size_t axis = extents_.size(); axis-- > 0;) {
            if (++at_[axis] < extents_[axis]) return;
            at_[axis] = 0;
        }
    }

    /// The cell that many steps on, -1 past an open end.
    std::int64_t neighbour(const std::array<int, max_dimension>& step) const {
        std::int64_t result = cell_;
        for (std::size_t axis = 0; axis < extents_.size(); ++axis) {
            if (step[axis] == 0) continue;
            if (at_[axis] + 1 < extents_[axis]) {
                result += stride_[axis];
            } else if (periodic_[axis]) {
                result -= at_[axis] * stride_[axis];
            } else {
                return -1;
            }
        }
        return result;
    }

private:
    const std::vector<std::int64_t>& extents_;
    const std::vector<bool>& periodic_;
    std::array<std::int64_t, max_dimension> stride_{};
    std::array<std::int64_t, max_dimension> at_{};
    std::int64_t cells_ = 0;
    std::int64_t cell_ = 0;
};

}  // namespace

std::string extents_text(const std::vector<std::int64_t>& extents) {
    std::string result;
    for (const std::int64_t extent : extents) result += (result.empty() ? "" : " x ") + std::to_string(extent);
    return result;
}

Lattice::Lattice(UnitCell cell, std::vector<std::int64_t> extents, std::vector<bool> periodic)
    : cell_(std::move(cell)), extents_(std::move(extents)), periodic_(std::move(periodic)) {}

Lattice::Lattice(const Square& lattice) : Lattice(make(Square::name, {lattice.rows, lattice.columns})) {}
Lattice::Lattice(const Cubic& lattice) : Lattice(make(Cubic::name, {lattice.planes, lattice.rows, lattice.columns})) {}

Lattice Lattice::make(std::string_view name, const std::vector<std::int64_t>& extents,
                      const std::vector<bool>& periodic) {
    UnitCell cell = unit_cell(name, extents.size());
    if (!periodic.empty() && periodic.size() != extents.size()) {
        throw InvalidArgument("[Lattice] expected " + std::to_string(extents.size()) + " boundaries for a " +
                              cell.name + " lattice, got " + std::to_string(periodic.size()));
    }
    Lattice result(std::move(cell), extents, periodic.empty() ? std::vector<bool>(extents.size(), true) : periodic);
    result.sites_ = checked_sites(result.cell_, result.extents_, result.periodic_);
    result.bond_count_ = count_bonds(result.cell_, result.extents_, result.periodic_);
    result.coordination_ = 2 * static_cast<int>(result.cell_.bonds.size()) / result.cell_.sites;
    return result;
}

Lattice Lattice::graph(std::int64_t sites, std::vector<Bond> bonds) {
    if (sites < 2 || sites > max_listed_sites) {
        throw InvalidArgument("[Graph] expected 2 to 2^31 sites, got " + std::to_string(sites));
    }
    check_ends(sites, bonds);
    check_unique(bonds);
    Lattice result({"graph", 0, 1, ColourRule::search, {}}, {sites}, {});
    result.sites_ = sites;
    result.bond_count_ = static_cast<std::int64_t>(bonds.size());
    result.coordination_ = largest_degree(sites, bonds);
    result.graph_ = std::make_shared<const std::vector<Bond>>(std::move(bonds));
    return result;
}

std::vector<std::int64_t> Lattice::shape() const {
    std::vector<std::int64_t> result = extents_;
    if (cell_.sites > 1) result.push_back(cell_.sites);
    return result;
}

std::vector<Bond> Lattice::bonds() const {
    if (graph_) return *graph_;
    if (sites_ > max_listed_sites) {
        throw InvalidArgument("[bonds] expected at most 2^31 sites, got " + std::to_string(sites_));
    }
    std::vector<Bond> result;
    result.reserve(static_cast<std::size_t>(bond_count_));
    for (CellWalk walk(extents_, periodic_); !walk.done(); walk.next()) {
        for (const BondOffset& bond : cell_.bonds) {
            const std::int64_t other = walk.neighbour(bond.step);
            if (other >= 0) result.push_back({walk.cell() * cell_.sites + bond.from, other * cell_.sites + bond.to});
        }
    }
    return result;
}

int Lattice::checkerboard_kind() const {
    const bool even = std::all_of(extents_.begin(), extents_.end(), [](std::int64_t n) { return n % 2 == 0; });
    const bool periodic = std::find(periodic_.begin(), periodic_.end(), false) == periodic_.end();
    int result = -1;
    for (int kind = 0; even && periodic && kind < Lattices::size; ++kind) {
        visit_type(Lattices{}, kind, [&](auto tag) {
            if (cell_.name == decltype(tag)::type::name) result = kind;
        });
    }
    return result;
}

}  // namespace kadanoff
