#include "reference.hpp"

namespace {

using kadanoff::WordOps;

// Written out here, not taken from the library: they are part of the contract.
constexpr std::int64_t words_in_vector = 16;
constexpr std::int64_t vectors_in_stripe = 16;
constexpr int planes_of_bits = 14;

std::uint64_t tail_bits(kadanoff::DrawKey key, kadanoff::Stream tail, std::int64_t word, std::uint32_t bit) {
    key.stream = tail;
    const auto block = kadanoff::draw<WordOps>(key, static_cast<std::uint32_t>(word), bit / 2);
    const std::size_t low = bit % 2 == 0 ? 0 : 2;
    return static_cast<std::uint64_t>(block.word[low + 1]) << 32 | block.word[low];
}

}  // namespace

std::vector<std::uint64_t> Reference::uniforms(const kadanoff::DrawKey& key, kadanoff::Stream tail) const {
    const std::int64_t row_words = (columns / 2 + 31) / 32;
    const std::int64_t plane_vectors = (rows * row_words + words_in_vector - 1) / words_in_vector;
    const std::int64_t vectors = planes * plane_vectors;
    const std::int64_t stripes = (vectors + vectors_in_stripe - 1) / vectors_in_stripe;

    constexpr std::int64_t stream_words = vectors_in_stripe * planes_of_bits;
    std::vector<std::uint32_t> stream(static_cast<std::size_t>(stripes * words_in_vector * stream_words));
    for (std::size_t i = 0; i < stream.size();) {
        const auto group = static_cast<std::uint32_t>(static_cast<std::int64_t>(i) / stream_words);
        kadanoff::Xoshiro128pp<WordOps> words(kadanoff::draw<WordOps>(key, group, 0));
        for (std::int64_t k = 0; k < stream_words; ++k) stream[i++] = words.next();
    }

    std::vector<std::uint64_t> result(spins.size());
    for (std::int64_t z = 0; z < planes; ++z) {
        for (std::int64_t y = 0; y < rows; ++y) {
            for (std::int64_t x = (y + z + key.sublattice) % 2; x < columns; x += 2) {
                const std::int64_t word = z * plane_vectors * words_in_vector + y * row_words + x / 2 / 32;
                const auto bit = static_cast<std::uint32_t>(x / 2 % 32);
                const std::int64_t vector = word / words_in_vector;
                const std::int64_t group = vector / vectors_in_stripe * words_in_vector + word % words_in_vector;
                const std::int64_t first = group * stream_words + vector % vectors_in_stripe * planes_of_bits;
                std::uint64_t top = 0;
                for (std::int64_t k = 0; k < planes_of_bits; ++k) {
                    top = top << 1 | (stream[static_cast<std::size_t>(first + k)] >> bit & 1);
                }
                const std::uint64_t rest = tail_bits(key, tail, word, bit) & (~std::uint64_t{0} >> planes_of_bits);
                result[static_cast<std::size_t>(site(z, y, x))] = top << (64 - planes_of_bits) | rest;
            }
        }
    }
    return result;
}

std::uint64_t Reference::unequal_bonds() const {
    std::int64_t satisfied = 0;  // twice the sum of s s' over bonds
    for (std::int64_t z = 0; z < planes; ++z) {
        for (std::int64_t y = 0; y < rows; ++y) {
            for (std::int64_t x = 0; x < columns; ++x) {
                satisfied += std::int64_t{spin(z, y, x)} * neighbour_sum(z, y, x);
            }
        }
    }
    const auto bonds = static_cast<std::int64_t>(spins.size()) * dimension;
    return static_cast<std::uint64_t>((bonds - satisfied / 2) / 2);
}

std::uint64_t Reference::up_spins() const {
    std::uint64_t count = 0;
    for (const std::int8_t s : spins) count += s > 0 ? 1 : 0;
    return count;
}
