#include "kadanoff/lattice/lattice.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "check.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/lattice/colouring.hpp"

namespace {

using kadanoff::Bond;
using kadanoff::Colouring;
using kadanoff::Cubic;
using kadanoff::InvalidArgument;
using kadanoff::Lattice;
using kadanoff::Square;

using Extents = std::vector<std::int64_t>;

std::string text(const std::vector<Bond>& bonds) {
    std::string result;
    for (const Bond& bond : bonds) result += std::to_string(bond.first) + "-" + std::to_string(bond.second) + " ";
    return result;
}

/// Every combination of boundaries for that many axes.
std::vector<std::vector<bool>> all_boundaries(std::size_t axes) {
    std::vector<std::vector<bool>> result;
    for (unsigned mask = 0; mask < 1u << axes; ++mask) {
        std::vector<bool> periodic;
        for (std::size_t axis = 0; axis < axes; ++axis) periodic.push_back((mask >> axis & 1) != 0);
        result.push_back(periodic);
    }
    return result;
}

/// All lattices of small extents, for what must hold of each.
std::vector<Lattice> small_lattices() {
    const std::vector<std::pair<std::string, std::vector<Extents>>> families = {
        {"chain", {{2}, {3}, {8}}},
        {"square", {{2, 2}, {2, 3}, {3, 4}, {5, 5}, {4, 6}}},
        {"triangular", {{2, 2}, {2, 3}, {3, 3}, {4, 5}, {5, 5}, {5, 6}, {6, 9}, {2, 6}, {10, 14}, {7, 7}, {4, 2}}},
        {"honeycomb", {{2, 2}, {3, 2}, {4, 5}}},
        {"cubic", {{2, 2, 2}, {2, 3, 4}, {3, 3, 3}}},
        {"hypercubic", {{3, 2, 2, 3}, {2, 2, 2, 2, 2}, {6, 4}}},
    };
    std::vector<Lattice> result;
    for (const auto& [name, sizes] : families) {
        for (const Extents& extents : sizes) {
            for (const auto& periodic : all_boundaries(extents.size())) {
                result.push_back(Lattice::make(name, extents, periodic));
            }
        }
    }
    return result;
}

bool is_proper(const Lattice& lattice, const Colouring& colouring) {
    for (const Bond& bond : lattice.bonds()) {
        if (colouring.colour[static_cast<std::size_t>(bond.first)] ==
            colouring.colour[static_cast<std::size_t>(bond.second)]) {
            return false;
        }
    }
    return true;
}

bool uses_all(const Colouring& colouring) {
    const std::set<std::uint32_t> used(colouring.colour.begin(), colouring.colour.end());
    return used.size() == colouring.colours && *used.rbegin() == colouring.colours - 1;
}

std::uint32_t colours(const char* name, const Extents& extents, const std::vector<bool>& periodic = {}) {
    const Lattice lattice = Lattice::make(name, extents, periodic);
    const Colouring result = kadanoff::colour(lattice);
    CHECK(is_proper(lattice, result));
    return result.colours;
}

Lattice complete(std::int64_t sites) {
    std::vector<Bond> bonds;
    for (std::int64_t i = 0; i < sites; ++i) {
        for (std::int64_t j = i + 1; j < sites; ++j) bonds.push_back({i, j});
    }
    return Lattice::graph(sites, bonds);
}

/// A graph of at most that many random edges.
Lattice random_graph(std::uint64_t sites, std::size_t edges, std::uint64_t seed) {
    const auto next = [&] {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        return static_cast<std::int64_t>((seed >> 33) % sites);
    };
    std::vector<std::pair<std::int64_t, std::int64_t>> pairs(edges);
    for (auto& [a, b] : pairs) {
        a = next();
        do b = next();
        while (a == b);
        if (a > b) std::swap(a, b);
    }
    std::sort(pairs.begin(), pairs.end());
    pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
    std::vector<Bond> bonds;
    for (const auto& [a, b] : pairs) bonds.push_back({a, b});
    return Lattice::graph(static_cast<std::int64_t>(sites), bonds);
}

}  // namespace

