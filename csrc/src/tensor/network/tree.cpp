#include "tensor/network/tree.hpp"

#include <algorithm>
#include <string>

#include "kadanoff/error.hpp"

namespace kadanoff::networks {

namespace {

[[noreturn]] void refuse(const std::string& expected, std::int64_t got) {
    throw InvalidArgument("[NetworkContraction] expected " + expected + ", got " + std::to_string(got));
}

void check_labels(const std::vector<int>& labels, std::size_t count) {
    for (const int label : labels) {
        if (label < 0 || at(label) >= count) refuse("labels below " + std::to_string(count), label);
    }
}

void check_equation(const NetworkEquation& equation) {
    if (equation.inputs.empty()) refuse("at least one tensor", 0);
    std::vector<char> known(equation.sizes.size(), 0);
    for (const std::int64_t size : equation.sizes) {
        if (size < 0) refuse("sizes that are not negative", size);
    }
    for (const std::vector<int>& labels : equation.inputs) {
        check_labels(labels, known.size());
        for (const int label : labels) known[at(label)] = 1;
    }
    check_labels(equation.output, known.size());
    for (const int label : equation.output) {
        if (known[at(label)] != 1) refuse("labels of the output in a tensor, once each", label);
        known[at(label)] = 2;
    }
}

void check_order(const NetworkOrder& order, int inputs, std::size_t labels) {
    if (order.pairs.size() + 1 != at(inputs)) {
        refuse(std::to_string(inputs - 1) + " pairs", static_cast<std::int64_t>(order.pairs.size()));
    }
    std::vector<char> used(order.pairs.size() + at(inputs), 0);
    int made = inputs;
    for (const auto& pair : order.pairs) {
        for (const int node : pair) {
            if (node < 0 || node >= made || used[at(node)]) refuse("pairs of tensors that are left", node);
            used[at(node)] = 1;
        }
        ++made;
    }
    check_labels(order.sliced, labels);
}

}  // namespace

Tree::Tree(const NetworkEquation& equation, const NetworkOrder& order)
    : inputs(static_cast<int>(equation.inputs.size())),
      steps(static_cast<int>(order.pairs.size())),
      pairs(order.pairs),
      sizes(equation.sizes),
      is_sliced(equation.sizes.size(), 0) {
    check_equation(equation);
    check_order(order, inputs, sizes.size());
    for (const int label : order.sliced) {
        if (is_sliced[at(label)]) refuse("each sliced label once", label);
        is_sliced[at(label)] = 1;
        sizes[at(label)] = 1;
    }
    for (const int label : equation.output) {
        if (!is_sliced[at(label)]) output.push_back(label);
    }
    find_labels(equation);
    find_touches();
}

void Tree::find_labels(const NetworkEquation& equation) {
    nodes.resize(at(inputs + steps));
    std::vector<int> left(sizes.size(), 0);
    std::vector<int> seen(sizes.size(), -1);
    for (int k = 0; k < inputs; ++k) {
        for (const int label : equation.inputs[at(k)]) {
            if (is_sliced[at(label)] || seen[at(label)] == k) continue;
            seen[at(label)] = k;
            ++left[at(label)];
            nodes[at(k)].push_back({label, 0});
        }
    }
    for (const int label : output) ++left[at(label)];
    for (int k = 0; k < inputs; ++k) {
        std::erase_if(nodes[at(k)], [&](const TreeLabel& x) { return left[at(x.label)] < 2; });
    }
    std::fill(seen.begin(), seen.end(), -1);
    for (int s = 0; s < steps; ++s) {
        const auto& [a, b] = pairs[at(s)];
        std::vector<TreeLabel>& made = nodes[at(inputs + s)];
        made = nodes[at(a)];
        for (const TreeLabel& x : made) seen[at(x.label)] = s;
        for (const TreeLabel& x : nodes[at(b)]) {
            if (seen[at(x.label)] == s) {
                --left[at(x.label)];
            } else {
                made.push_back(x);
            }
        }
        std::erase_if(made, [&](const TreeLabel& x) { return left[at(x.label)] < 2; });
    }
}

void Tree::find_touches() {
    std::vector<int> touched(sizes.size(), 0);
    for (std::size_t i = 0; i < output.size(); ++i) touched[at(output[i])] = steps + static_cast<int>(i);
    for (TreeLabel& x : nodes.back()) x.touched = touched[at(x.label)];
    std::vector<int> in_parent(sizes.size(), 0), in_sibling(sizes.size(), -1);
    for (int s = steps - 1; s >= 0; --s) {
        for (const TreeLabel& x : nodes[at(inputs + s)]) in_parent[at(x.label)] = x.touched;
        for (int side = 0; side < 2; ++side) {
            std::vector<TreeLabel>& own = nodes[at(pairs[at(s)][at(side)])];
            const int mark = 2 * s + side;
            for (const TreeLabel& x : nodes[at(pairs[at(s)][at(1 - side)])]) in_sibling[at(x.label)] = mark;
            for (TreeLabel& x : own) x.touched = in_sibling[at(x.label)] == mark ? s : in_parent[at(x.label)];
        }
    }
}

}  // namespace kadanoff::networks
