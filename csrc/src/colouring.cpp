#include "kadanoff/lattice/colouring.hpp"

#include <algorithm>
#include <bit>
#include <numeric>
#include <optional>
#include <queue>
#include <string>

#include "kadanoff/error.hpp"

namespace kadanoff {

namespace {

/// The neighbours of site i are neighbour[start[i]] to neighbour[start[i + 1]].
struct Adjacency {
    std::vector<std::size_t> start;
    std::vector<std::uint32_t> neighbour;

    std::size_t sites() const { return start.size() - 1; }
    std::size_t degree(std::size_t site) const { return start[site + 1] - start[site]; }
};

Adjacency adjacency(const Lattice& lattice) {
    const std::vector<Bond> bonds = lattice.bonds();
    Adjacency result;
    // Counts are kept one place on, so that filling in moves every start to where it belongs.
    result.start.assign(static_cast<std::size_t>(lattice.sites()) + 2, 0);
    for (const Bond& bond : bonds) {
        ++result.start[static_cast<std::size_t>(bond.first) + 2];
        ++result.start[static_cast<std::size_t>(bond.second) + 2];
    }
    std::partial_sum(result.start.begin(), result.start.end(), result.start.begin());
    result.neighbour.resize(2 * bonds.size());
    for (const Bond& bond : bonds) {
        result.neighbour[result.start[static_cast<std::size_t>(bond.first) + 1]++] =
            static_cast<std::uint32_t>(bond.second);
        result.neighbour[result.start[static_cast<std::size_t>(bond.second) + 1]++] =
            static_cast<std::uint32_t>(bond.first);
    }
    result.start.pop_back();
    return result;
}

/// Calls colour_at(place along each axis) for all cells, row-major.
template <class ColourAt>
std::vector<std::uint32_t> colour_cells(const std::vector<std::int64_t>& extents, ColourAt colour_at) {
    const auto cells =
        static_cast<std::size_t>(std::accumulate(extents.begin(), extents.end(), std::int64_t{1}, std::multiplies<>()));
    std::vector<std::uint32_t> result(cells);
    std::vector<std::int64_t> at(extents.size(), 0);
    for (std::uint32_t& colour : result) {
        colour = static_cast<std::uint32_t>(colour_at(at));
        for (std::size_t axis = extents.size(); axis-- > 0;) {
            if (++at[axis] < extents[axis]) break;
            at[axis] = 0;
        }
    }
    return result;
}

/// A product of paths and cycles needs as many colours as the one of its factors that needs most (Sabidussi, Can. J.
/// Math. 9 (1957) 515): the sum of theirs. An odd cycle takes a third one at its last site.
Colouring colour_axes(const Lattice& lattice) {
    const auto& extents = lattice.extents();
    const auto odd_cycle = [&](std::size_t axis) { return lattice.periodic()[axis] && extents[axis] % 2 != 0; };
    std::int64_t colours = 2;
    for (std::size_t axis = 0; axis < extents.size(); ++axis) colours = odd_cycle(axis) ? 3 : colours;
    return {colour_cells(extents,
                         [&](const std::vector<std::int64_t>& at) {
                             std::int64_t sum = 0;
                             for (std::size_t axis = 0; axis < at.size(); ++axis) {
                                 const bool last = odd_cycle(axis) && at[axis] == extents[axis] - 1;
                                 sum += last ? 2 : at[axis] % 2;
                             }
                             return sum % colours;
                         }),
            static_cast<std::uint32_t>(colours)};
}

/// A cyclic word of blocks 012 and 0123, any three successive letters of which differ; none has 1, 2 or 5 letters.
struct Word {
    std::int64_t length;

