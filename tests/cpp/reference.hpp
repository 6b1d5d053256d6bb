#pragma once

#include <cstdint>
#include <vector>

#include "kadanoff/model/ising.hpp"
#include "kadanoff/rng/stream.hpp"
#include "kadanoff/rng/xoshiro.hpp"
#include "kadanoff/update/accept_table.hpp"

/// The slow oracle: spins as +-1 in site order, one site after the other, straight from the definition of the update
/// rules and of the random-number contract (docs/random_numbers.md). Knows nothing of bit planes.
struct Reference {
    std::int64_t planes, rows, columns;
    int dimension;
    std::vector<std::int8_t> spins;  ///< (z, y, x)

    std::int64_t site(std::int64_t z, std::int64_t y, std::int64_t x) const {
        return ((z + planes) % planes * rows + (y + rows) % rows) * columns + (x + columns) % columns;
    }
    int spin(std::int64_t z, std::int64_t y, std::int64_t x) const {
        return spins[static_cast<std::size_t>(site(z, y, x))];
    }
    int neighbour_sum(std::int64_t z, std::int64_t y, std::int64_t x) const {
        const int in_plane = spin(z, y, x - 1) + spin(z, y, x + 1) + spin(z, y - 1, x) + spin(z, y + 1, x);
        return dimension == 2 ? in_plane : in_plane + spin(z - 1, y, x) + spin(z + 1, y, x);
    }

    /// Sums over sites: unequal neighbour pairs and up spins.
    std::uint64_t unequal_bonds() const;
    std::uint64_t up_spins() const;

    template <class Rule>
    void half_sweep(const kadanoff::UniformIsing& model, double beta, const kadanoff::DrawKey& key) {
        const std::vector<std::uint64_t> uniform = uniforms(key, Rule::tail_stream);
        for (std::int64_t z = 0; z < planes; ++z) {
            for (std::int64_t y = 0; y < rows; ++y) {
                for (std::int64_t x = (y + z + key.sublattice) % 2; x < columns; x += 2) {
                    const int coordination = 2 * dimension;
                    const int up = (neighbour_sum(z, y, x) + coordination) / 2;
                    const double drive = 2.0 * beta * model.local_field(up, coordination);
                    const kadanoff::Decision decision = Rule::decide(spin(z, y, x) > 0, drive);
                    const auto i = static_cast<std::size_t>(site(z, y, x));
                    const bool accepted = uniform[i] <= kadanoff::threshold(decision.probability);
                    spins[i] = decision.base != accepted ? 1 : -1;
                }
            }
        }
    }

private:
    /// The 64-bit uniform number of every site of the colour: its top bits from the stripe's stream, one from each
    /// of a run of words, the others from the site's own draw.
    std::vector<std::uint64_t> uniforms(const kadanoff::DrawKey& key, kadanoff::Stream tail) const;
};
