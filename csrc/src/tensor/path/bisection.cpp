#include "tensor/path/bisection.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <queue>
#include <utility>

namespace kadanoff::paths {

namespace {

constexpr std::int32_t coarsest = 24;  ///< vertices
constexpr int growths = 6;
constexpr int passes = 4;

std::size_t at(std::int32_t i) { return static_cast<std::size_t>(i); }

std::vector<std::int32_t> shuffled(std::int32_t count, Random& random) {
    std::vector<std::int32_t> order(at(count));
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t i = order.size(); i > 1; --i) {
        std::swap(order[i - 1], order[random.below(static_cast<std::uint32_t>(i))]);
    }
    return order;
}

/// Two sides of a hypergraph and what moves between them gain.
class Sides {
public:
    Sides(const Hypergraph& graph, double imbalance)
        : graph_(graph), side_(graph.vertex_weight.size(), 0), pins_(graph.pins.size()) {
        total_ = std::accumulate(graph.vertex_weight.begin(), graph.vertex_weight.end(), 0.0);
        const double heaviest = *std::ranges::max_element(graph.vertex_weight);
        most_ = std::max(0.5 * total_ * (1.0 + imbalance), 0.5 * total_ + 0.5 * heaviest);
    }

    void assign(std::vector<char> chosen) {
        side_ = std::move(chosen);
        weight_ = {0.0, 0.0};
        for (std::size_t v = 0; v < side_.size(); ++v) weight_[side(v)] += graph_.vertex_weight[v];
        cut_ = 0.0;
        for (std::size_t e = 0; e < pins_.size(); ++e) {
            pins_[e] = {0, 0};
            for (const std::int32_t v : graph_.pins[e]) ++pins_[e][side(at(v))];
            if (pins_[e][0] > 0 && pins_[e][1] > 0) cut_ += graph_.edge_weight[e];
        }
    }

    /// Half of the weight, grown from a vertex along edges.
    void grow(Random& random) {
        std::vector<char> grown_side(side_.size(), 1), seen(side_.size(), 0);
        std::vector<std::int32_t> order = shuffled(graph_.vertices(), random), queue;
        double grown = 0.0;
        for (const std::int32_t seed : order) {
            if (!seen[at(seed)]) queue.push_back(seed);
            seen[at(seed)] = 1;
            for (std::size_t i = 0; i < queue.size() && grown < 0.5 * total_; ++i) {
                grown_side[at(queue[i])] = 0;
                grown += graph_.vertex_weight[at(queue[i])];
                for (const std::int32_t e : graph_.edges[at(queue[i])]) {
                    for (const std::int32_t v : graph_.pins[at(e)]) {
                        if (!seen[at(v)]) queue.push_back(v);
                        seen[at(v)] = 1;
                    }
                }
            }
            queue.clear();
            if (grown >= 0.5 * total_) break;
        }
        assign(std::move(grown_side));
    }

    void refine() {
        for (int i = 0; i < passes && pass(); ++i) {
        }
    }

    /// How bad it is: first the weight above the allowed one, then the cut.
    std::pair<double, double> score() const { return {std::max(0.0, std::max(weight_[0], weight_[1]) - most_), cut_}; }
    const std::vector<char>& sides() const { return side_; }

private:
    std::size_t side(std::size_t vertex) const { return static_cast<std::size_t>(side_[vertex]); }

    double gain(std::int32_t vertex) const {
        const std::size_t here = side(at(vertex));
        double sum = 0.0;
        for (const std::int32_t e : graph_.edges[at(vertex)]) {
            const std::array<std::int32_t, 2>& pins = pins_[at(e)];
            if (pins[here] == 1) sum += graph_.edge_weight[at(e)];
            if (pins[1 - here] == 0) sum -= graph_.edge_weight[at(e)];
        }
        return sum;
    }

    void move(std::int32_t vertex) {
        cut_ -= gain(vertex);
        const std::size_t here = side(at(vertex));
        for (const std::int32_t e : graph_.edges[at(vertex)]) {
            --pins_[at(e)][here];
            ++pins_[at(e)][1 - here];
        }
        weight_[here] -= graph_.vertex_weight[at(vertex)];
        weight_[1 - here] += graph_.vertex_weight[at(vertex)];
        side_[at(vertex)] = static_cast<char>(1 - here);
    }

    bool allowed(std::int32_t vertex) const {
        const std::size_t here = side(at(vertex));
        const double after = weight_[1 - here] + graph_.vertex_weight[at(vertex)];
        return after <= most_ || after < weight_[here];
    }

