#include "tensor/path/growth.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace kadanoff::paths {

namespace {

constexpr std::size_t most_holders = 12;  ///< of an index that are looked at

class Growth {
public:
    Growth(Contraction& contraction, double temperature, Random& random)
        : contraction_(contraction), temperature_(temperature), random_(random), met_(2 * tensors(), 0) {}

    void run() {
        std::vector<std::int32_t> order = contraction_.living();
        if (temperature_ > 0.0)
            std::swap(order.front(), order[random_.below(static_cast<std::uint32_t>(order.size()))]);
        for (const std::int32_t first : order) {
            if (contraction_.alive(first) && !met_[static_cast<std::size_t>(first)]) grow(end_of_network(first));
        }
        contraction_.finish();
    }

private:
    std::size_t tensors() const { return contraction_.network().tensors.size(); }

    template <class Take>
    void for_neighbours(std::int32_t tensor, Take take) const {
        for (const std::int32_t index : contraction_.legs(tensor)) {
            const std::vector<std::int32_t>& holders = contraction_.holders(index);
            for (std::size_t i = 0; i < std::min(holders.size(), most_holders); ++i) {
                if (holders[i] != tensor) take(holders[i]);
            }
        }
    }

    /// The tensor that breadth-first search from `first` finds last.
    std::int32_t end_of_network(std::int32_t first) const {
        std::vector<char> seen(met_.size(), 0);
        std::vector<std::int32_t> order{first};
        seen[static_cast<std::size_t>(first)] = 1;
        for (std::size_t i = 0; i < order.size(); ++i) {
            for_neighbours(order[i], [&](std::int32_t other) {
                if (!std::exchange(seen[static_cast<std::size_t>(other)], 1)) order.push_back(other);
            });
        }
        return order.back();
    }

    void grow(std::int32_t tensor) {
        std::vector<std::int32_t> border;
        met_[static_cast<std::size_t>(tensor)] = 1;
        while (true) {
            for_neighbours(tensor, [&](std::int32_t other) {
                if (!std::exchange(met_[static_cast<std::size_t>(other)], 1)) border.push_back(other);
            });
            if (border.empty()) return;
            std::size_t best = 0;
            double lowest = 1e300;
            for (std::size_t i = 0; i < border.size(); ++i) {
                double score = contraction_.log2_result(tensor, border[i]);
                if (temperature_ > 0.0) score -= temperature_ * random_.gumbel();
                if (score <= lowest) {
                    lowest = score;
                    best = i;
                }
            }
            tensor = contraction_.contract(tensor, border[best]);
            met_[static_cast<std::size_t>(tensor)] = 1;
            border.erase(border.begin() + static_cast<std::ptrdiff_t>(best));
        }
    }

    Contraction& contraction_;
    double temperature_;
    Random& random_;
    std::vector<char> met_;  ///< of a tensor: has it become a neighbour already?
};

}  // namespace

void contract_by_growth(Contraction& contraction, double temperature, Random& random) {
    if (contraction.network().size() > 0) Growth(contraction, temperature, random).run();
}

}  // namespace kadanoff::paths
