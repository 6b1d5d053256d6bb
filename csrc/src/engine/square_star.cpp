#include "engine/square_star.hpp"

#include <map>

namespace kadanoff {

const std::array<std::array<int, 2>, SquareStar::size> SquareStar::steps{{
    {0, 1},
    {1, 0},
    {0, -1},
    {-1, 0},  // first
    {1, 1},
    {1, -1},
    {-1, -1},
    {-1, 1},  // second
    {0, 2},
    {2, 0},
    {0, -2},
    {-2, 0},  // third
}};

SquareStar::SquareStar(std::int64_t rows, std::int64_t columns, std::int64_t stride) {
    std::map<Offsets, std::uint8_t> known;
    list_.resize(static_cast<std::size_t>(rows * stride));
    for (std::int64_t y = 0; y < rows; ++y) {
        for (std::int64_t x = 0; x < columns; ++x) {
            Offsets offsets;
            for (std::size_t k = 0; k < steps.size(); ++k) {
                const std::int64_t to_y = (y + steps[k][0] + 2 * rows) % rows;
                const std::int64_t to_x = (x + steps[k][1] + 2 * columns) % columns;
                offsets[k] = static_cast<std::int32_t>((to_y - y) * stride + to_x - x);
            }
            const auto [found, added] = known.emplace(offsets, static_cast<std::uint8_t>(lists_.size()));
            if (added) lists_.push_back(offsets);
            list_[static_cast<std::size_t>(y * stride + x)] = found->second;
        }
    }
}

SquareStar::SquareStar(const SquareStar& other, const std::array<std::size_t, size>& order) : SquareStar(other) {
    for (std::size_t list = 0; list < lists_.size(); ++list) {
        for (std::size_t k = 0; k < order.size(); ++k) lists_[list][k] = other.lists_[list][order[k]];
    }
}

SquareSums& SquareSums::operator+=(const SquareSums& other) {
    for (std::size_t n = 0; n < pairs.size(); ++n) pairs[n] += other.pairs[n];
    plaquettes += other.plaquettes;
    spins += other.spins;
    return *this;
}

SquareSums square_sums(std::int64_t rows, std::int64_t columns, const std::uint8_t* spins) {
    SquareSums sums;
    for (std::int64_t y = 0; y < rows; ++y) {
        const std::uint8_t* row = spins + y * columns;
        const std::uint8_t* below = spins + (y + 1) % rows * columns;
        const std::uint8_t* second = spins + (y + 2) % rows * columns;
        for (std::int64_t x = 0; x < columns; ++x) {
            const std::int64_t right = (x + 1) % columns, left = (x + columns - 1) % columns;
            const int own = row[x];
            const auto unequal = [own](int other) { return own ^ other; };
            sums.pairs[0] += 2 - 2 * (unequal(row[right]) + unequal(below[x]));
            sums.pairs[1] += 2 - 2 * (unequal(below[right]) + unequal(below[left]));
            sums.pairs[2] += 2 - 2 * (unequal(row[(x + 2) % columns]) + unequal(second[x]));
            sums.plaquettes += 1 - 2 * (own ^ row[right] ^ below[x] ^ below[right]);
            sums.spins += 2 * own - 1;
        }
    }
    return sums;
}

}  // namespace kadanoff
