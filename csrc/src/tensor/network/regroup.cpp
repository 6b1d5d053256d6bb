#include "tensor/network/regroup.hpp"

#include <algorithm>
#include <limits>
#include <vector>

#include "tensor/network/tree.hpp"

namespace kadanoff::networks {

namespace {

/// What a machine of these years does in a second, on one core.
constexpr double flops_per_second = 4e10, slow_bytes_per_second = 1.2e10, fast_bytes_per_second = 1e11;
constexpr double cached_bytes = 1 << 18;
constexpr double least_large = 1 << 12, most_small = 1 << 10, most_group = 1 << 12;
constexpr std::size_t longest_group = 8;

/// A large tensor that takes up small ones: nodes of the tree, the first without a small one.
struct Stem {
    std::vector<int> large, small;  ///< large[i + 1] = large[i] * small[i]
};

class Regrouping {
public:
    Regrouping(const NetworkEquation& equation, const NetworkOrder& order, DType dtype)
        : tree_(equation, order),
          sliced_(order.sliced),
          bytes_(static_cast<double>(size_of(dtype))),
          weight_(dtype == DType::complex64 || dtype == DType::complex128 ? 8 : 2),
          seen_(tree_.sizes.size(), 0),
          groups_(tree_.nodes.size()) {}

    NetworkOrder run() {
        std::vector<char> in_stem(tree_.nodes.size(), 0);
        for (int node = static_cast<int>(tree_.nodes.size()) - 1; node >= tree_.inputs; --node) {
            if (in_stem[at(node)]) continue;
            const Stem stem = stem_down_from(node);
            for (const int x : stem.large) in_stem[at(x)] = 1;
            if (stem.small.size() > 1) group(stem);
        }
        NetworkOrder order;
        order.sliced = sliced_;
        made_ = tree_.inputs;
        emit(static_cast<int>(tree_.nodes.size()) - 1, order);
        return order;
    }

private:
    /// The large tensor that comes out of a group of small ones and the large tensor before them.
    struct Group {
        int large = -1;
        std::vector<int> small;
    };

    double size(int node) const {
        double result = 1;
        for (const TreeLabel& x : tree_.node(node)) result *= static_cast<double>(tree_.size(x.label));
        return result;
    }

    /// Product of the sizes of all labels of the nodes.
    double joint_size(const int* nodes, std::size_t count) {
        ++mark_;
        double result = 1;
        for (std::size_t i = 0; i < count; ++i) {
            for (const TreeLabel& x : tree_.node(nodes[i])) {
                if (seen_[at(x.label)] == mark_) continue;
                seen_[at(x.label)] = mark_;
                result *= static_cast<double>(tree_.size(x.label));
            }
        }
        return result;
    }

    Stem stem_down_from(int node) const {
        Stem stem;
        while (node >= tree_.inputs) {
            const auto& [a, b] = tree_.pairs[at(node - tree_.inputs)];
            const double size_a = size(a), size_b = size(b);
            const int large = size_a < size_b ? b : a, small = size_a < size_b ? a : b;
            if (std::max(size_a, size_b) < least_large || std::min(size_a, size_b) > most_small) break;
            stem.large.push_back(node);
            stem.small.push_back(small);
            node = large;
        }
        stem.large.push_back(node);
        std::reverse(stem.large.begin(), stem.large.end());
        std::reverse(stem.small.begin(), stem.small.end());
        return stem;
    }

    double seconds(double flops, double elements) const {
        const double bytes = elements * bytes_;
        return flops * weight_ / flops_per_second +
               bytes / (bytes < cached_bytes ? fast_bytes_per_second : slow_bytes_per_second);
    }

    /// Seconds that it takes to make large[end] of large[begin] and the product of what is between them.
    double group_seconds(const Stem& stem, std::size_t begin, std::size_t end) {
        const int ends[2] = {stem.large[begin], stem.large[end]};
        // What is left of the small ones' labels is in one of the two; multiplying the small ones costs little more.
        const double flops = joint_size(ends, 2);
        double small = 0;
        if (end - begin > 1) {
            const double product = joint_size(stem.small.data() + begin, end - begin);
            if (product > most_group) return std::numeric_limits<double>::infinity();
            small = static_cast<double>(end - begin) * seconds(product, product);
        }
        return seconds(flops, size(ends[0]) + size(ends[1])) + small;
    }

    void group(const Stem& stem) {
        const std::size_t count = stem.small.size();
        std::vector<double> best(count + 1, std::numeric_limits<double>::infinity());
        std::vector<std::size_t> from(count + 1, 0);
        best[0] = 0;
        for (std::size_t end = 1; end <= count; ++end) {
            for (std::size_t begin = end; begin-- > 0 && end - begin <= longest_group;) {
                const double total = best[begin] + group_seconds(stem, begin, end);
                if (total < best[end]) {
                    best[end] = total;
                    from[end] = begin;
                }
            }
        }
        for (std::size_t end = count; end > 0; end = from[end]) {
            Group& made = groups_[at(stem.large[end])];
            made.large = stem.large[from[end]];
            made.small.assign(stem.small.begin() + static_cast<std::ptrdiff_t>(from[end]),
                              stem.small.begin() + static_cast<std::ptrdiff_t>(end));
        }
    }

    /// Appends the pairs that make a node; the number of the result in the new order. Nodes are deep: no recursion.
    void emit(int root, NetworkOrder& order) {
        std::vector<int> number(tree_.nodes.size(), -1), stack{root};
        for (int k = 0; k < tree_.inputs; ++k) number[at(k)] = k;
        const auto multiply = [&](int a, int b) {
            order.pairs.push_back({a, b});
            return made_++;
        };
        while (!stack.empty()) {
            const int node = stack.back();
            if (number[at(node)] >= 0) {
                stack.pop_back();
                continue;
            }
            const Group& group = groups_[at(node)];
            const auto& pair = tree_.pairs[at(node - tree_.inputs)];
            std::vector<int> needed = group.small;
            if (group.large >= 0) {
                needed.push_back(group.large);
            } else {
                needed.assign({pair[1], pair[0]});
            }
            bool ready = true;
            for (const int x : needed) {
                if (number[at(x)] >= 0) continue;
                stack.push_back(x);
                ready = false;
            }
            if (!ready) continue;
            stack.pop_back();
            if (group.large < 0) {
                number[at(node)] = multiply(number[at(pair[0])], number[at(pair[1])]);
                continue;
            }
            int product = number[at(group.small.front())];
            for (std::size_t i = 1; i < group.small.size(); ++i) {
                product = multiply(product, number[at(group.small[i])]);
            }
            number[at(node)] = multiply(number[at(group.large)], product);
        }
    }

    const Tree tree_;
    const std::vector<int> sliced_;
    const double bytes_, weight_;
    std::vector<std::int64_t> seen_;
    std::int64_t mark_ = 0;
    std::vector<Group> groups_;
    int made_ = 0;
};

}  // namespace

NetworkOrder regroup(const NetworkEquation& equation, const NetworkOrder& order, DType dtype) {
    return Regrouping(equation, order, dtype).run();
}

}  // namespace kadanoff::networks
