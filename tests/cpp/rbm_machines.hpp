#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "kadanoff/rbm.hpp"
#include "kadanoff/rng/stream.hpp"
#include "kadanoff/rng/word_ops.hpp"

using Bytes = std::vector<std::uint8_t>;

/// Numbers of both signs with a spread of `size`, from Philox.
inline std::vector<float> numbers(std::int64_t count, double size, std::uint32_t which) {
    std::vector<float> result;
    for (std::int64_t i = 0; i < count; ++i) {
        const kadanoff::DrawKey key{1, 0, which, kadanoff::Stream::initial_spins, 0};
        const auto block = kadanoff::draw<kadanoff::WordOps>(key, static_cast<std::uint32_t>(i), 0);
        double sum = -2.0;
        for (const std::uint32_t word : block.word) sum += word * 0x1p-32;
        result.push_back(static_cast<float>(size * std::sqrt(3.0) * sum));
    }
    return result;
}

inline kadanoff::Rbm machine(std::int64_t visible, std::int64_t hidden, double size) {
    return {visible, hidden, numbers(visible * hidden, size, 0), numbers(visible, size, 1), numbers(hidden, size, 2)};
}

/// Betas with 0 and 1 among them.
inline std::vector<double> betas(std::int64_t chains) {
    std::vector<double> result;
    for (std::int64_t c = 0; c < chains; ++c) {
        result.push_back(c % 5 == 4 ? 0.0 : c % 3 == 0 ? 1.0 : 0.2 + 1.3 * static_cast<double>(c % 17) / 17.0);
    }
    return result;
}

inline Bytes visible_of(const kadanoff::GibbsSampler& sampler) {
    Bytes result(static_cast<std::size_t>(sampler.visible_units() * sampler.options().chains));
    sampler.visible(result.data());
    return result;
}
inline Bytes hidden_of(const kadanoff::GibbsSampler& sampler) {
    Bytes result(static_cast<std::size_t>(sampler.hidden_units() * sampler.options().chains));
    sampler.hidden(result.data());
    return result;
}

inline long differences(const Bytes& a, const Bytes& b) {
    long result = 0;
    for (std::size_t i = 0; i < a.size(); ++i) result += a[i] != b[i];
    return result;
}