    /// Moves each vertex at most once, the best first, and goes back to the best cut on the way.
    bool pass() {
        using Entry = std::pair<double, std::int32_t>;
        std::priority_queue<Entry> queue;
        std::vector<double> gains(side_.size());
        std::vector<char> locked(side_.size(), 0);
        for (std::int32_t v = 0; v < graph_.vertices(); ++v) queue.emplace(gains[at(v)] = gain(v), v);
        std::vector<std::int32_t> moved, waiting;
        auto best = score();
        const auto before = best;
        std::size_t best_moves = 0;
        while (!queue.empty() && moved.size() < best_moves + 60) {
            const auto [value, vertex] = queue.top();
            queue.pop();
            if (locked[at(vertex)] || value != gains[at(vertex)]) continue;
            if (!allowed(vertex)) {
                waiting.push_back(vertex);
                continue;
            }
            locked[at(vertex)] = 1;
            move(vertex);
            moved.push_back(vertex);
            for (const std::int32_t v : waiting) queue.emplace(gains[at(v)], v);
            waiting.clear();
            for (const std::int32_t e : graph_.edges[at(vertex)]) {
                for (const std::int32_t v : graph_.pins[at(e)]) {
                    if (!locked[at(v)]) queue.emplace(gains[at(v)] = gain(v), v);
                }
            }
            if (score() < best) {
                best = score();
                best_moves = moved.size();
            }
        }
        while (moved.size() > best_moves) {
            move(moved.back());
            moved.pop_back();
        }
        return best < before;
    }

    const Hypergraph& graph_;
    std::vector<char> side_;
    std::vector<std::array<std::int32_t, 2>> pins_;
    std::array<double, 2> weight_{0.0, 0.0};
    double total_ = 0.0, most_ = 0.0, cut_ = 0.0;
};

/// Joins each vertex with the free neighbour that it has most edges with, for its weight.
std::vector<std::int32_t> match(const Hypergraph& graph, Random& random, std::int32_t& count) {
    std::vector<std::int32_t> group(at(graph.vertices()), -1);
    std::vector<double> rating(at(graph.vertices()), 0.0);
    std::vector<std::int32_t> near;
    count = 0;
    for (const std::int32_t vertex : shuffled(graph.vertices(), random)) {
        if (group[at(vertex)] >= 0) continue;
        near.clear();
        for (const std::int32_t e : graph.edges[at(vertex)]) {
            const std::vector<std::int32_t>& pins = graph.pins[at(e)];
            if (pins.size() > 32) continue;
            for (const std::int32_t v : pins) {
                if (v == vertex || group[at(v)] >= 0) continue;
                if (rating[at(v)] == 0.0) near.push_back(v);
                rating[at(v)] += graph.edge_weight[at(e)] / static_cast<double>(pins.size() - 1);
            }
        }
        std::int32_t partner = -1;
        double best = 0.0;
        for (const std::int32_t v : near) {
            const double score = rating[at(v)] / graph.vertex_weight[at(v)];
            if (score > best) {
                best = score;
                partner = v;
            }
            rating[at(v)] = 0.0;
        }
        group[at(vertex)] = count;
        if (partner >= 0) group[at(partner)] = count;
        ++count;
    }
    return group;
}

Hypergraph coarsen(const Hypergraph& graph, const std::vector<std::int32_t>& group, std::int32_t count) {
    Hypergraph coarse;
    coarse.vertex_weight.assign(at(count), 0.0);
    for (std::size_t v = 0; v < group.size(); ++v) coarse.vertex_weight[at(group[v])] += graph.vertex_weight[v];
    for (std::size_t e = 0; e < graph.pins.size(); ++e) {
        std::vector<std::int32_t> pins;
        for (const std::int32_t v : graph.pins[e]) pins.push_back(group[at(v)]);
        std::ranges::sort(pins);
        pins.erase(std::ranges::unique(pins).begin(), pins.end());
        if (pins.size() < 2) continue;
        coarse.pins.push_back(std::move(pins));
        coarse.edge_weight.push_back(graph.edge_weight[e]);
    }
    coarse.connect();
    return coarse;
}

std::vector<char> bisect_coarsest(const Hypergraph& graph, double imbalance, Random& random) {
    Sides sides(graph, imbalance);
    std::vector<char> best;
    std::pair<double, double> lowest{std::numeric_limits<double>::infinity(), 0.0};
    for (int i = 0; i < growths; ++i) {
        sides.grow(random);
        sides.refine();
        if (sides.score() < lowest) {
            lowest = sides.score();
            best = sides.sides();
        }
    }
    return best;
}

}  // namespace

void Hypergraph::connect() {
    edges.assign(vertex_weight.size(), {});
    for (std::size_t e = 0; e < pins.size(); ++e) {
        for (const std::int32_t v : pins[e]) edges[at(v)].push_back(static_cast<std::int32_t>(e));
    }
}

std::vector<char> bisect(const Hypergraph& graph, double imbalance, Random& random) {
    if (graph.vertices() <= coarsest) return bisect_coarsest(graph, imbalance, random);
    std::int32_t count = 0;
    const std::vector<std::int32_t> group = match(graph, random, count);
    if (10 * count > 9 * graph.vertices()) return bisect_coarsest(graph, imbalance, random);
    const std::vector<char> coarse = bisect(coarsen(graph, group, count), imbalance, random);
    std::vector<char> side(group.size());
    for (std::size_t v = 0; v < group.size(); ++v) side[v] = coarse[at(group[v])];
    Sides sides(graph, imbalance);
    sides.assign(std::move(side));
    sides.refine();
    return sides.sides();
}

}  // namespace kadanoff::paths
