#include "tensor/path/partition.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "tensor/path/bisection.hpp"

namespace kadanoff::paths {

namespace {

constexpr std::size_t few = 8;

using Tensors = std::vector<std::int32_t>;

/// A hypergraph of some tensors, and the indices that two of them or more have.
Hypergraph make_graph(const Contraction& contraction, const Tensors& tensors, std::vector<std::int32_t>& vertex) {
    Hypergraph graph;
    graph.vertex_weight.assign(tensors.size(), 1.0);
    Legs shared;
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        vertex[static_cast<std::size_t>(tensors[i])] = static_cast<std::int32_t>(i);
        const Legs& legs = contraction.legs(tensors[i]);
        shared.insert(shared.end(), legs.begin(), legs.end());
    }
    std::ranges::sort(shared);
    for (std::size_t i = 0; i < shared.size();) {
        std::size_t end = i;
        while (end < shared.size() && shared[end] == shared[i]) ++end;
        const double weight = contraction.network().weight[static_cast<std::size_t>(shared[i])];
        if (end - i > 1 && weight > 0.0) {
            std::vector<std::int32_t> pins;
            for (const std::int32_t tensor : contraction.holders(shared[i])) {
                const std::int32_t v = vertex[static_cast<std::size_t>(tensor)];
                if (v >= 0) pins.push_back(v);
            }
            graph.pins.push_back(std::move(pins));
            graph.edge_weight.push_back(weight);
        }
        i = end;
    }
    for (const std::int32_t tensor : tensors) vertex[static_cast<std::size_t>(tensor)] = -1;
    graph.connect();
    return graph;
}

/// The pair that makes the result grow least above its operands, again and again.
std::int32_t contract_few(Contraction& contraction, Tensors tensors) {
    while (tensors.size() > 1) {
        std::pair<std::size_t, std::size_t> pair{0, 1};
        double lowest = 1e300;
        for (std::size_t j = 1; j < tensors.size(); ++j) {
            for (std::size_t i = 0; i < j; ++i) {
                const double larger = std::max(contraction.log2_size(tensors[i]), contraction.log2_size(tensors[j]));
                const double growth = contraction.log2_result(tensors[i], tensors[j]) - larger;
                if (growth < lowest) {
                    lowest = growth;
                    pair = {i, j};
                }
            }
        }
        tensors[pair.first] = contraction.contract(tensors[pair.first], tensors[pair.second]);
        tensors.erase(tensors.begin() + static_cast<std::ptrdiff_t>(pair.second));
    }
    return tensors.front();
}

class Recursion {
public:
    Recursion(Contraction& contraction, double imbalance, Random& random)
        : contraction_(contraction),
          imbalance_(imbalance),
          random_(random),
          vertex_(2 * static_cast<std::size_t>(contraction.network().size()), -1) {}

    std::int32_t contract(const Tensors& tensors) {
        if (tensors.size() <= few) return contract_few(contraction_, tensors);
        const std::vector<char> side = bisect(make_graph(contraction_, tensors, vertex_), imbalance_, random_);
        Tensors halves[2];
        for (std::size_t i = 0; i < tensors.size(); ++i) halves[side[i] != 0].push_back(tensors[i]);
        if (halves[0].empty() || halves[1].empty()) return contract_few(contraction_, tensors);
        const std::int32_t a = contract(halves[0]);
        const std::int32_t b = contract(halves[1]);
        return contraction_.contract(a, b);
    }

private:
    Contraction& contraction_;
    double imbalance_;
    Random& random_;
    std::vector<std::int32_t> vertex_;
};

}  // namespace

void contract_by_bisection(Contraction& contraction, double imbalance, Random& random) {
    Recursion(contraction, imbalance, random).contract(contraction.living());
}

}  // namespace kadanoff::paths
