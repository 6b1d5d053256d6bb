#include "site_blocks.hpp"

#include <algorithm>
#include <numeric>

#include "kadanoff/error.hpp"
#include "kadanoff/lattice/colouring.hpp"
#include "kadanoff/update/graph_sweep.hpp"

namespace kadanoff {

namespace {

/// Entries that a vector load may read beyond the last one.
constexpr std::size_t load_slack = 16;

std::int64_t round_up(std::int64_t n, std::int64_t unit) { return (n + unit - 1) / unit * unit; }

/// The ends and numbers of the bonds of every site, in the order of the bonds.
struct Adjacency {
    std::vector<std::int64_t> begin;
    std::vector<std::uint32_t> end_site, bond;

    Adjacency(const std::vector<std::int32_t>& degree, const std::vector<Bond>& bonds) : begin(degree.size() + 1, 0) {
        for (std::size_t i = 0; i < degree.size(); ++i) begin[i + 1] = begin[i] + degree[i];
        end_site.resize(2 * bonds.size());
        bond.resize(2 * bonds.size());
        std::vector<std::int64_t> next(begin.begin(), begin.end() - 1);
        for (std::size_t b = 0; b < bonds.size(); ++b) {
            add(next, bonds[b].first, bonds[b].second, b);
            add(next, bonds[b].second, bonds[b].first, b);
        }
    }

private:
    void add(std::vector<std::int64_t>& next, std::int64_t from, std::int64_t to, std::size_t number) {
        const auto slot = static_cast<std::size_t>(next[static_cast<std::size_t>(from)]++);
        end_site[slot] = static_cast<std::uint32_t>(to);
        bond[slot] = static_cast<std::uint32_t>(number);
    }
};

}  // namespace

std::vector<std::int32_t> degrees(std::int64_t sites, const std::vector<Bond>& bonds) {
    std::vector<std::int32_t> degree(static_cast<std::size_t>(sites), 0);
    for (const Bond& bond : bonds) {
        ++degree[static_cast<std::size_t>(bond.first)];
        ++degree[static_cast<std::size_t>(bond.second)];
    }
    return degree;
}

std::vector<std::uint32_t> site_phases(const Lattice& lattice, const std::string& order) {
    std::vector<std::uint32_t> phase(static_cast<std::size_t>(lattice.sites()), 0);
    if (order == "sublattice") return colour(lattice).colour;
    if (order != "parallel") std::iota(phase.begin(), phase.end(), 0u);
    return phase;
}

SiteBlocks make_site_blocks(const Lattice& lattice, const std::vector<Bond>& bonds,
                            const std::vector<std::uint32_t>& phase, std::int64_t alignment) {
    const std::vector<std::int32_t> degree = degrees(lattice.sites(), bonds);
    std::vector<std::uint32_t> sorted(phase.size());
    std::iota(sorted.begin(), sorted.end(), 0u);
    const auto key = [&](std::uint32_t site) { return std::pair(phase[site], degree[site]); };
    std::stable_sort(sorted.begin(), sorted.end(), [&](auto a, auto b) { return key(a) < key(b); });

    SiteBlocks result;
    result.position.resize(sorted.size());
    std::int64_t slots = 0, group = 0;
    for (std::size_t begin = 0; begin < sorted.size();) {
        std::size_t end = begin;
        while (end < sorted.size() && key(sorted[end]) == key(sorted[begin])) ++end;
        if (begin == 0 || phase[sorted[begin]] != phase[sorted[begin - 1]]) {
            result.phase_begin.push_back(static_cast<std::int64_t>(result.blocks.size()));
        }
        const auto sites = static_cast<std::int64_t>(end - begin);
        SiteBlock block{result.positions, sites, group, degree[sorted[begin]], slots, round_up(sites, group_unit)};
        for (std::size_t j = begin; j < end; ++j) {
            result.position[sorted[j]] = static_cast<std::uint32_t>(block.first + static_cast<std::int64_t>(j - begin));
        }
        result.positions += round_up(sites, alignment);
        group += block.stride;
        slots += block.degree * block.stride;
        result.blocks.push_back(block);
        begin = end;
    }
    result.phase_begin.push_back(static_cast<std::int64_t>(result.blocks.size()));
    if (group >= (std::int64_t{1} << 32) || result.positions >= (std::int64_t{1} << 31)) {
        throw InvalidArgument("[Sampler] expected at most 2^31 positions of sites, got " +
                              std::to_string(std::max(group, result.positions)));
    }

    const Adjacency adjacency(degree, bonds);
    result.neighbour.assign(static_cast<std::size_t>(slots) + load_slack, 0);
    result.bond.assign(static_cast<std::size_t>(slots) + load_slack, 0);
    std::size_t next = 0;  // in `sorted`
    for (const SiteBlock& block : result.blocks) {
        for (std::int64_t j = 0; j < block.sites; ++j, ++next) {
            const std::int64_t begin = adjacency.begin[sorted[next]];
            for (std::int64_t d = 0; d < block.degree; ++d) {
                const auto slot = static_cast<std::size_t>(block.first_slot + d * block.stride + j);
                const auto entry = static_cast<std::size_t>(begin + d);
                result.neighbour[slot] = result.position[adjacency.end_site[entry]];
                result.bond[slot] = adjacency.bond[entry];
            }
        }
    }
    return result;
}

}  // namespace kadanoff
