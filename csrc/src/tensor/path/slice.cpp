#include "tensor/path/slice.hpp"

#include <algorithm>
#include <cmath>

namespace kadanoff::paths {

namespace {

/// Calls take(bit) for every bit of a set.
template <class Take>
void for_bits(const std::uint64_t* set, std::size_t words, Take take) {
    for (std::size_t w = 0; w < words; ++w) {
        for (std::uint64_t rest = set[w]; rest != 0; rest &= rest - 1) {
            take(64 * w + static_cast<std::size_t>(std::countr_zero(rest)));
        }
    }
}

/// The largest result that has a bit left; -1 if all are of one element.
std::int32_t largest_result(const Tree& tree) {
    std::int32_t best = -1;
    double size = 0.0;
    for (std::int32_t node = tree.leaves(); node < tree.nodes(); ++node) {
        const double here = tree.log2_size(node);
        if (here > size) {
            size = here;
            best = node;
        }
    }
    return best;
}

}  // namespace

NodeCost limited(NodeCost cost, const Limits& limits) {
    if (!limits.any()) return cost;
    cost.largest = std::min(limits.largest, std::max(0.0, limits.peak - 1.0));
    cost.penalty = 2.0;
    return cost;
}

double excess(const Tree& tree, const Limits& limits) {
    double over = tree.log2_largest() - limits.largest;
    if (limits.peak < std::numeric_limits<double>::infinity()) {
        double peak;
        tree.pairs(&peak);
        over = std::max(over, peak - limits.peak);
    }
    return over;
}

std::vector<double> slicing_overheads(const Tree& tree) {
    const std::size_t words = tree.layout().words();
    const double total = tree.log2_total_flops();
    std::vector<double> share(tree.layout().bits(), 0.0);
    std::vector<std::uint64_t> both(words);
    for (std::int32_t node = tree.leaves(); node < tree.nodes(); ++node) {
        const std::uint64_t *a = tree.legs(tree.left(node)), *b = tree.legs(tree.right(node));
        for (std::size_t w = 0; w < words; ++w) both[w] = a[w] | b[w];
        const double part = std::exp2(tree.log2_flops(node) - total);
        for_bits(both.data(), words, [&](std::size_t bit) { share[bit] += part; });
    }
    for (std::size_t bit = 0; bit < share.size(); ++bit) {
        const double weight = tree.layout().weight(bit);
        const double saved = std::min(1.0, share[bit]) * (1.0 - std::exp2(-weight));
        share[bit] = share[bit] == 0.0 ? std::nan("") : weight + std::log2(1.0 - saved);
    }
    return share;
}

void slice_greedily(Tree& tree, const Limits& limits, double temperature, Random& random,
                    const std::function<void(Tree&)>& refine, std::vector<std::size_t>& sliced) {
    while (excess(tree, limits) > 0.0) {
        const std::int32_t largest = largest_result(tree);
        if (largest < 0) return;
        const std::vector<double> overheads = slicing_overheads(tree);
        std::size_t best = 0;
        double lowest = std::numeric_limits<double>::infinity();
        for_bits(tree.legs(largest), tree.layout().words(), [&](std::size_t bit) {
            double score = overheads[bit] / tree.layout().weight(bit);
            if (temperature > 0.0) score -= temperature * random.gumbel();
            if (score < lowest) {
                lowest = score;
                best = bit;
            }
        });
        tree.slice(best);
        sliced.push_back(best);
        if (refine) refine(tree);
    }
}

}  // namespace kadanoff::paths
