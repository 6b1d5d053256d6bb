#include "kadanoff/lattice/lattice.hpp"

#include <string>
#include <utility>

#include "kadanoff/error.hpp"

namespace kadanoff {

namespace {

/// Sites that 32-bit word indices can tell apart, with room for padding.
constexpr std::int64_t max_sites = std::int64_t{1} << 36;

std::string text(const std::vector<std::int64_t>& extents) {
    std::string result;
    for (const std::int64_t extent : extents) result += (result.empty() ? "" : " x ") + std::to_string(extent);
    return result;
}

void check_extents(const std::vector<std::int64_t>& extents) {
    std::int64_t sites = 1;
    for (const std::int64_t extent : extents) {
        if (extent < 2) throw InvalidArgument("[Lattice] expected extents of at least 2, got " + text(extents));
        if (extent % 2 != 0) {
            throw InvalidArgument("[Lattice] expected even extents, got " + text(extents) +
                                  ": an odd periodic extent is not bipartite and has no checkerboard; "
                                  "the replica-packed kernel of a later release will handle it");
        }
        if (extent > max_sites / sites) {
            throw InvalidArgument("[Lattice] expected at most 2^36 sites, got " + text(extents));
        }
        sites *= extent;
    }
}

}  // namespace

Lattice::Lattice(int kind, std::vector<std::int64_t> extents) : kind_(kind), extents_(std::move(extents)) {
    check_extents(extents_);
}

Lattice::Lattice(const Square& lattice) : Lattice(make(Square::name, {lattice.rows, lattice.columns})) {}
Lattice::Lattice(const Cubic& lattice) : Lattice(make(Cubic::name, {lattice.planes, lattice.rows, lattice.columns})) {}

Lattice Lattice::make(std::string_view name, const std::vector<std::int64_t>& extents) {
    std::string known;
    for (int kind = 0; kind < Lattices::size; ++kind) {
        std::string_view candidate;
        int dimension = 0;
        visit_type(Lattices{}, kind, [&](auto tag) {
            candidate = decltype(tag)::type::name;
            dimension = decltype(tag)::type::dimension;
        });
        if (candidate == name) {
            if (static_cast<int>(extents.size()) != dimension) {
                throw InvalidArgument("[Lattice] expected " + std::to_string(dimension) + " extents for a " +
                                      std::string(name) + " lattice, got " + std::to_string(extents.size()));
            }
            return Lattice(kind, extents);
        }
        known += (known.empty() ? "" : ", ") + std::string(candidate);
    }
    throw InvalidArgument("[Lattice] expected one of " + known + ", got '" + std::string(name) + "'");
}

const char* Lattice::name() const {
    const char* result = "";
    visit_type(Lattices{}, kind_, [&](auto tag) { result = decltype(tag)::type::name; });
    return result;
}

int Lattice::coordination() const {
    int result = 0;
    visit_type(Lattices{}, kind_, [&](auto tag) { result = decltype(tag)::type::coordination; });
    return result;
}

std::int64_t Lattice::sites() const {
    std::int64_t result = 1;
    for (const std::int64_t extent : extents_) result *= extent;
    return result;
}

}  // namespace kadanoff
