#include "tensor/path/tree.hpp"

#include <algorithm>
#include <utility>

#include "tensor/path/order.hpp"

namespace kadanoff::paths {

BitLayout::BitLayout(const Network& network) : bit_(network.weight.size(), -1) {
    std::vector<char> used(network.weight.size(), 0);
    for (const Legs& legs : network.tensors) {
        for (const std::int32_t index : legs) used[static_cast<std::size_t>(index)] = 1;
    }
    Legs order;
    for (std::size_t i = 0; i < used.size(); ++i) {
        if (used[i] && network.weight[i] > 0.0) order.push_back(static_cast<std::int32_t>(i));
    }
    const auto weight_of = [&](std::int32_t index) { return network.weight[static_cast<std::size_t>(index)]; };
    std::ranges::stable_sort(order, {}, weight_of);
    std::vector<double> extents;
    for (const std::int32_t index : order) extents.push_back(weight_of(index));
    extents.erase(std::ranges::unique(extents).begin(), extents.end());
    const bool pad = extents.size() <= 2 + order.size() / 128;
    for (std::size_t i = 0; i < order.size(); ++i) {
        if (pad && i > 0 && weight_of(order[i]) != weight_of(order[i - 1])) {
            while (index_.size() % 64 != 0) index_.push_back(-1);
        }
        bit_[static_cast<std::size_t>(order[i])] = static_cast<std::int32_t>(index_.size());
        index_.push_back(order[i]);
    }
    while (index_.empty() || index_.size() % 64 != 0) index_.push_back(-1);
    for (const std::int32_t index : index_) weight_.push_back(index < 0 ? 0.0 : weight_of(index));
    for (std::size_t word = 0; word < index_.size() / 64; ++word) {
        double first = weight_[64 * word];
        for (std::size_t i = 0; i < 64; ++i) {
            if (weight_[64 * word + i] != first && index_[64 * word + i] >= 0) first = 0.0;
        }
        word_weight_.push_back(first);
    }
    if (extents.size() == 1) uniform_ = extents.front();
}

bool BitLayout::words_are_uniform() const {
    return std::ranges::all_of(word_weight_, [](double weight) { return weight > 0.0; });
}

NodeCost node_cost(PathObjective objective) {
    switch (objective) {
        case PathObjective::flops: return {};
        case PathObjective::size:  // a sum of high powers is led by the largest term
            return {.flops = false, .log2_factor = 0.0, .size_power = 8.0};
        case PathObjective::combo: return {.flops = true, .log2_factor = 6.0, .size_power = 1.0};
    }
    return {};
}

Tree::Tree(const Network& network, const BitLayout& layout, const SsaPath& pairs)
    : leaves_(network.size()),
      root_(nodes() - 1),
      layout_(&layout),
      left_(at(nodes()), -1),
      right_(at(nodes()), -1),
      parent_(at(nodes()), -1),
      legs_(at(nodes()) * layout.words(), 0),
      open_(layout.words(), 0) {
    const auto set = [&](std::uint64_t* bits, std::int32_t index) {
        const std::int32_t bit = layout.bit(index);
        if (bit >= 0) bits[bit / 64] |= std::uint64_t{1} << (bit % 64);
    };
    for (std::int32_t leaf = 0; leaf < leaves_; ++leaf) {
        for (const std::int32_t index : network.tensors[at(leaf)]) set(legs(leaf), index);
    }
    for (std::size_t i = 0; i < network.open.size(); ++i) {
        if (network.open[i]) set(open_.data(), static_cast<std::int32_t>(i));
    }
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        set_children(leaves_ + static_cast<std::int32_t>(i), pairs[i][0], pairs[i][1]);
    }
    recompute_legs();
}

double Tree::log2_size(std::int32_t node) const {
    const std::uint64_t* set = legs(node);
    double sum = 0.0;
    for (std::size_t w = 0; w < layout_->words(); ++w) sum += layout_->log2_word(w, set[w]);
    return sum;
}

double Tree::log2_flops(std::int32_t node) const {
    const std::uint64_t *a = legs(left(node)), *b = legs(right(node));
    double sum = 0.0;
    for (std::size_t w = 0; w < layout_->words(); ++w) sum += layout_->log2_word(w, a[w] | b[w]);
    return sum;
}

