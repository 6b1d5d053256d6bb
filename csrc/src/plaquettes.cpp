#include "plaquettes.hpp"

#include <algorithm>

namespace kadanoff {

std::vector<Plaquette> plaquettes(const Lattice& lattice) {
    const std::int64_t rows = lattice.extents()[0], columns = lattice.extents()[1];
    const std::int64_t last_row = lattice.periodic()[0] ? rows : rows - 1;
    const std::int64_t last_column = lattice.periodic()[1] ? columns : columns - 1;
    std::vector<Plaquette> result;
    for (std::int64_t y = 0; y < last_row; ++y) {
        for (std::int64_t x = 0; x < last_column; ++x) {
            const std::int64_t below = (y + 1) % rows * columns, right = (x + 1) % columns;
            result.push_back({y * columns + x, y * columns + right, below + right, below + x});
        }
    }
    return result;
}

std::vector<Bond> plaquette_conflicts(const Lattice& lattice) {
    std::vector<Bond> pairs = lattice.bonds();
    for (const Plaquette& corner : plaquettes(lattice)) {
        for (std::size_t a = 0; a < 4; ++a) {
            for (std::size_t b = 0; b < a; ++b) pairs.push_back({corner[a], corner[b]});
        }
    }
    for (Bond& pair : pairs) {
        if (pair.first > pair.second) std::swap(pair.first, pair.second);
    }
    const auto before = [](const Bond& a, const Bond& b) {
        return a.first != b.first ? a.first < b.first : a.second < b.second;
    };
    std::sort(pairs.begin(), pairs.end(), before);
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
    pairs.erase(std::remove_if(pairs.begin(), pairs.end(), [](const Bond& b) { return b.first == b.second; }),
                pairs.end());
    return pairs;
}

}  // namespace kadanoff
