#include "tensor/path/anneal.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "tensor/path/rotation.hpp"

namespace kadanoff::paths {

namespace {

/// log2(1 + 2^-d) at steps of 1/64: for accepting, not for adding up.
class SoftMaximum {
public:
    SoftMaximum() {
        for (std::size_t i = 0; i < table_.size(); ++i) {
            table_[i] = std::log2(1.0 + std::exp2(-(static_cast<double>(i) + 0.5) / steps));
        }
    }
    double operator()(double a, double b) const {
        const double gap = std::abs(a - b) * steps;
        return std::max(a, b) + (gap < range ? table_[static_cast<std::size_t>(gap)] : 0.0);
    }

private:
    static constexpr double steps = 64.0, range = 1024.0;
    std::array<double, 1024> table_;
};

/// -log2 of a uniform number to 8 bits, from 64 random bits.
class ExponentialDraw {
public:
    ExponentialDraw() {
        for (std::size_t i = 0; i < table_.size(); ++i) {
            table_[i] = 1.0 - std::log2(1.0 + (static_cast<double>(i) + 0.5) / static_cast<double>(table_.size()));
        }
    }
    double operator()(std::uint64_t bits) const {
        const int zeros = std::countl_zero(bits | 1);
        return zeros + table_[((bits << zeros) >> 55) & 255];
    }

private:
    std::array<double, 256> table_;
};

const SoftMaximum soft_maximum;
const ExponentialDraw exponential_draw;

class Annealer {
public:
    Annealer(Tree& tree, const NodeCost& cost, Random& random)
        : tree_(tree),
          cost_(cost),
          random_(random),
          sized_(cost.size_power > 0.0 || cost.largest < 1e300),
          words_(tree.layout().words()),
          weigh_(choose_weigh_rotation(tree.layout())),
          uniform_(tree.layout().uniform()),
          weights_(uniform_ > 0.0 ? &uniform_ : tree.layout().word_weights().data()),
          costs_(static_cast<std::size_t>(tree.nodes()), 0.0),
          sizes_(sized_ ? static_cast<std::size_t>(tree.nodes()) : 0, 0.0),
          joined_(words_) {
        refresh();
        keep();
    }

    void refresh() {
        for (std::int32_t node = tree_.leaves(); node < tree_.nodes(); ++node) {
            const double size = sized_ ? tree_.log2_size(node) : 0.0;
            if (sized_) sizes_[at(node)] = size;
            costs_[at(node)] = cost_.log2(tree_.log2_flops(node), size);
        }
    }

    void sweep(double inverse) {
        const std::int32_t leaves = tree_.leaves();
        const auto inner = static_cast<std::uint32_t>(leaves - 1);
        for (std::uint32_t i = 0; i < inner; ++i) {
            const std::uint64_t draw = random_.bits();
            const auto node = leaves + static_cast<std::int32_t>(((draw >> 32) * inner) >> 32);
            rotate(node, static_cast<std::uint32_t>(draw), inverse);
        }
    }

    /// Remembers the tree if it is the best so far.
    void keep() {
        double highest = -1e300, sum = 0.0;
        for (std::int32_t node = tree_.leaves(); node < tree_.nodes(); ++node) {
            highest = std::max(highest, costs_[at(node)]);
        }
        for (std::int32_t node = tree_.leaves(); node < tree_.nodes(); ++node) {
            sum += std::exp2(costs_[at(node)] - highest);
        }
        const double total = highest + std::log2(sum);
        if (total >= best_cost_) return;
        best_cost_ = total;
        best_ = tree_.shape();
    }

    void restore() { tree_.set_shape(best_); }

private:
    static std::size_t at(std::int32_t node) { return static_cast<std::size_t>(node); }

    RotationSizes weigh_mixed(const Rotation& rotation) const {
        RotationSizes sizes{0.0, 0.0, 0.0};
        const BitLayout& layout = tree_.layout();
        for (std::size_t w = 0; w < words_; ++w) {
            const std::uint64_t both = rotation.kept[w] | rotation.sibling[w];
            const std::uint64_t legs = both & (rotation.other[w] | rotation.above[w]);
            rotation.joined[w] = legs;
            sizes.below += layout.log2_word(w, both);
            sizes.here += layout.log2_word(w, legs | rotation.other[w]);
            if (sized_) sizes.joined += layout.log2_word(w, legs);
        }
        return sizes;
    }

    void rotate(std::int32_t node, std::uint32_t choice, double inverse) {
        std::int32_t below = tree_.left(node), sibling = tree_.right(node);
        if (tree_.is_leaf(below) || ((choice & 1) && !tree_.is_leaf(sibling))) std::swap(below, sibling);
        if (tree_.is_leaf(below)) return;
        std::int32_t kept = tree_.left(below), other = tree_.right(below);
        if (choice & 2) std::swap(kept, other);
        const Rotation rotation{tree_.legs(kept), tree_.legs(sibling), tree_.legs(other), tree_.legs(node),
                                joined_.data()};
        const RotationSizes sizes = weigh_ ? weigh_(rotation, words_, weights_) : weigh_mixed(rotation);
        const double cost_below = sized_ ? cost_.log2(sizes.below, sizes.joined) : sizes.below;
        const double cost_here = sized_ ? cost_.log2(sizes.here, sizes_[at(node)]) : sizes.here;
        const double rise = soft_maximum(cost_below, cost_here) - soft_maximum(costs_[at(below)], costs_[at(node)]);
        if (rise > 0.0 && rise * inverse > exponential_draw(random_.bits())) return;
        tree_.set_children(below, kept, sibling);
        tree_.set_children(node, below, other);
        std::copy_n(joined_.data(), words_, tree_.legs(below));
        costs_[at(below)] = cost_below;
        costs_[at(node)] = cost_here;
        if (sized_) sizes_[at(below)] = sizes.joined;
    }

    Tree& tree_;
    NodeCost cost_;
    Random& random_;
    bool sized_;
    std::size_t words_;
    WeighRotation weigh_;
    double uniform_;
    const double* weights_;
    std::vector<double> costs_, sizes_;
    std::vector<std::uint64_t> joined_;
    Tree::Shape best_;
    double best_cost_ = 1e300;
};

}  // namespace

void anneal(Tree& tree, const NodeCost& cost, const AnnealingSchedule& schedule, Random& random, Control& control) {
    if (tree.leaves() < 3) return;
    Annealer annealer(tree, cost, random);
    const double step = schedule.sweeps > 1
                            ? std::pow(schedule.end / schedule.start, 1.0 / static_cast<double>(schedule.sweeps - 1))
                            : 1.0;
    double inverse = schedule.start;
    for (std::int64_t sweep = 0; sweep < schedule.sweeps && !control.stopped(); ++sweep) {
        annealer.sweep(inverse);
        if (sweep % 4 == 0 || sweep + 1 == schedule.sweeps) annealer.keep();
        inverse *= step;
    }
    annealer.restore();
}

}  // namespace kadanoff::paths
