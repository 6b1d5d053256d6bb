#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace kadanoff {

inline constexpr int max_dimension = 8;

/// One bond of a unit cell: from its site `from` to site `to` of the cell `step` further along each axis.
struct BondOffset {
    int from = 0;
    int to = 0;
    std::array<int, max_dimension> step{};  ///< 0 or 1, slowest axis first
};

/// The proper colouring that a family is known to have (colouring.cpp).
enum class ColourRule {
    axes,      ///< a product of paths and cycles
    diagonal,  ///< three sites around every triangle
    basis,     ///< by the site of the cell
    search,    ///< none: ask the graph
};

/// What is repeated along the axes: all that the code knows of a family of lattices.
struct UnitCell {
    std::string name;
    int dimension = 0;
    int sites = 1;
    ColourRule rule = ColourRule::search;
    std::vector<BondOffset> bonds;  ///< in increasing order of `from`
};

/// The cell of a family with that many axes; throws InvalidArgument.
UnitCell unit_cell(std::string_view name, std::size_t dimension);

}  // namespace kadanoff
