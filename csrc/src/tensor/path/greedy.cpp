#include "tensor/path/greedy.hpp"

#include <algorithm>
#include <cmath>
#include <queue>
#include <tuple>
#include <vector>

namespace kadanoff::paths {

namespace {

/// An index in more tensors than this pairs each of them with the next larger one only: pairs would be quadratically
/// many, and the products of a hyper-edge's smallest tensors are the ones that are made.
constexpr std::size_t most_holders = 12;

/// The larger, the later: a number that is monotonic in 2^result - weight (2^a + 2^b) and does not overflow.
double pair_score(double result, double a, double b, double weight) {
    const double high = std::max({result, a, b});
    const double difference = std::exp2(result - high) - weight * (std::exp2(a - high) + std::exp2(b - high));
    if (difference == 0.0) return 0.0;
    return std::copysign(log2_add(0.0, high + std::log2(std::abs(difference))), difference);
}

class Queue {
public:
    Queue(Contraction& contraction, const GreedyParameters& parameters, Random& random)
        : contraction_(contraction), parameters_(parameters), random_(random) {}

    void push(std::int32_t a, std::int32_t b) {
        double score = pair_score(contraction_.log2_result(a, b), contraction_.log2_size(a), contraction_.log2_size(b),
                                  parameters_.weight);
        if (parameters_.temperature > 0.0) score -= parameters_.temperature * random_.gumbel();
        pairs_.emplace(score, std::min(a, b), std::max(a, b));
    }

    void push_pairs_of(std::int32_t index) {
        std::vector<std::int32_t> holders = contraction_.holders(index);
        if (holders.size() <= most_holders) {
            for (std::size_t i = 0; i < holders.size(); ++i) {
                for (std::size_t j = 0; j < i; ++j) push(holders[j], holders[i]);
            }
            return;
        }
        std::ranges::stable_sort(holders, {}, [&](std::int32_t tensor) { return contraction_.log2_size(tensor); });
        for (std::size_t i = 1; i < holders.size(); ++i) push(holders[i - 1], holders[i]);
    }

    void push_neighbours_of(std::int32_t tensor) {
        neighbours_.clear();
        for (const std::int32_t index : contraction_.legs(tensor)) {
            const std::vector<std::int32_t>& holders = contraction_.holders(index);
            if (holders.size() <= most_holders) {
                neighbours_.insert(neighbours_.end(), holders.begin(), holders.end());
            } else {
                neighbours_.push_back(smallest_other(holders, tensor));
            }
        }
        std::ranges::sort(neighbours_);
        neighbours_.erase(std::ranges::unique(neighbours_).begin(), neighbours_.end());
        for (const std::int32_t other : neighbours_) {
            if (other != tensor) push(other, tensor);
        }
    }

    /// Contracts the best pair that is still alive; false if there is none.
    bool contract_best() {
        while (!pairs_.empty()) {
            const auto [score, a, b] = pairs_.top();
            pairs_.pop();
            if (!contraction_.alive(a) || !contraction_.alive(b)) continue;
            push_neighbours_of(contraction_.contract(a, b));
            return true;
        }
        return false;
    }

private:
    std::int32_t smallest_other(const std::vector<std::int32_t>& holders, std::int32_t tensor) const {
        std::int32_t best = holders.front() == tensor ? holders.back() : holders.front();
        for (const std::int32_t other : holders) {
            if (other != tensor && contraction_.log2_size(other) < contraction_.log2_size(best)) best = other;
        }
        return best;
    }

    using Pair = std::tuple<double, std::int32_t, std::int32_t>;
    std::priority_queue<Pair, std::vector<Pair>, std::greater<>> pairs_;
    std::vector<std::int32_t> neighbours_;
    Contraction& contraction_;
    GreedyParameters parameters_;
    Random& random_;
};

/// A neighbour that does not grow when it takes `tensor` in, the smallest; -1 if there is none.
std::int32_t absorbing_neighbour(const Contraction& contraction, std::int32_t tensor) {
    std::int32_t best = -1;
    for (const std::int32_t index : contraction.legs(tensor)) {
        const std::vector<std::int32_t>& holders = contraction.holders(index);
        if (holders.size() > most_holders) continue;
        for (const std::int32_t other : holders) {
            if (other == tensor || contraction.log2_size(other) < contraction.log2_size(tensor)) continue;
            if (contraction.log2_result(tensor, other) > contraction.log2_size(other)) continue;
            if (best < 0 || contraction.log2_size(other) < contraction.log2_size(best)) best = other;
        }
    }
    return best;
}

}  // namespace

void contract_greedily(Contraction& contraction, const GreedyParameters& parameters, Random& random) {
    Queue queue(contraction, parameters, random);
    for (std::int32_t index = 0; index < std::ssize(contraction.network().weight); ++index) {
        queue.push_pairs_of(index);
    }
    while (true) {
        while (queue.contract_best()) {
        }
        // Pairs of an index with many holders are only some of them: look again until none is left.
        bool more = false;
        for (std::int32_t index = 0; index < std::ssize(contraction.network().weight); ++index) {
            if (contraction.holders(index).size() > 1) {
                queue.push_pairs_of(index);
                more = true;
            }
        }
        if (!more) break;
    }
    contraction.finish();
}

void absorb_small_tensors(Contraction& contraction) {
    std::size_t before;
    do {
        before = contraction.pairs().size();
        std::vector<std::int32_t> todo = contraction.living();
        while (!todo.empty()) {
            const std::int32_t tensor = todo.back();
            todo.pop_back();
            if (!contraction.alive(tensor) || contraction.legs(tensor).empty()) continue;
            const std::int32_t neighbour = absorbing_neighbour(contraction, tensor);
            if (neighbour >= 0) todo.push_back(contraction.contract(tensor, neighbour));
        }
    } while (contraction.pairs().size() > before);
}

}  // namespace kadanoff::paths
