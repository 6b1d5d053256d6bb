#include "isoenergetic_clusters.hpp"

#include <algorithm>

#include "kadanoff/error.hpp"

namespace kadanoff {

IsoenergeticClusters::IsoenergeticClusters(const Lattice& lattice, const Ising& model)
    : has_field_(std::any_of(model.field.all().begin(), model.field.all().end(), [](double h) { return h != 0.0; })),
      first_neighbour_(static_cast<std::size_t>(lattice.sites() + 1)) {
    if (model.plaquette != 0.0) {
        throw InvalidArgument(
            "[ParallelTempering] expected a model of pairs of spins for cluster moves, got plaquettes");
    }
    const std::vector<Bond> bonds = lattice.bonds();
    const auto each_end = [&](auto visit) {
        for (std::size_t b = 0; b < bonds.size(); ++b) {
            if (model.coupling[static_cast<std::int64_t>(b)] == 0.0) continue;
            visit(bonds[b].first, bonds[b].second);
            visit(bonds[b].second, bonds[b].first);
        }
    };
    each_end([&](std::int64_t site, std::int64_t) { ++first_neighbour_[static_cast<std::size_t>(site) + 1]; });
    for (std::size_t i = 1; i < first_neighbour_.size(); ++i) first_neighbour_[i] += first_neighbour_[i - 1];
    neighbours_.resize(static_cast<std::size_t>(first_neighbour_.back()));
    std::vector<std::int64_t> next(first_neighbour_.begin(), first_neighbour_.end() - 1);
    each_end([&](std::int64_t site, std::int64_t neighbour) {
        const std::int64_t slot = next[static_cast<std::size_t>(site)]++;
        neighbours_[static_cast<std::size_t>(slot)] = static_cast<std::int32_t>(neighbour);
    });
}

std::int64_t IsoenergeticClusters::move(std::int8_t* first, std::int8_t* second, std::uint64_t uniform,
                                        std::vector<std::int32_t>& scratch) const {
    const auto sites = static_cast<std::int64_t>(first_neighbour_.size()) - 1;
    scratch.resize(static_cast<std::size_t>(sites));
    std::int64_t different = 0;
    for (std::int64_t i = 0; i < sites; ++i) different += first[i] != second[i];
    const bool take_equal = !has_field_ && 2 * different > sites;
    const std::int64_t candidates = take_equal ? sites - different : different;
    if (candidates == 0) return 0;
    // The bias of the choice is below 2^-64 times the number of sites.
    __extension__ typedef unsigned __int128 Wide;
    auto chosen =
        static_cast<std::int64_t>((static_cast<Wide>(uniform) * static_cast<std::uint64_t>(candidates)) >> 64);
    std::int64_t seed = 0;
    while ((first[seed] == second[seed]) != take_equal || chosen-- > 0) ++seed;
    // Both spins of a visited site are turned at once, which q does not show: mark the site by 0 in `first` meanwhile.
    std::int64_t size = 0;
    const auto take = [&](std::int64_t site) {
        first[site] = 0;
        scratch[static_cast<std::size_t>(size++)] = static_cast<std::int32_t>(site);
    };
    take(seed);
    const int product = take_equal ? 1 : -1;
    for (std::int64_t done = 0; done < size; ++done) {
        const auto site = static_cast<std::size_t>(scratch[static_cast<std::size_t>(done)]);
        for (std::int64_t n = first_neighbour_[site]; n < first_neighbour_[site + 1]; ++n) {
            const std::int64_t neighbour = neighbours_[static_cast<std::size_t>(n)];
            if (first[neighbour] * second[neighbour] == product) take(neighbour);
        }
    }
    for (std::int64_t done = 0; done < size; ++done) {
        const std::int64_t site = scratch[static_cast<std::size_t>(done)];
        second[site] = static_cast<std::int8_t>(-second[site]);
        first[site] = static_cast<std::int8_t>(product * second[site]);
    }
    return size;
}

}  // namespace kadanoff
