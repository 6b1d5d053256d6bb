#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kadanoff/tensor/network.hpp"

namespace kadanoff::networks {

/// A label of a node of the tree, and the step at which it meets another tensor that has it.
struct TreeLabel {
    int label;
    int touched;
};

/// The tensors of a contraction, first those that are given, then the result of each step, in one slice.
struct Tree {
    /// Throws InvalidArgument if the equation or the order is none.
    Tree(const NetworkEquation& equation, const NetworkOrder& order);

    int inputs, steps;
    std::vector<std::array<int, 2>> pairs;
    std::vector<std::int64_t> sizes;  ///< by label; 1 for sliced ones
    std::vector<char> is_sliced;      ///< by label
    std::vector<int> output;          ///< without the sliced labels
    /// Labels of each node that are not sliced, and not summed over within a given tensor.
    std::vector<std::vector<TreeLabel>> nodes;

    std::int64_t size(int label) const { return sizes[static_cast<std::size_t>(label)]; }
    const std::vector<TreeLabel>& node(int number) const { return nodes[static_cast<std::size_t>(number)]; }

private:
    void find_labels(const NetworkEquation& equation);
    void find_touches();
};

/// Number of an element of a vector.
inline std::size_t at(int index) { return static_cast<std::size_t>(index); }

}  // namespace kadanoff::networks
