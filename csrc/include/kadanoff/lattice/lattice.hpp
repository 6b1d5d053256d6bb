#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "kadanoff/lattice/unit_cell.hpp"
#include "kadanoff/registry.hpp"

namespace kadanoff {

struct Bond {
    std::int64_t first;
    std::int64_t second;

    bool operator==(const Bond&) const = default;
};

/// Sites and bonds: a unit cell repeated along axes that are periodic or open, or any graph.
///
/// Sites are numbered row-major over shape(). Small to copy; bonds are kept of a graph only.
class Lattice {
public:
    /// The geometries of the checkerboard kernels, periodic; throw InvalidArgument.
    Lattice(const Square& lattice);
    Lattice(const Cubic& lattice);

    /// A chain, square, triangular, honeycomb, cubic or hypercubic lattice of `extents` cells, slowest axis first.
    /// One flag for each axis, or none: all periodic. An extent is at least 2 along a periodic axis (2 binds
    /// neighbours twice on a hypercubic lattice), at least 1 along an open one. Throws InvalidArgument.
    static Lattice make(std::string_view name, const std::vector<std::int64_t>& extents,
                        const std::vector<bool>& periodic = {});

    /// Any graph of 2 to 2^31 sites. Throws InvalidArgument for a bond from a site to itself, two of the same sites,
    /// or one that leads to no site.
    static Lattice graph(std::int64_t sites, std::vector<Bond> bonds);

    const char* name() const { return cell_.name.c_str(); }
    const UnitCell& cell() const { return cell_; }                         ///< without bonds for a graph
    const std::vector<std::int64_t>& extents() const { return extents_; }  ///< in cells; {sites} of a graph
    const std::vector<bool>& periodic() const { return periodic_; }        ///< by axis; empty for a graph
    std::vector<std::int64_t> shape() const;                               ///< extents, then sites of a cell if not 1
    std::int64_t sites() const { return sites_; }
    std::int64_t bond_count() const { return bond_count_; }

    /// All bonds: site by site in the order of the cell's bonds, those that would cross an open end left out; a
    /// graph's as they were given. Built anew by each call. Throws InvalidArgument beyond 2^31 sites.
    std::vector<Bond> bonds() const;

    /// Bonds at a site that is not at an open end; the largest number of them in a graph.
    int coordination() const { return coordination_; }

    /// Position in registry.hpp's Lattices if the checkerboard kernels serve the lattice, else -1.
    int checkerboard_kind() const;

private:
    Lattice(UnitCell cell, std::vector<std::int64_t> extents, std::vector<bool> periodic);

    UnitCell cell_;
    std::vector<std::int64_t> extents_;
    std::vector<bool> periodic_;
    std::int64_t sites_ = 0;
    std::int64_t bond_count_ = 0;
    int coordination_ = 0;
    std::shared_ptr<const std::vector<Bond>> graph_;
};

/// Extents as an error tells them: "4 x 5".
std::string extents_text(const std::vector<std::int64_t>& extents);

}  // namespace kadanoff
