#include "tensor/path/order.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace kadanoff::paths {

namespace {

std::size_t at(std::int32_t node) { return static_cast<std::size_t>(node); }

/// Inner nodes, children before parents.
std::vector<std::int32_t> postorder(const OrderedTree& tree) {
    std::vector<std::int32_t> order, todo{tree.root};
    while (!todo.empty()) {
        const std::int32_t node = todo.back();
        todo.pop_back();
        if (node < tree.leaves) continue;
        order.push_back(node);
        todo.push_back(tree.left[at(node)]);
        todo.push_back(tree.right[at(node)]);
    }
    std::ranges::reverse(order);
    return order;
}

/// Depth first, the right subtree first where `swapped` says so.
SsaPath write_pairs(const OrderedTree& tree, const std::vector<char>& swapped) {
    SsaPath path;
    std::vector<std::int32_t> number(tree.left.size());
    for (std::int32_t leaf = 0; leaf < tree.leaves; ++leaf) number[at(leaf)] = leaf;
    std::vector<std::pair<std::int32_t, bool>> todo{{tree.root, false}};
    while (!todo.empty()) {
        const auto [node, ready] = todo.back();
        todo.pop_back();
        if (node < tree.leaves) continue;
        const std::int32_t left = tree.left[at(node)], right = tree.right[at(node)];
        if (ready) {
            number[at(node)] = tree.leaves + static_cast<std::int32_t>(path.size());
            path.push_back({number[at(left)], number[at(right)]});
            continue;
        }
        todo.emplace_back(node, true);
        todo.emplace_back(swapped[at(node)] ? left : right, false);
        todo.emplace_back(swapped[at(node)] ? right : left, false);
    }
    return path;
}

}  // namespace

SsaPath order_pairs(const OrderedTree& tree, double& log2_peak) {
    double scale = 0.0;
    const std::vector<std::int32_t> order = postorder(tree);
    for (const std::int32_t node : order) scale = std::max(scale, tree.log2_size[at(node)]);
    std::vector<double> size(tree.left.size(), 0.0), peak(tree.left.size(), 0.0);
    std::vector<char> swapped(tree.left.size(), 0);
    for (const std::int32_t node : order) {
        const std::size_t a = at(tree.left[at(node)]), b = at(tree.right[at(node)]);
        size[at(node)] = std::exp2(tree.log2_size[at(node)] - scale);
        const double together = size[a] + size[b] + size[at(node)];
        const double left_first = std::max({peak[a], size[a] + peak[b], together});
        const double right_first = std::max({peak[b], size[b] + peak[a], together});
        swapped[at(node)] = right_first < left_first;
        peak[at(node)] = std::min(left_first, right_first);
    }
    log2_peak = scale + std::log2(peak[at(tree.root)]);
    return write_pairs(tree, swapped);
}

SsaPath reorder(const Network& network, const SsaPath& pairs) {
    const std::size_t nodes = network.tensors.size() + pairs.size();
    std::vector<std::int32_t> left(nodes, -1), right(nodes, -1);
    std::vector<double> log2_size(nodes, 0.0);
    Contraction contraction(network);
    for (const std::array<std::int32_t, 2>& pair : pairs) {
        const std::size_t node = at(contraction.contract(pair[0], pair[1]));
        left[node] = pair[0];
        right[node] = pair[1];
        log2_size[node] = contraction.log2_size(static_cast<std::int32_t>(node));
    }
    double peak;
    return order_pairs({network.size(), static_cast<std::int32_t>(nodes) - 1, left, right, log2_size}, peak);
}

}  // namespace kadanoff::paths
