#include "tensor/path/optimal.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace kadanoff::paths {

void SubsetOptimizer::add_index(std::size_t bit, bool outside) {
    const Subset who = members_[bit];
    const double weight = layout_->weight(bit);
    inside_[who] += weight;
    if (!outside) closed_[who] += weight;
    const double part = weight / (std::popcount(who) + static_cast<int>(outside));
    for (Subset rest = who; rest != 0; rest &= rest - 1) {
        share_[static_cast<std::size_t>(std::countr_zero(rest))] += part;
    }
}

void SubsetOptimizer::weigh_subsets(const std::vector<const std::uint64_t*>& leaves, const std::uint64_t* outside) {
    const std::size_t subsets = std::size_t{1} << count_;
    bits_.clear();
    for (std::size_t leaf = 0; leaf < leaves.size(); ++leaf) {
        for (std::size_t w = 0; w < layout_->words(); ++w) {
            for (std::uint64_t rest = leaves[leaf][w]; rest != 0; rest &= rest - 1) {
                const std::size_t bit = 64 * w + static_cast<std::size_t>(std::countr_zero(rest));
                if (members_[bit] == 0) bits_.push_back(bit);
                members_[bit] |= Subset{1} << leaf;
            }
        }
    }
    inside_.assign(subsets, 0.0);
    closed_.assign(subsets, 0.0);
    share_.assign(leaves.size(), 0.0);
    for (const std::size_t bit : bits_) {
        add_index(bit, (outside[bit / 64] >> (bit % 64) & 1) != 0);
        members_[bit] = 0;
    }
    for (Subset leaf = 1; leaf < subsets; leaf <<= 1) {  // sums over all subsets of a subset
        for (Subset set = 0; set < subsets; ++set) {
            if (!(set & leaf)) continue;
            inside_[set] += inside_[set ^ leaf];
            closed_[set] += closed_[set ^ leaf];
        }
    }
}

void SubsetOptimizer::make_factors(double bound) {
    const std::size_t subsets = std::size_t{1} << count_;
    const Subset all = static_cast<Subset>(subsets - 1);
    touch_factor_.resize(subsets);
    leg_factor_.resize(subsets);
    extra_.assign(subsets, 0.0);
    std::vector<double>& shares = best_;
    shares.assign(subsets, 0.0);
    for (Subset set = 1; set < subsets; ++set) {
        const auto leaf = static_cast<std::size_t>(std::countr_zero(set));
        shares[set] = shares[set & (set - 1)] + share_[leaf];
        const double touched = inside_[all] - inside_[all ^ set];
        const double size = touched - closed_[set];
        const double fine = size > cost_.largest ? cost_.penalty * (size - cost_.largest) : 0.0;
        leg_factor_[set] = std::exp2(shares[set] - closed_[set]);
        touch_factor_[set] = cost_.flops ? std::exp2(touched - shares[set] + fine - bound) : 0.0;
        if (cost_.size_power > 0.0) {
            const double factor = cost_.flops ? cost_.log2_factor : 0.0;
            extra_[set] = std::exp2(factor + cost_.size_power * size + fine - bound);
        }
    }
}

void SubsetOptimizer::search_splits() {
    const std::size_t subsets = std::size_t{1} << count_;
    best_.assign(subsets, std::numeric_limits<double>::infinity());
    split_.assign(subsets, 0);
    for (int leaf = 0; leaf < count_; ++leaf) best_[std::size_t{1} << leaf] = 0.0;
    const double *best = best_.data(), *legs = leg_factor_.data();
    for (Subset set = 3; set < subsets; ++set) {
        if ((set & (set - 1)) == 0) continue;
        const Subset low = set & (~set + 1), rest = set ^ low;
        const double touch = touch_factor_[set];
        double lowest = std::numeric_limits<double>::infinity();
        Subset choice = low;
        for (Subset other = rest; other != 0; other = (other - 1) & rest) {
            const Subset first = set ^ other;
            const double cost = best[first] + best[other] + touch * (legs[first] * legs[other]);
            if (cost < lowest) {
                lowest = cost;
                choice = first;
            }
        }
        best_[set] = lowest + extra_[set];
        split_[set] = choice;
    }
}

