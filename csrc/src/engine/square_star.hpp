#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "kadanoff/lattice/lattice.hpp"

namespace kadanoff {

/// The first, second and third neighbours of a site of a periodic square lattice, four of each, as offsets to its
/// place, y stride + x.
///
/// At most 25 lists occur, by the distances of row and column from the ends; a byte for each site tells its list.
class SquareStar {
public:
    static constexpr int ranges = 3, of_range = 4, size = ranges * of_range;
    using Offsets = std::array<std::int32_t, size>;

    SquareStar(std::int64_t rows, std::int64_t columns, std::int64_t stride);
    /// Another one's lists in another order: item k is item order[k].
    SquareStar(const SquareStar& other, const std::array<std::size_t, size>& order);

    /// Where the lists are, for loops that write to bytes, which the compiler takes for parts of anything.
    struct View {
        const std::uint8_t* list;
        const Offsets* lists;

        const Offsets& of(std::uint32_t site) const { return lists[list[site]]; }
    };
    View view() const { return {list_.data(), lists_.data()}; }

    /// (dy, dx) of the neighbours, in order: a range's go around the site by quarter turns.
    static const std::array<std::array<int, 2>, size> steps;

private:
    std::vector<std::uint8_t> list_;
    std::vector<Offsets> lists_;
};

/// C_n, the sum of s_i s_j over the pairs of n-th neighbours, each pair once for every step that leads from one to
/// the other; P, the sum over plaquettes of the product of their spins; M, the sum of the spins.
struct SquareSums {
    std::array<std::int64_t, SquareStar::ranges> pairs{};
    std::int64_t plaquettes = 0;
    std::int64_t spins = 0;

    SquareSums& operator+=(const SquareSums& other);
};

/// Of spins that are bytes 0 and 1 (up).
SquareSums square_sums(std::int64_t rows, std::int64_t columns, const std::uint8_t* spins);

}  // namespace kadanoff
