#include "engine/neighbours.hpp"

#include <algorithm>
#include <map>

namespace kadanoff {

Neighbours::Neighbours(const Lattice& lattice, const ClusterModel& model) {
    list(lattice, model);
    find_patterns();
    if (!patterned()) return;
    if (negative.empty() && bond.empty()) begin = {};
    site = {};
}

void Neighbours::list(const Lattice& lattice, const ClusterModel& model) {
    const std::vector<Bond> bonds = lattice.bonds();
    const auto sites = static_cast<std::size_t>(lattice.sites());
    const auto for_each_end = [&](auto visit) {
        for (std::size_t b = 0; b < bonds.size(); ++b) {
            if (model.coupling()[static_cast<std::int64_t>(b)] == 0.0) continue;
            visit(static_cast<std::size_t>(bonds[b].first), bonds[b].second, b);
            visit(static_cast<std::size_t>(bonds[b].second), bonds[b].first, b);
        }
    };
    begin.assign(sites + 1, 0);
    for_each_end([&](std::size_t from, std::int64_t, std::size_t) { ++begin[from + 1]; });
    for (std::size_t i = 0; i < sites; ++i) begin[i + 1] += begin[i];
    site.resize(begin[sites]);
    if (model.has_negative()) negative.resize(site.size());
    if (!model.one_size()) bond.resize(site.size());
    std::vector<std::uint64_t> next = begin;
    for_each_end([&](std::size_t from, std::int64_t to, std::size_t b) {
        const std::uint64_t at = next[from]++;
        site[at] = static_cast<std::uint32_t>(to);
        if (!negative.empty()) negative[at] = model.coupling()[static_cast<std::int64_t>(b)] < 0.0;
        if (!bond.empty()) bond[at] = static_cast<std::uint32_t>(b);
    });
}

void Neighbours::find_patterns() {
    std::map<std::vector<std::int32_t>, std::uint8_t> known;
    std::vector<std::int32_t> offsets;
    pattern.resize(begin.size() - 1);
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        offsets.clear();
        for (std::uint64_t at = begin[i]; at < begin[i + 1]; ++at) {
            offsets.push_back(
                static_cast<std::int32_t>(static_cast<std::int64_t>(site[at]) - static_cast<std::int64_t>(i)));
        }
        auto found = known.find(offsets);
        if (found == known.end()) {
            if (known.size() == 256 || offsets.size() > most_offsets) {
                pattern = {};
                return;
            }
            found = known.emplace(offsets, static_cast<std::uint8_t>(known.size())).first;
        }
        pattern[i] = found->second;
    }
    offset.resize(known.size() * most_offsets);
    degree.resize(known.size());
    for (const auto& [list, number] : known) {
        std::copy(list.begin(), list.end(), offset.begin() + number * most_offsets);
        degree[number] = static_cast<std::int32_t>(list.size());
    }
}

}  // namespace kadanoff
