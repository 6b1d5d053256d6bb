#pragma once

#include <cstdint>
#include <vector>

#include "kadanoff/tensor/path.hpp"

namespace kadanoff::paths {

using Legs = std::vector<std::int32_t>;  ///< indices of a tensor, ascending

/// A checked NetworkShape: each tensor's indices once, without those that nothing but itself has.
struct Network {
    std::vector<Legs> tensors;
    std::vector<char> open;      ///< of each index: is it the output's?
    std::vector<double> weight;  ///< of each index: log2 of its extent

    std::int32_t size() const { return static_cast<std::int32_t>(tensors.size()); }
    double log2_size(const Legs& legs) const;
};

/// Throws InvalidArgument.
Network make_network(const NetworkShape& shape);

/// The network in which these indices have a fixed value.
Network without_indices(const Network& network, const std::vector<std::int32_t>& indices);

/// Tensors while they are contracted pair by pair.
class Contraction {
public:
    explicit Contraction(const Network& network);

    /// Legs of the result of tensors `a` and `b`, and log2 of its elements.
    Legs result(std::int32_t a, std::int32_t b) const;
    double log2_result(std::int32_t a, std::int32_t b) const;
    /// Replaces them by their result, and returns its number.
    std::int32_t contract(std::int32_t a, std::int32_t b);

    const Network& network() const { return *network_; }
    const Legs& legs(std::int32_t tensor) const { return legs_[static_cast<std::size_t>(tensor)]; }
    double log2_size(std::int32_t tensor) const { return log2_size_[static_cast<std::size_t>(tensor)]; }
    bool alive(std::int32_t tensor) const { return alive_[static_cast<std::size_t>(tensor)] != 0; }
    /// The tensors that have an index.
    const std::vector<std::int32_t>& holders(std::int32_t index) const {
        return holders_[static_cast<std::size_t>(index)];
    }
    std::vector<std::int32_t> living() const;
    const SsaPath& pairs() const { return pairs_; }

    /// Multiplies what is left, smallest first.
    void finish();

private:
    /// Calls take(index) for the legs of the result, ascending.
    template <class Take>
    void for_result(std::int32_t a, std::int32_t b, Take take) const;

    const Network* network_;
    std::vector<Legs> legs_;
    std::vector<double> log2_size_;
    std::vector<char> alive_;
    std::vector<std::vector<std::int32_t>> holders_;
    SsaPath pairs_;
};

/// What checked pairs cost in this order.
PathCost pairs_cost(const Network& network, const SsaPath& pairs, const std::vector<std::int32_t>& sliced);

/// log2(2^a + 2^b)
double log2_add(double a, double b);

}  // namespace kadanoff::paths
