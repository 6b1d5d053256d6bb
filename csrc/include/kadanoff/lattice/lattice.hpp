#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "kadanoff/registry.hpp"

namespace kadanoff {

/// A lattice of any registered kind with its extents, slowest axis first.
class Lattice {
public:
    /// Throws InvalidArgument unless every extent is even and positive.
    Lattice(const Square& lattice);
    Lattice(const Cubic& lattice);

    /// By name ("square", "cubic"); throws InvalidArgument.
    static Lattice make(std::string_view name, const std::vector<std::int64_t>& extents);

    int kind() const { return kind_; }  ///< position in Lattices
    const char* name() const;
    const std::vector<std::int64_t>& extents() const { return extents_; }
    int coordination() const;
    std::int64_t sites() const;
    std::int64_t bond_count() const { return sites() * coordination() / 2; }
    int checkerboard_kind() const { return kind_; }

private:
    Lattice(int kind, std::vector<std::int64_t> extents);

    int kind_;
    std::vector<std::int64_t> extents_;
};

}  // namespace kadanoff
