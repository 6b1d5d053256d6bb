#include <algorithm>
#include <cmath>
#include <string>

#include "kadanoff/error.hpp"
#include "tensor/path/network.hpp"

namespace kadanoff {

namespace {

/// Sums of powers of two, given and returned as logarithms.
struct Sum {
    double log2 = -std::numeric_limits<double>::infinity();
    void add(double term) { log2 = paths::log2_add(log2, term); }
};

void check_pairs(const SsaPath& pairs, std::size_t tensors) {
    if (pairs.size() + 1 != std::max<std::size_t>(tensors, 1)) {
        throw InvalidArgument("[path_cost] expected a path of " +
                              std::to_string(std::max<std::size_t>(tensors, 1) - 1) + " pairs for " +
                              std::to_string(tensors) + " tensors, got " + std::to_string(pairs.size()));
    }
    std::vector<char> used(2 * tensors, 0);
    for (std::size_t step = 0; step < pairs.size(); ++step) {
        for (const std::int32_t tensor : pairs[step]) {
            if (tensor < 0 || tensor >= std::ssize(used) / 2 + static_cast<std::ptrdiff_t>(step) ||
                used[static_cast<std::size_t>(tensor)]++) {
                throw InvalidArgument("[path_cost] expected tensors that exist and are used once, got " +
                                      std::to_string(tensor) + " in pair " + std::to_string(step));
            }
        }
    }
}

void check_sliced(const std::vector<std::int32_t>& sliced, std::size_t indices) {
    for (const std::int32_t index : sliced) {
        if (index < 0 || index >= static_cast<std::int64_t>(indices)) {
            throw InvalidArgument("[path_cost] expected sliced indices of the network, got " + std::to_string(index));
        }
        if (std::ranges::count(sliced, index) > 1) {
            throw InvalidArgument("[path_cost] expected each sliced index once, got " + std::to_string(index));
        }
    }
}

double pair_flops(const paths::Contraction& contraction, const std::array<std::int32_t, 2>& pair) {
    const paths::Legs &a = contraction.legs(pair[0]), &b = contraction.legs(pair[1]);
    paths::Legs both;
    std::ranges::set_union(a, b, std::back_inserter(both));
    return contraction.network().log2_size(both);
}

/// log2 of the flops of all pairs; `cost`, if given, gets the sizes.
double add_up(const paths::Network& network, const SsaPath& pairs, PathCost* cost) {
    paths::Contraction contraction(network);
    Sum flops;
    double live = 0.0, peak = 0.0, scale = 0.0;
    std::vector<double> sizes;
    for (const std::array<std::int32_t, 2>& pair : pairs) {
        flops.add(pair_flops(contraction, pair));
        sizes.push_back(contraction.log2_size(contraction.contract(pair[0], pair[1])));
        scale = std::max(scale, sizes.back());
    }
    for (std::size_t step = 0; step < pairs.size(); ++step) {
        live += std::exp2(sizes[step] - scale);
        peak = std::max(peak, live);
        for (const std::int32_t operand : pairs[step]) {
            const std::int32_t made = operand - network.size();
            if (made >= 0) live -= std::exp2(sizes[static_cast<std::size_t>(made)] - scale);
        }
    }
    if (cost && !pairs.empty()) {
        cost->log2_largest = scale;
        cost->log2_peak = scale + std::log2(peak);
    }
    return flops.log2;
}

}  // namespace

PathCost paths::pairs_cost(const Network& network, const SsaPath& pairs, const std::vector<std::int32_t>& sliced) {
    PathCost cost;
    for (const std::int32_t index : sliced) cost.log2_slices += network.weight[static_cast<std::size_t>(index)];
    const double log10_2 = std::log10(2.0);
    const double per_slice = add_up(without_indices(network, sliced), pairs, &cost);
    cost.log10_flops = log10_2 * (cost.log2_slices + per_slice);
    cost.log10_unsliced = log10_2 * (sliced.empty() ? per_slice : add_up(network, pairs, nullptr));
    return cost;
}

PathCost path_cost(const NetworkShape& shape, const SsaPath& pairs, const std::vector<std::int32_t>& sliced) {
    const paths::Network network = paths::make_network(shape);
    check_pairs(pairs, shape.tensors.size());
    check_sliced(sliced, shape.extents.size());
    return paths::pairs_cost(network, pairs, sliced);
}

}  // namespace kadanoff
