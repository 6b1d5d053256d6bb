#include "tensor/contraction_order.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <numeric>
#include <string>
#include <tuple>

#include "kadanoff/error.hpp"

namespace kadanoff::tensor {

namespace {

constexpr std::size_t automatic_optimum = 8, largest_optimum = 16;
constexpr double infinity = std::numeric_limits<double>::infinity();
/// Multiplies the cost of an intermediate that is too large, so that it is taken only where there is no other.
constexpr double too_large = 1e30;

/// What every subset of the operands contracts to, and its cheapest order.
class Subsets {
public:
    Subsets(const OrderProblem& problem, double most_elements)
        : problem_(problem),
          all_((1U << problem.operands.size()) - 1),
          labels_(all_ + 1),
          elements_(all_ + 1),
          cost_(all_ + 1, infinity),
          split_(all_ + 1) {
        std::vector<LabelSet> joined(all_ + 1);
        for (std::uint32_t set = 1; set <= all_; ++set) {
            joined[set] = joined[set & (set - 1)] | problem.operands[static_cast<std::size_t>(std::countr_zero(set))];
        }
        for (std::uint32_t set = 1; set <= all_; ++set) {
            labels_[set] = joined[set] & (problem.output | joined[all_ & ~set]);
            elements_[set] = problem.volume(labels_[set]);
        }
        for (std::uint32_t set = 1; set <= all_; ++set) find_split(set, most_elements);
    }

    PairOrder order() const {
        PairOrder result;
        append(all_, result);
        return result;
    }

private:
    void find_split(std::uint32_t set, double most_elements) {
        if (std::has_single_bit(set)) {
            cost_[set] = 0;
            return;
        }
        const double here = elements_[set] * (set != all_ && elements_[set] > most_elements ? too_large : 1);
        // The part that holds the lowest operand of the set, to meet every split once.
        const std::uint32_t lowest = set & (~set + 1);
        for (std::uint32_t rest = (set - 1) & set; rest != 0; rest = (rest - 1) & set) {
            if ((rest & lowest) != 0) continue;
            const std::uint32_t part = set & ~rest;
            double cost = here + cost_[part] + cost_[rest] + elements_[part] + elements_[rest];
            if (cost >= cost_[set]) continue;
            cost += problem_.volume(labels_[part] | labels_[rest]);
            if (cost >= cost_[set]) continue;
            cost_[set] = cost;
            split_[set] = part;
        }
    }

    int append(std::uint32_t set, PairOrder& order) const {
        if (std::has_single_bit(set)) return std::countr_zero(set);
        const int left = append(split_[set], order);
        const int right = append(set & ~split_[set], order);
        order.emplace_back(left, right);
        return static_cast<int>(problem_.operands.size() + order.size()) - 1;
    }

    const OrderProblem& problem_;
    const std::uint32_t all_;
    std::vector<LabelSet> labels_;
    std::vector<double> elements_, cost_;
    std::vector<std::uint32_t> split_;
};

/// The tensors that are left, and in how many of them (and of the output) each label is.
class Greedy {
public:
    Greedy(const OrderProblem& problem, double most_elements) : problem_(problem), most_elements_(most_elements) {
        count(problem.output, 1);
        for (const LabelSet& labels : problem.operands) add(labels, static_cast<int>(left_.size()));
    }

    PairOrder order() {
        PairOrder result;
        while (left_.size() > 1) {
            const auto [i, j] = best();
            result.emplace_back(left_[i].number, left_[j].number);
            const LabelSet joined = contracted(left_[i], left_[j]);
            for (const std::size_t gone : {j, i}) {
                count(left_[gone].labels, -1);
                left_.erase(left_.begin() + static_cast<std::ptrdiff_t>(gone));
            }
            add(joined, static_cast<int>(problem_.operands.size() + result.size()) - 1);
        }
        return result;
    }

private:
    struct Tensor {
        LabelSet labels;
        double elements;
        int number;
    };

    void count(const LabelSet& labels, int change) {
        for (std::size_t label = 0; label < uses_.size(); ++label) uses_[label] += labels[label] ? change : 0;
        once_ = twice_ = {};
        for (std::size_t label = 0; label < uses_.size(); ++label) {
            once_[label] = uses_[label] == 1;
            twice_[label] = uses_[label] == 2;
        }
    }

    void add(const LabelSet& labels, int number) {
        left_.push_back({labels, problem_.volume(labels), number});
        count(labels, 1);
    }