    bool exists() const { return length >= 3 && length != 5; }
    std::int64_t letter(std::int64_t place) const {
        const std::int64_t fours = length % 3, threes = length / 3 - fours;
        place = (place % length + length) % length;
        return place < 3 * threes ? place % 3 : (place - 3 * threes) % 4;
    }
};

/// Four colours for a triangular torus: every row is the same word, one place on or two places back from the row
/// before, so that it has come round after the last row.
std::optional<Colouring> colour_by_words(const Lattice& lattice, std::size_t word_axis) {
    const std::size_t row_axis = 1 - word_axis;
    std::int64_t period[2];
    for (std::size_t axis : {0u, 1u}) {  // an open axis is cut from a longer period
        period[axis] = lattice.periodic()[axis] ? lattice.extents()[axis] : 2 * lattice.extents()[1 - axis];
    }
    const Word word{period[word_axis]};
    const std::int64_t rows = period[row_axis];
    if (!word.exists()) return std::nullopt;
    const std::int64_t most = std::min(rows, word.length);
    std::int64_t back = 0;  // how many rows step back
    while (back <= most && (rows - 3 * back) % word.length != 0) ++back;
    if (back > most) return std::nullopt;
    return Colouring{colour_cells(lattice.extents(),
                                  [&](const std::vector<std::int64_t>& at) {
                                      const std::int64_t row = at[row_axis];
                                      return word.letter(at[word_axis] + row - 3 * std::min(row, back));
                                  }),
                     4};
}

/// The triangular lattice with both extents above 1. Its triangles force (x + y) % 3 upon a colouring with three, so
/// there is none unless 3 divides the periodic extents. Four suffice for almost all; not found here are
/// those of 2 by an odd extent, 3 by 5, and most with an extent of 5.
std::optional<Colouring> colour_diagonals(const Lattice& lattice) {
    const auto& extents = lattice.extents();
    if (extents[0] == 1 || extents[1] == 1) return std::nullopt;
    const auto fits = [&](std::int64_t period) {
        return (!lattice.periodic()[0] || extents[0] % period == 0) &&
               (!lattice.periodic()[1] || extents[1] % period == 0);
    };
    if (fits(3)) {
        return Colouring{colour_cells(extents, [](const std::vector<std::int64_t>& at) { return (at[0] + at[1]) % 3; }),
                         3};
    }
    if (fits(2)) {
        return Colouring{
            colour_cells(extents, [](const std::vector<std::int64_t>& at) { return at[0] % 2 * 2 + at[1] % 2; }), 4};
    }
    auto result = colour_by_words(lattice, 1);
    return result ? result : colour_by_words(lattice, 0);
}

Colouring colour_basis(const Lattice& lattice) {
    const auto sites = static_cast<std::uint32_t>(lattice.cell().sites);
    Colouring result{std::vector<std::uint32_t>(static_cast<std::size_t>(lattice.sites())), sites};
    for (std::size_t i = 0; i < result.colour.size(); ++i) result.colour[i] = static_cast<std::uint32_t>(i % sites);
    return result;
}

/// One or two colours, 0 for the first site of each component; nothing if there is an odd cycle.
std::optional<Colouring> colour_bipartite(const Adjacency& graph) {
    constexpr std::uint32_t none = ~std::uint32_t{0};
    Colouring result{std::vector<std::uint32_t>(graph.sites(), none), graph.neighbour.empty() ? 1u : 2u};
    std::vector<std::uint32_t> reached;
    for (std::size_t root = 0; root < graph.sites(); ++root) {
        if (result.colour[root] != none) continue;
        result.colour[root] = 0;
        reached.assign(1, static_cast<std::uint32_t>(root));
        for (std::size_t next = 0; next < reached.size(); ++next) {
            const std::size_t site = reached[next];
            for (std::size_t k = graph.start[site]; k < graph.start[site + 1]; ++k) {
                const std::uint32_t other = graph.neighbour[k];
                if (result.colour[other] == result.colour[site]) return std::nullopt;
                if (result.colour[other] != none) continue;
                result.colour[other] = 1 - result.colour[site];
                reached.push_back(other);
            }
        }
    }
    return result;
}

/// DSATUR: the next site to be coloured is the one whose neighbours show the most colours, among these the one of
/// largest degree, then the first; it takes the lowest colour that they leave.
class Dsatur {
public:
    explicit Dsatur(const Adjacency& graph)
        : graph_(graph), order_(graph.sites()), rank_(graph.sites()), word_(graph.sites() + 1), queue_(1) {
        std::iota(order_.begin(), order_.end(), 0u);
        std::stable_sort(order_.begin(), order_.end(),
                         [&](std::uint32_t a, std::uint32_t b) { return graph.degree(a) > graph.degree(b); });
        std::vector<std::uint32_t> ranks(graph.sites());
        std::iota(ranks.begin(), ranks.end(), 0u);
        for (const std::uint32_t rank : ranks) rank_[order_[rank]] = rank;
        for (std::size_t i = 0; i < graph.sites(); ++i) word_[i + 1] = word_[i] + graph.degree(i) / 64 + 1;
        seen_.assign(word_.back(), 0);
        seen_count_.assign(graph.sites(), 0);
        result_.colour.assign(graph.sites(), none);
        queue_[0] = Queue(std::greater<>(), std::move(ranks));
    }