TEST_CASE(bonds_come_site_by_site_and_axis_by_axis) {
    CHECK_EQUAL(text(Lattice::make("chain", {3}).bonds()), "0-1 1-2 2-0 ");
    CHECK_EQUAL(text(Lattice(Square{2, 2}).bonds()), "0-1 0-2 1-0 1-3 2-3 2-0 3-2 3-1 ");
    CHECK_EQUAL(text(Lattice::make("square", {2, 3}, {false, true}).bonds()), "0-1 0-3 1-2 1-4 2-0 2-5 3-4 4-5 5-3 ");
    CHECK_EQUAL(text(Lattice::make("triangular", {2, 3}, {false, true}).bonds()),
                "0-1 0-3 0-4 1-2 1-4 1-5 2-0 2-5 2-3 3-4 4-5 5-3 ");
    CHECK_EQUAL(text(Lattice::make("honeycomb", {2, 2}, {true, false}).bonds()),
                "0-1 1-2 1-4 2-3 3-6 4-5 5-6 5-0 6-7 7-2 ");
    CHECK_EQUAL(text(Lattice::make("cubic", {1, 2, 2}, {false, false, false}).bonds()), "0-1 0-2 1-3 2-3 ");
    CHECK(Lattice::make("hypercubic", {3, 4, 2}).bonds() == Lattice(Cubic{3, 4, 2}).bonds());
    CHECK_EQUAL(text(Lattice::graph(4, {{2, 0}, {3, 1}}).bonds()), "2-0 3-1 ");
}

TEST_CASE(counts_agree_with_the_list_of_bonds) {
    for (const Lattice& lattice : small_lattices()) {
        const std::vector<Bond> bonds = lattice.bonds();
        CHECK_EQUAL(lattice.bond_count(), static_cast<std::int64_t>(bonds.size()));
        std::map<std::int64_t, int> degree;
        for (const Bond& bond : bonds) {
            ++degree[bond.first];
            ++degree[bond.second];
            CHECK(bond.first != bond.second && bond.first >= 0 && bond.second < lattice.sites());
        }
        const auto& periodic = lattice.periodic();
        if (std::find(periodic.begin(), periodic.end(), false) != periodic.end()) continue;
        CHECK_EQUAL(degree.size(), static_cast<std::size_t>(lattice.sites()));
        for (const auto& [site, count] : degree) {
            if (!CHECK_EQUAL(count, lattice.coordination())) return;
        }
    }
}

TEST_CASE(a_large_lattice_counts_its_bonds_without_listing_them) {
    const Lattice lattice = Lattice::make("square", {1 << 18, 1 << 18}, {true, false});
    CHECK_EQUAL(lattice.sites(), std::int64_t{1} << 36);
    CHECK_EQUAL(lattice.bond_count(), (std::int64_t{1} << 37) - (1 << 18));
    CHECK_THROWS(InvalidArgument, "[bonds] expected at most 2^31 sites, got 68719476736", (void)lattice.bonds());
    CHECK_THROWS(InvalidArgument, "[colouring] expected at most 2^31 sites, got 68719476736",
                 (void)kadanoff::colour(lattice));
}

TEST_CASE(shapes_and_checkerboards) {
    const Lattice honeycomb = Lattice::make("honeycomb", {4, 6}, {true, false});
    CHECK(honeycomb.shape() == Extents({4, 6, 2}));
    CHECK(honeycomb.extents() == Extents({4, 6}));
    CHECK(honeycomb.periodic() == std::vector<bool>({true, false}));
    CHECK_EQUAL(honeycomb.sites(), 48);
    CHECK_EQUAL(honeycomb.coordination(), 3);
    const Lattice graph = Lattice::graph(5, {{0, 1}, {1, 2}});
    CHECK(graph.shape() == Extents({5}) && graph.periodic().empty());
    CHECK_EQUAL(std::string(graph.name()), "graph");
    CHECK_EQUAL(graph.coordination(), 2);

    CHECK_EQUAL(Lattice(Square{4, 6}).checkerboard_kind(), 0);
    CHECK_EQUAL(Lattice(Cubic{4, 6, 2}).checkerboard_kind(), 1);
    for (const Lattice& other :
         {Lattice(Square{4, 5}), Lattice(Cubic{3, 4, 4}), Lattice::make("square", {4, 4}, {true, false}),
          Lattice::make("triangular", {4, 4}), Lattice::make("chain", {4}), honeycomb, graph}) {
        CHECK_EQUAL(other.checkerboard_kind(), -1);
    }
}

