#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tensor/path/network.hpp"

namespace kadanoff::paths {

/// The indices of a network as bits, those of one extent together, so that most sizes are a matter of counting.
class BitLayout {
public:
    explicit BitLayout(const Network& network);

    std::size_t words() const { return word_weight_.size(); }
    std::size_t bits() const { return 64 * words(); }
    /// Of an index; -1 for an extent of 1, which has no bit.
    std::int32_t bit(std::int32_t index) const { return bit_[static_cast<std::size_t>(index)]; }
    /// Of a bit; -1 if it is padding.
    std::int32_t index(std::size_t bit) const { return index_[bit]; }
    double weight(std::size_t bit) const { return weight_[bit]; }
    /// Where all bits weigh the same, what they weigh; else 0.
    double uniform() const { return uniform_; }
    /// Whether the bits of each word weigh the same, and what they weigh.
    bool words_are_uniform() const;
    const std::vector<double>& word_weights() const { return word_weight_; }

    /// log2 of the product of the extents in word `word` of a set.
    double log2_word(std::size_t word, std::uint64_t set) const {
        if (word_weight_[word] > 0.0) return word_weight_[word] * std::popcount(set);
        double sum = 0.0;
        for (; set != 0; set &= set - 1) {
            sum += weight_[64 * word + static_cast<std::size_t>(std::countr_zero(set))];
        }
        return sum;
    }

private:
    std::vector<std::int32_t> bit_, index_;
    std::vector<double> weight_;
    std::vector<double> word_weight_;  ///< of each bit of a word; 0 if they differ
    double uniform_ = 0.0;
};

/// What a tree is judged by: the sum over nodes of flops + size_factor size^size_power, or in `log2_cost` its
/// logarithm.
struct NodeCost {
    bool flops = true;
    double log2_factor = 0.0;  ///< of the sizes
    double size_power = 0.0;   ///< 0: sizes do not count
    double largest = 1e300;    ///< log2 of the size from which on
    double penalty = 0.0;      ///< each further bit multiplies the cost by 2^penalty

    double log2(double log2_flops, double log2_size) const {
        double cost = flops ? log2_flops : size_power * log2_size;
        if (flops && size_power > 0.0) cost = log2_add(cost, log2_factor + size_power * log2_size);
        if (log2_size > largest) cost += penalty * (log2_size - largest);
        return cost;
    }
};

NodeCost node_cost(PathObjective objective);

/// A binary contraction tree with the legs of every node. Leaves are 0 ... n - 1, inner nodes n ... 2 n - 2 in no
/// particular order.
class Tree {
public:
    /// n >= 2 tensors and the n - 1 pairs that contract them.
    Tree(const Network& network, const BitLayout& layout, const SsaPath& pairs);

    std::int32_t leaves() const { return leaves_; }
    std::int32_t nodes() const { return 2 * leaves_ - 1; }
    std::int32_t root() const { return root_; }
    bool is_leaf(std::int32_t node) const { return node < leaves_; }
    std::int32_t left(std::int32_t node) const { return left_[at(node)]; }
    std::int32_t right(std::int32_t node) const { return right_[at(node)]; }
    std::int32_t parent(std::int32_t node) const { return parent_[at(node)]; }
    const BitLayout& layout() const { return *layout_; }
    std::uint64_t* legs(std::int32_t node) { return legs_.data() + at(node) * layout_->words(); }
    const std::uint64_t* legs(std::int32_t node) const { return legs_.data() + at(node) * layout_->words(); }
    const std::vector<std::uint64_t>& open() const { return open_; }

    void set_children(std::int32_t node, std::int32_t left, std::int32_t right) {
        left_[at(node)] = left;
        right_[at(node)] = right;
        parent_[at(left)] = parent_[at(right)] = node;
    }

    double log2_size(std::int32_t node) const;
    double log2_flops(std::int32_t node) const;
    /// Of the whole tree.
    double log2_cost(const NodeCost& cost) const;
    double log2_total_flops() const;
    double log2_largest() const;

    /// Inner nodes, children before parents.
    std::vector<std::int32_t> postorder() const;
    /// The pairs in the order with the smallest peak, and log2 of that peak.
    SsaPath pairs(double* log2_peak = nullptr) const;

    /// Removes or restores an index everywhere: `open` and `leaves` are those of the network.
    void slice(std::size_t bit);
    void recompute_legs();
    /// Those of `inner`, the inner nodes of a subtree below `top` whose own legs are as they were.
    void recompute_legs_between(std::int32_t top, const std::vector<std::int32_t>& inner);

    /// The shape alone.
    struct Shape {
        std::vector<std::int32_t> left, right;
        std::int32_t root = -1;
    };
    Shape shape() const { return {left_, right_, root_}; }
    /// A shape of the same leaves; legs are made anew.
    void set_shape(const Shape& shape);

private:
    static std::size_t at(std::int32_t node) { return static_cast<std::size_t>(node); }

    std::int32_t leaves_ = 0, root_ = -1;
    const BitLayout* layout_;
    std::vector<std::int32_t> left_, right_, parent_;
    std::vector<std::uint64_t> legs_, open_;
};

}  // namespace kadanoff::paths