    Colouring run() {
        for (std::size_t left = graph_.sites(); left > 0; --left) paint(most_saturated());
        return std::move(result_);
    }

private:
    static constexpr std::uint32_t none = ~std::uint32_t{0};
    /// Ranks of sites, lowest first; a site is left behind in the queues of its former saturations.
    using Queue = std::priority_queue<std::uint32_t, std::vector<std::uint32_t>, std::greater<>>;

    std::uint32_t most_saturated() {
        for (;;) {
            while (queue_.back().empty()) queue_.pop_back();
            const std::uint32_t site = order_[queue_.back().top()];
            queue_.back().pop();
            if (result_.colour[site] == none) return site;
        }
    }

    void paint(std::uint32_t site) {
        std::uint32_t colour = 0;
        for (std::size_t word = word_[site]; word < word_[site + 1]; ++word, colour += 64) {
            if (~seen_[word] == 0) continue;
            colour += static_cast<std::uint32_t>(std::countr_one(seen_[word]));
            break;
        }
        result_.colour[site] = colour;
        result_.colours = std::max(result_.colours, colour + 1);
        for (std::size_t k = graph_.start[site]; k < graph_.start[site + 1]; ++k) show(graph_.neighbour[k], colour);
    }

    /// A site never needs a colour above its degree, so what it has seen beyond its words makes no difference to it.
    void show(std::uint32_t site, std::uint32_t colour) {
        const std::size_t word = word_[site] + colour / 64;
        const std::uint64_t bit = std::uint64_t{1} << colour % 64;
        if (result_.colour[site] != none || word >= word_[site + 1] || (seen_[word] & bit) != 0) return;
        seen_[word] |= bit;
        const std::size_t saturation = ++seen_count_[site];
        if (saturation >= queue_.size()) queue_.resize(saturation + 1);
        queue_[saturation].push(rank_[site]);
    }

    const Adjacency& graph_;
    std::vector<std::uint32_t> order_, rank_;
    std::vector<std::size_t> word_;    ///< where the colours that a site has seen begin in seen_
    std::vector<std::uint64_t> seen_;  ///< bit c: a neighbour has colour c
    std::vector<std::uint32_t> seen_count_;
    std::vector<Queue> queue_;  ///< by saturation
    Colouring result_;
};

std::optional<Colouring> known_colouring(const Lattice& lattice) {
    switch (lattice.cell().rule) {
        case ColourRule::axes: return colour_axes(lattice);
        case ColourRule::diagonal: return colour_diagonals(lattice);
        case ColourRule::basis: return colour_basis(lattice);
        case ColourRule::search: break;
    }
    return std::nullopt;
}

}  // namespace

Colouring colour(const Lattice& lattice) {
    if (lattice.sites() > std::int64_t{1} << 31) {
        throw InvalidArgument("[colouring] expected at most 2^31 sites, got " + std::to_string(lattice.sites()));
    }
    if (auto known = known_colouring(lattice)) return *std::move(known);
    const Adjacency graph = adjacency(lattice);
    if (auto two = colour_bipartite(graph)) return *std::move(two);
    return Dsatur(graph).run();
}

}  // namespace kadanoff
