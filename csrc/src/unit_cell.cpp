#include "kadanoff/lattice/unit_cell.hpp"

#include "kadanoff/error.hpp"

namespace kadanoff {

namespace {

/// A family that has as many axes as it is given extents.
constexpr int any_dimension = 0;

/// One step along each axis, the last axis first.
std::vector<BondOffset> axis_steps(std::size_t dimension) {
    std::vector<BondOffset> bonds(dimension);
    for (std::size_t i = 0; i < dimension; ++i) bonds[i].step[dimension - 1 - i] = 1;
    return bonds;
}

/// Every family of lattices: a new one is a line here.
const std::vector<UnitCell>& families() {
    static const std::vector<UnitCell> table = {
        {"chain", 1, 1, ColourRule::axes, axis_steps(1)},
        {"square", 2, 1, ColourRule::axes, axis_steps(2)},
        {"triangular", 2, 1, ColourRule::diagonal, {{0, 0, {0, 1}}, {0, 0, {1, 0}}, {0, 0, {1, 1}}}},
        {"honeycomb", 2, 2, ColourRule::basis, {{0, 1, {0, 0}}, {1, 0, {0, 1}}, {1, 0, {1, 0}}}},
        {"cubic", 3, 1, ColourRule::axes, axis_steps(3)},
        {"hypercubic", any_dimension, 1, ColourRule::axes, {}},
    };
    return table;
}

[[noreturn]] void refuse_dimension(const std::string& expected, std::string_view name, std::size_t dimension) {
    throw InvalidArgument("[Lattice] expected " + expected + " for a " + std::string(name) + " lattice, got " +
                          std::to_string(dimension));
}

}  // namespace

UnitCell unit_cell(std::string_view name, std::size_t dimension) {
    std::string known;
    for (const UnitCell& family : families()) {
        known += (known.empty() ? "" : ", ") + family.name;
        if (family.name != name) continue;
        if (family.dimension == any_dimension) {
            if (dimension < 1 || dimension > max_dimension) {
                refuse_dimension("1 to " + std::to_string(max_dimension) + " extents", name, dimension);
            }
            return {family.name, static_cast<int>(dimension), family.sites, family.rule, axis_steps(dimension)};
        }
        if (static_cast<std::size_t>(family.dimension) != dimension) {
            refuse_dimension(std::to_string(family.dimension) + (family.dimension == 1 ? " extent" : " extents"), name,
                             dimension);
        }
        return family;
    }
    throw InvalidArgument("[Lattice] expected one of " + known + ", got '" + std::string(name) + "'");
}

}  // namespace kadanoff