TEST_CASE(neighbours_never_share_a_colour) {
    for (const Lattice& lattice : small_lattices()) {
        const Colouring known = kadanoff::colour(lattice);
        CHECK(is_proper(lattice, known) && uses_all(known));
        // The same bonds as a graph, of which nothing is known.
        std::set<std::pair<std::int64_t, std::int64_t>> pairs;
        for (const Bond& bond : lattice.bonds()) pairs.insert(std::minmax(bond.first, bond.second));
        std::vector<Bond> bonds;
        for (const auto& [a, b] : pairs) bonds.push_back({a, b});
        const Lattice graph = Lattice::graph(lattice.sites(), bonds);
        const Colouring found = kadanoff::colour(graph);
        CHECK(is_proper(graph, found) && uses_all(found));
        if (!CHECK(known.colours <= found.colours)) {
            std::printf("%s of %s\n", lattice.name(), kadanoff::extents_text(lattice.extents()).c_str());
        }
    }
}

TEST_CASE(an_even_checkerboard_is_coloured_by_parity) {
    const Colouring cubic = kadanoff::colour(Cubic{4, 2, 6});
    for (std::int64_t i = 0; i < 48; ++i) {
        CHECK_EQUAL(cubic.colour[static_cast<std::size_t>(i)], (i / 12 + i / 6 % 2 + i % 6) % 2);
    }
}

TEST_CASE(colourings_have_the_fewest_colours_where_they_are_known) {
    CHECK_EQUAL(colours("chain", {5}), 3u);
    CHECK_EQUAL(colours("chain", {5}, {false}), 2u);
    CHECK_EQUAL(colours("square", {5, 4}), 3u);
    CHECK_EQUAL(colours("square", {5, 4}, {false, true}), 2u);
    CHECK_EQUAL(colours("hypercubic", {3, 3, 3, 5}), 3u);
    CHECK_EQUAL(colours("honeycomb", {3, 5}), 2u);
    CHECK_EQUAL(colours("triangular", {6, 9}), 3u);
    CHECK_EQUAL(colours("triangular", {5, 7}, {false, false}), 3u);
    CHECK_EQUAL(colours("triangular", {5, 6}, {false, true}), 3u);
    CHECK_EQUAL(colours("triangular", {1, 6}, {false, true}), 2u);
    CHECK_EQUAL(colours("triangular", {1, 5}, {false, true}), 3u);
    for (const Extents& extents : {Extents{4, 4}, {2, 2}, {10, 14}, {8, 6}, {7, 7}, {14, 7}, {7, 14}, {11, 22}}) {
        CHECK_EQUAL(colours("triangular", extents), 4u);
    }
    for (const Extents& extents : {Extents{4, 5}, {5, 5}, {7, 5}, {2, 2}}) {
        CHECK_EQUAL(colours("triangular", extents, {false, true}), 4u);
        CHECK_EQUAL(colours("triangular", {extents[1], extents[0]}, {true, false}), 4u);
    }
}

TEST_CASE(graphs_are_coloured) {
    CHECK_EQUAL(kadanoff::colour(complete(150)).colours, 150u);
    CHECK_EQUAL(kadanoff::colour(Lattice::graph(4, {})).colours, 1u);
    // A square, a triangle and an isolated site: not connected.
    const Lattice parts = Lattice::graph(8, {{0, 1}, {1, 2}, {2, 3}, {3, 0}, {4, 5}, {5, 6}, {6, 4}});
    CHECK(kadanoff::colour(parts).colour == std::vector<std::uint32_t>({0, 1, 0, 1, 0, 1, 2, 0}));
    const Lattice even = Lattice::graph(8, {{5, 1}, {1, 2}, {2, 3}, {3, 5}, {4, 7}});
    CHECK(kadanoff::colour(even).colour == std::vector<std::uint32_t>({0, 0, 1, 0, 0, 1, 0, 1}));
    // The wheel with an odd rim needs 4, with an even rim 3: DSATUR is exact on wheels.
    for (const std::int64_t rim : {9, 10}) {
        std::vector<Bond> bonds;
        for (std::int64_t i = 0; i < rim; ++i) {
            bonds.push_back({i, (i + 1) % rim});
            bonds.push_back({rim, i});
        }
        CHECK_EQUAL(kadanoff::colour(Lattice::graph(rim + 1, bonds)).colours, rim % 2 == 0 ? 3u : 4u);
    }
}