    LabelSet contracted(const Tensor& a, const Tensor& b) const {
        return (a.labels | b.labels) & ~((a.labels & b.labels & twice_) | ((a.labels ^ b.labels) & once_));
    }

    std::pair<std::size_t, std::size_t> best() const {
        std::pair<std::size_t, std::size_t> chosen{0, 1};
        std::tuple<bool, bool, double> least{true, true, infinity};
        for (std::size_t i = 0; i < left_.size(); ++i) {
            for (std::size_t j = i + 1; j < left_.size(); ++j) {
                const double elements = problem_.volume(contracted(left_[i], left_[j]));
                // What is too large comes last, and before it the product of tensors that share no label.
                const std::tuple<bool, bool, double> growth{left_.size() > 2 && elements > most_elements_,
                                                            (left_[i].labels & left_[j].labels).none(),
                                                            elements - left_[i].elements - left_[j].elements};
                if (growth < least) {
                    least = growth;
                    chosen = {i, j};
                }
            }
        }
        return chosen;
    }

    const OrderProblem& problem_;
    const double most_elements_;
    std::vector<Tensor> left_;
    std::vector<int> uses_ = std::vector<int>(LabelSet{}.size());
    LabelSet once_, twice_;
};

/// The pairs of a path that somebody else has found.
class GivenPath {
public:
    explicit GivenPath(const OrderProblem& problem) : problem_(problem), labels_(problem.operands) {
        left_.resize(labels_.size());
        std::iota(left_.begin(), left_.end(), 0);
    }

    PairOrder order(const std::vector<std::vector<int>>& groups) {
        for (const std::vector<int>& group : groups) contract(take(group));
        if (left_.size() != 1) {
            throw InvalidArgument("[einsum] expected a path that leaves one tensor, got one that leaves " +
                                  std::to_string(left_.size()));
        }
        return std::move(order_);
    }

private:
    std::vector<int> take(std::vector<int> group) {
        std::sort(group.begin(), group.end());
        std::vector<int> numbers;
        for (auto position = group.rbegin(); position != group.rend(); ++position) {
            if (*position < 0 || static_cast<std::size_t>(*position) >= left_.size()) {
                throw InvalidArgument("[einsum] expected a position among the " + std::to_string(left_.size()) +
                                      " tensors that are left, got " + std::to_string(*position));
            }
            numbers.push_back(left_[static_cast<std::size_t>(*position)]);
            left_.erase(left_.begin() + *position);
        }
        return numbers;
    }

    /// Contracts tensors of these numbers into one.
    void contract(const std::vector<int>& numbers) {
        if (numbers.empty()) return;
        OrderProblem part{{}, problem_.output, problem_.extents};
        for (const int other : left_) part.output |= labels_[static_cast<std::size_t>(other)];
        LabelSet joined;
        for (const int number : numbers) {
            part.operands.push_back(labels_[static_cast<std::size_t>(number)]);
            joined |= part.operands.back();
        }
        std::vector<int> known = numbers;
        for (const auto& [a, b] : contraction_order(part, {})) {
            order_.emplace_back(known[static_cast<std::size_t>(a)], known[static_cast<std::size_t>(b)]);
            known.push_back(static_cast<int>(labels_.size()));
            labels_.push_back(joined & part.output);
        }
        left_.push_back(known.back());
    }

    const OrderProblem& problem_;
    std::vector<LabelSet> labels_;
    std::vector<int> left_;
    PairOrder order_;
};

}  // namespace

double OrderProblem::volume(const LabelSet& labels) const {
    double result = 1;
    for (std::size_t label = 0; label < extents.size(); ++label) {
        if (labels[label]) result *= static_cast<double>(extents[label]);
    }
    return result;
}

PairOrder optimal_order(const OrderProblem& problem, double most_elements) {
    return Subsets(problem, most_elements).order();
}

PairOrder greedy_order(const OrderProblem& problem, double most_elements) {
    return Greedy(problem, most_elements).order();
}

PairOrder contraction_order(const OrderProblem& problem, const EinsumPath& path) {
    using Search = EinsumPath::Search;
    if (path.search == Search::given) return GivenPath(problem).order(path.groups);
    const std::size_t count = problem.operands.size();
    if (count == 1) return {};
    if (count == 2) return {{0, 1}};
    const std::size_t limit = path.search == Search::optimal ? largest_optimum : automatic_optimum;
    return path.search != Search::greedy && count <= limit ? optimal_order(problem, path.most_elements)
                                                           : greedy_order(problem, path.most_elements);
}

}  // namespace kadanoff::tensor
