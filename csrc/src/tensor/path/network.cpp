#include "tensor/path/network.hpp"

#include <algorithm>
#include <cmath>
#include <queue>
#include <string>
#include <utility>

#include "kadanoff/error.hpp"

namespace kadanoff::paths {

namespace {

void check_indices(const NetworkShape& shape, const std::vector<std::int32_t>& indices) {
    for (const std::int32_t index : indices) {
        if (index < 0 || index >= std::ssize(shape.extents)) {
            throw InvalidArgument("[find_path] expected indices in [0, " + std::to_string(shape.extents.size()) +
                                  "), got " + std::to_string(index));
        }
    }
}

std::vector<char> open_indices(const NetworkShape& shape, const std::vector<std::int32_t>& tensors_with) {
    std::vector<char> open(shape.extents.size(), 0);
    check_indices(shape, shape.output);
    for (const std::int32_t index : shape.output) {
        const auto i = static_cast<std::size_t>(index);
        if (open[i]) throw InvalidArgument("[find_path] expected each output index once");
        if (tensors_with[i] == 0) throw InvalidArgument("[find_path] expected output indices that a tensor has");
        open[i] = 1;
    }
    return open;
}

}  // namespace

double Network::log2_size(const Legs& legs) const {
    double sum = 0.0;
    for (const std::int32_t index : legs) sum += weight[static_cast<std::size_t>(index)];
    return sum;
}

Network make_network(const NetworkShape& shape) {
    Network network;
    std::vector<std::int32_t> count(shape.extents.size(), 0);
    for (const std::vector<std::int32_t>& tensor : shape.tensors) {
        check_indices(shape, tensor);
        Legs legs = tensor;
        std::ranges::sort(legs);
        legs.erase(std::ranges::unique(legs).begin(), legs.end());
        for (const std::int32_t index : legs) ++count[static_cast<std::size_t>(index)];
        network.tensors.push_back(std::move(legs));
    }
    network.open = open_indices(shape, count);
    for (const std::int64_t extent : shape.extents) {
        if (extent < 0) throw InvalidArgument("[find_path] expected extents >= 0, got " + std::to_string(extent));
        network.weight.push_back(std::log2(static_cast<double>(std::max<std::int64_t>(1, extent))));
    }
    for (Legs& legs : network.tensors) {
        std::erase_if(legs, [&](std::int32_t index) {
            return count[static_cast<std::size_t>(index)] == 1 && !network.open[static_cast<std::size_t>(index)];
        });
    }
    return network;
}

Network without_indices(const Network& network, const std::vector<std::int32_t>& indices) {
    Network rest = network;
    for (Legs& legs : rest.tensors) {
        std::erase_if(legs, [&](std::int32_t index) { return std::ranges::find(indices, index) != indices.end(); });
    }
    return rest;
}

Contraction::Contraction(const Network& network)
    : network_(&network), legs_(network.tensors), alive_(network.tensors.size(), 1), holders_(network.weight.size()) {
    for (std::int32_t tensor = 0; tensor < network.size(); ++tensor) {
        log2_size_.push_back(network.log2_size(legs(tensor)));
        for (const std::int32_t index : legs(tensor)) holders_[static_cast<std::size_t>(index)].push_back(tensor);
    }
}

template <class Take>
void Contraction::for_result(std::int32_t a, std::int32_t b, Take take) const {
    const Legs &left = legs(a), &right = legs(b);
    for (std::size_t i = 0, j = 0; i < left.size() || j < right.size();) {
        const bool from_left = j == right.size() || (i < left.size() && left[i] <= right[j]);
        const bool from_right = i == left.size() || (j < right.size() && right[j] <= left[i]);
        const std::int32_t index = from_left ? left[i] : right[j];
        const std::size_t inside = static_cast<std::size_t>(from_left) + static_cast<std::size_t>(from_right);
        if (network_->open[static_cast<std::size_t>(index)] || holders(index).size() > inside) take(index);
        i += from_left;
        j += from_right;
    }
}

Legs Contraction::result(std::int32_t a, std::int32_t b) const {
    Legs kept;
    kept.reserve(legs(a).size() + legs(b).size());
    for_result(a, b, [&](std::int32_t index) { kept.push_back(index); });
    return kept;
}

double Contraction::log2_result(std::int32_t a, std::int32_t b) const {
    double sum = 0.0;
    for_result(a, b, [&](std::int32_t index) { sum += network_->weight[static_cast<std::size_t>(index)]; });
    return sum;
}

std::int32_t Contraction::contract(std::int32_t a, std::int32_t b) {
    Legs kept = result(a, b);
    const auto next = static_cast<std::int32_t>(legs_.size());
    for (const std::int32_t tensor : {a, b}) {
        alive_[static_cast<std::size_t>(tensor)] = 0;
        for (const std::int32_t index : legs(tensor)) std::erase(holders_[static_cast<std::size_t>(index)], tensor);
        Legs().swap(legs_[static_cast<std::size_t>(tensor)]);
    }
    for (const std::int32_t index : kept) holders_[static_cast<std::size_t>(index)].push_back(next);
    log2_size_.push_back(network_->log2_size(kept));
    legs_.push_back(std::move(kept));
    alive_.push_back(1);
    pairs_.push_back({a, b});
    return next;
}

std::vector<std::int32_t> Contraction::living() const {
    std::vector<std::int32_t> result;
    for (std::int32_t tensor = 0; tensor < std::ssize(alive_); ++tensor) {
        if (alive(tensor)) result.push_back(tensor);
    }
    return result;
}

void Contraction::finish() {
    using Item = std::pair<double, std::int32_t>;
    std::priority_queue<Item, std::vector<Item>, std::greater<>> smallest;
    for (const std::int32_t tensor : living()) smallest.emplace(log2_size(tensor), tensor);
    while (smallest.size() > 1) {
        const std::int32_t a = smallest.top().second;
        smallest.pop();
        const std::int32_t b = smallest.top().second;
        smallest.pop();
        const std::int32_t product = contract(a, b);
        smallest.emplace(log2_size(product), product);
    }
}

double log2_add(double a, double b) {
    const double high = std::max(a, b), low = std::min(a, b);
    if (std::isinf(low)) return high;
    return high + std::log2(1.0 + std::exp2(low - high));
}

}  // namespace kadanoff::paths