std::int32_t SubsetOptimizer::write_pairs(Subset subset) {
    if ((subset & (subset - 1)) == 0) return std::countr_zero(subset);
    const std::int32_t a = write_pairs(split_[subset]);
    const std::int32_t b = write_pairs(subset ^ split_[subset]);
    pairs_.push_back({a, b});
    return count_ + static_cast<std::int32_t>(pairs_.size()) - 1;
}

double SubsetOptimizer::solve(const std::vector<const std::uint64_t*>& leaves, const std::uint64_t* outside,
                              double bound) {
    count_ = static_cast<int>(leaves.size());
    weigh_subsets(leaves, outside);
    make_factors(bound);
    search_splits();
    pairs_.clear();
    const std::size_t all = (std::size_t{1} << count_) - 1;
    write_pairs(static_cast<Subset>(all));
    return bound + std::log2(best_[all]);
}

void Reconfiguration::choose_subtree(const Tree& tree, std::int32_t top) {
    frontier_ = {tree.left(top), tree.right(top)};
    inner_ = {top};
    while (std::ssize(frontier_) < leaves_) {
        std::size_t widest = frontier_.size();
        double most = -1.0;
        for (std::size_t i = 0; i < frontier_.size(); ++i) {
            if (tree.is_leaf(frontier_[i])) continue;
            const double flops = tree.log2_flops(frontier_[i]);
            if (flops > most) {
                most = flops;
                widest = i;
            }
        }
        if (widest == frontier_.size()) return;
        const std::int32_t node = frontier_[widest];
        inner_.push_back(node);
        frontier_[widest] = tree.left(node);
        frontier_.push_back(tree.right(node));
    }
}

void Reconfiguration::rewrite(Tree& tree, std::int32_t top) {
    const SsaPath& pairs = optimizer_.pairs();
    const auto leaves = static_cast<std::int32_t>(frontier_.size());
    // The last pair is the subtree's top; the other inner nodes are taken as they come.
    const auto node = [&](std::int32_t number) {
        if (number < leaves) return frontier_[static_cast<std::size_t>(number)];
        return inner_[inner_.size() - 1 - static_cast<std::size_t>(number - leaves)];
    };
    for (std::size_t i = 0; i < pairs.size(); ++i) {
        tree.set_children(node(leaves + static_cast<std::int32_t>(i)), node(pairs[i][0]), node(pairs[i][1]));
    }
    tree.recompute_legs_between(top, inner_);
}

bool Reconfiguration::improve(Tree& tree, std::int32_t top) {
    choose_subtree(tree, top);
    if (frontier_.size() < 3) return false;
    double before = -std::numeric_limits<double>::infinity();
    for (const std::int32_t node : inner_) {
        before = log2_add(before, cost_.log2(tree.log2_flops(node), tree.log2_size(node)));
    }
    sets_.clear();
    for (const std::int32_t leaf : frontier_) sets_.push_back(tree.legs(leaf));
    const double after = optimizer_.solve(sets_, tree.legs(top), before);
    if (!(after < before - 1e-6)) return false;
    rewrite(tree, top);
    return true;
}

bool Reconfiguration::round(Tree& tree) {
    settled_.resize(static_cast<std::size_t>(tree.nodes()), 0);
    bool better = false;
    for (const std::int32_t node : tree.postorder()) {
        if (settled_[static_cast<std::size_t>(node)]) continue;
        settled_[static_cast<std::size_t>(node)] = 1;
        if (!improve(tree, node)) continue;
        better = true;
        for (const std::int32_t inner : inner_) settled_[static_cast<std::size_t>(inner)] = 0;
        for (std::int32_t above = node; above >= 0; above = tree.parent(above)) {
            settled_[static_cast<std::size_t>(above)] = 0;
        }
    }
    return better;
}

}  // namespace kadanoff::paths