TEST_CASE(a_graph_always_gets_the_same_colours) {
    const Lattice graph = random_graph(300, 3000, 1);
    const Colouring colouring = kadanoff::colour(graph);
    CHECK(is_proper(graph, colouring) && uses_all(colouring));
    std::uint64_t hash = 14695981039346656037u;
    for (const std::uint32_t colour : colouring.colour) hash = (hash ^ colour) * 1099511628211u;
    CHECK_EQUAL(colouring.colours, 8u);
    CHECK_EQUAL(hash, 8637584509959385105u);
}

TEST_CASE(a_million_sites_are_coloured) {
    const Lattice graph = random_graph(1'000'000, 3'000'000, 2);
    const auto begin = std::chrono::steady_clock::now();
    const Colouring colouring = kadanoff::colour(graph);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    std::printf("1e6 sites, 3e6 edges: %u colours in %.2f s\n", colouring.colours, seconds);
    CHECK(is_proper(graph, colouring));
    CHECK(colouring.colours <= 6);
}

TEST_CASE(bad_lattices_are_refused) {
    CHECK_THROWS(InvalidArgument, "[Lattice] expected periodic extents of at least 2, got 0 x 4",
                 Lattice(Square{0, 4}));
    CHECK_THROWS(InvalidArgument, "[Lattice] expected periodic extents of at least 2, got 4 x 1",
                 Lattice(Square{4, 1}));
    CHECK_THROWS(InvalidArgument, "[Lattice] expected periodic extents of at least 2, got -2 x 4",
                 Lattice(Square{-2, 4}));
    CHECK_THROWS(InvalidArgument, "[Lattice] expected open extents of at least 1, got 3 x 0",
                 Lattice::make("triangular", {3, 0}, {true, false}));
    CHECK_THROWS(InvalidArgument, "[Lattice] expected at least 2 sites, got 1", Lattice::make("chain", {1}, {false}));
    constexpr std::int64_t huge = std::int64_t{1} << 62;
    CHECK_THROWS(InvalidArgument, "[Lattice] expected at most 2^36 sites, got", Lattice(Square{huge, huge}));
    CHECK_THROWS(InvalidArgument, "[Lattice] expected at most 2^36 sites, got",
                 Lattice::make("honeycomb", {1 << 18, 1 << 18}));
    CHECK_THROWS(InvalidArgument, "[Lattice] expected 2 extents for a square lattice, got 3",
                 Lattice::make("square", {4, 4, 4}));
    CHECK_THROWS(InvalidArgument, "[Lattice] expected 1 extent for a chain lattice, got 2",
                 Lattice::make("chain", {4, 4}));
    CHECK_THROWS(InvalidArgument, "[Lattice] expected 1 to 8 extents for a hypercubic lattice, got 9",
                 Lattice::make("hypercubic", Extents(9, 2)));
    CHECK_THROWS(InvalidArgument, "[Lattice] expected 1 to 8 extents for a hypercubic lattice, got 0",
                 Lattice::make("hypercubic", {}));
    CHECK_THROWS(InvalidArgument, "[Lattice] expected 2 boundaries for a square lattice, got 1",
                 Lattice::make("square", {4, 4}, {true}));
    CHECK_THROWS(InvalidArgument,
                 "[Lattice] expected one of chain, square, triangular, honeycomb, cubic, hypercubic, got 'kagome'",
                 Lattice::make("kagome", {4}));
}

TEST_CASE(bad_graphs_are_refused) {
    CHECK_THROWS(InvalidArgument, "[Graph] expected 2 to 2^31 sites, got 1", Lattice::graph(1, {}));
    CHECK_THROWS(InvalidArgument, "[Graph] expected 2 to 2^31 sites, got -3", Lattice::graph(-3, {}));
    CHECK_THROWS(InvalidArgument, "[Graph] expected edges between sites 0 to 2, got 1-3",
                 Lattice::graph(3, {{0, 1}, {1, 3}}));
    CHECK_THROWS(InvalidArgument, "[Graph] expected edges between sites 0 to 2, got -1-0",
                 Lattice::graph(3, {{-1, 0}}));
    CHECK_THROWS(InvalidArgument, "[Graph] expected edges between two different sites, got 2-2",
                 Lattice::graph(3, {{0, 1}, {2, 2}}));
    CHECK_THROWS(InvalidArgument, "[Graph] expected every edge once, got 0-1 more than once",
                 Lattice::graph(3, {{0, 1}, {1, 2}, {1, 0}}));
}
