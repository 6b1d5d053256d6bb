#include "tensor/path/elimination.hpp"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>
#include <vector>

namespace kadanoff::paths {

namespace {

class Elimination {
public:
    Elimination(Contraction& contraction, double temperature, Random& random)
        : contraction_(contraction),
          temperature_(temperature),
          random_(random),
          version_(contraction.network().weight.size(), 0),
          seen_(version_.size(), -1) {}

    void run() {
        for (std::int32_t index = 0; index < std::ssize(version_); ++index) push(index);
        while (!queue_.empty()) {
            const auto [score, index, version] = queue_.top();
            queue_.pop();
            if (version != version_[static_cast<std::size_t>(index)] || contraction_.holders(index).size() < 2)
                continue;
            const std::int32_t result = eliminate(index);
            for (const std::int32_t near : contraction_.legs(result)) push(near);
        }
        contraction_.finish();
    }

private:
    /// log2 of the elements that the holders of an index have together.
    double log2_union(std::int32_t index) {
        ++stamp_;
        double sum = 0.0;
        for (const std::int32_t holder : contraction_.holders(index)) {
            for (const std::int32_t leg : contraction_.legs(holder)) {
                if (std::exchange(seen_[static_cast<std::size_t>(leg)], stamp_) == stamp_) continue;
                sum += contraction_.network().weight[static_cast<std::size_t>(leg)];
            }
        }
        return sum;
    }

    void push(std::int32_t index) {
        ++version_[static_cast<std::size_t>(index)];
        if (contraction_.network().open[static_cast<std::size_t>(index)] || contraction_.holders(index).size() < 2) {
            return;
        }
        double score = log2_union(index);
        if (temperature_ > 0.0) score -= temperature_ * random_.gumbel();
        queue_.push({score, index, version_[static_cast<std::size_t>(index)]});
    }

    /// Contracts the holders, always the two smallest.
    std::int32_t eliminate(std::int32_t index) {
        using Item = std::pair<double, std::int32_t>;
        std::priority_queue<Item, std::vector<Item>, std::greater<>> smallest;
        for (const std::int32_t holder : contraction_.holders(index)) {
            smallest.emplace(contraction_.log2_size(holder), holder);
        }
        while (true) {
            const std::int32_t a = smallest.top().second;
            smallest.pop();
            const std::int32_t b = smallest.top().second;
            smallest.pop();
            const std::int32_t product = contraction_.contract(a, b);
            if (smallest.empty()) return product;
            smallest.emplace(contraction_.log2_size(product), product);
        }
    }

    struct Entry {
        double score;
        std::int32_t index, version;
        bool operator>(const Entry& other) const {
            return std::pair(score, index) > std::pair(other.score, other.index);
        }
    };

    Contraction& contraction_;
    double temperature_;
    Random& random_;
    std::vector<std::int32_t> version_;
    std::vector<std::int64_t> seen_;
    std::int64_t stamp_ = 0;
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue_;
};

}  // namespace

void contract_by_elimination(Contraction& contraction, double temperature, Random& random) {
    Elimination(contraction, temperature, random).run();
}

}  // namespace kadanoff::paths