double Tree::log2_cost(const NodeCost& cost) const {
    double highest = -1e300;
    std::vector<double> terms;
    for (std::int32_t node = leaves_; node < nodes(); ++node) {
        terms.push_back(cost.log2(log2_flops(node), log2_size(node)));
        highest = std::max(highest, terms.back());
    }
    double sum = 0.0;
    for (const double term : terms) sum += std::exp2(term - highest);
    return highest + std::log2(sum);
}

double Tree::log2_total_flops() const { return log2_cost(NodeCost{}); }

double Tree::log2_largest() const {
    double largest = 0.0;
    for (std::int32_t node = leaves_; node < nodes(); ++node) largest = std::max(largest, log2_size(node));
    return largest;
}

std::vector<std::int32_t> Tree::postorder() const {
    std::vector<std::int32_t> order;
    std::vector<std::int32_t> todo{root_};
    while (!todo.empty()) {
        const std::int32_t node = todo.back();
        todo.pop_back();
        if (is_leaf(node)) continue;
        order.push_back(node);
        todo.push_back(left(node));
        todo.push_back(right(node));
    }
    std::ranges::reverse(order);
    return order;
}

SsaPath Tree::pairs(double* log2_peak) const {
    std::vector<double> sizes(at(nodes()), 0.0);
    for (std::int32_t node = leaves_; node < nodes(); ++node) sizes[at(node)] = log2_size(node);
    double peak;
    SsaPath path = order_pairs({leaves_, root_, left_, right_, sizes}, peak);
    if (log2_peak) *log2_peak = peak;
    return path;
}

void Tree::slice(std::size_t bit) {
    const std::uint64_t mask = ~(std::uint64_t{1} << (bit % 64));
    for (std::int32_t node = 0; node < nodes(); ++node) legs(node)[bit / 64] &= mask;
    open_[bit / 64] &= mask;
}

void Tree::recompute_legs() {
    const std::size_t words = layout_->words();
    const std::vector<std::int32_t> order = postorder();
    std::vector<std::uint64_t> below(legs_), outside(legs_.size());
    for (const std::int32_t node : order) {
        for (std::size_t w = 0; w < words; ++w) {
            below[at(node) * words + w] = below[at(left(node)) * words + w] | below[at(right(node)) * words + w];
        }
    }
    std::ranges::copy(open_, outside.begin() + static_cast<std::ptrdiff_t>(at(root_) * words));
    for (auto it = order.rbegin(); it != order.rend(); ++it) {
        const std::size_t node = at(*it), a = at(left(*it)), b = at(right(*it));
        for (std::size_t w = 0; w < words; ++w) {
            legs_[node * words + w] = below[node * words + w] & outside[node * words + w];
            outside[a * words + w] = outside[node * words + w] | below[b * words + w];
            outside[b * words + w] = outside[node * words + w] | below[a * words + w];
        }
    }
}

void Tree::recompute_legs_between(std::int32_t top, const std::vector<std::int32_t>& inner) {
    // Below `top`, an index is a node's if the node touches it and its sibling or its parent has it.
    const std::size_t words = layout_->words();
    const auto is_inner = [&](std::int32_t node) { return std::ranges::find(inner, node) != inner.end(); };
    std::vector<std::int32_t> order{top};
    for (std::size_t i = 0; i < order.size(); ++i) {
        for (const std::int32_t child : {left(order[i]), right(order[i])}) {
            if (is_inner(child)) order.push_back(child);
        }
    }
    for (std::size_t i = order.size(); i-- > 1;) {  // what each touches
        const std::uint64_t *a = legs(left(order[i])), *b = legs(right(order[i]));
        for (std::size_t w = 0; w < words; ++w) legs(order[i])[w] = a[w] | b[w];
    }
    for (std::size_t i = 0; i < order.size(); ++i) {
        std::uint64_t *a = legs(left(order[i])), *b = legs(right(order[i]));
        const std::uint64_t* above = legs(order[i]);
        for (std::size_t w = 0; w < words; ++w) {
            const std::uint64_t touched = a[w], other = b[w];
            if (is_inner(left(order[i]))) a[w] = touched & (other | above[w]);
            if (is_inner(right(order[i]))) b[w] = other & (touched | above[w]);
        }
    }
}

void Tree::set_shape(const Shape& shape) {
    left_ = shape.left;
    right_ = shape.right;
    root_ = shape.root;
    for (std::int32_t node = leaves_; node < nodes(); ++node) parent_[at(left(node))] = parent_[at(right(node))] = node;
    parent_[at(root_)] = -1;
    recompute_legs();
}

}  // namespace kadanoff::paths
