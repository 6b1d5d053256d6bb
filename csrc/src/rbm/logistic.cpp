#include "rbm/logistic.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "kadanoff/rng/word_pair_ops.hpp"
#include "kadanoff/update/rbm_draw.hpp"

namespace kadanoff {

namespace {

constexpr int drives = 1 << 15;

/// 65536 / (1 + e^|d|).
double logistic(double y) { return 65536.0 / (1.0 + std::exp2(y / 2048.0)); }

/// The least and the largest first bits of a threshold that y may stand for.
struct Range {
    double least, largest;
};
Range range(int y, DriveError error) {
    const double relative = y * 6e-5;
    const double least = y == drives - 1 ? 0.0 : std::floor(logistic(y + error.above + relative));
    return {least, logistic(std::max(0.0, y - error.below - relative))};
}

/// The polynomial in x = 0 ... 1 through the logistic function at the Chebyshev nodes of an interval of y.
template <std::size_t Size>
std::array<double, Size> interpolate(double begin, double length) {
    constexpr auto n = static_cast<double>(Size);
    std::array<double, Size> node, newton, result{};
    for (std::size_t k = 0; k < Size; ++k) {
        node[k] = 0.5 + 0.5 * std::cos((2.0 * static_cast<double>(k) + 1.0) * 3.14159265358979324 / (2.0 * n));
        newton[k] = logistic(begin + node[k] * length);
    }
    for (std::size_t order = 1; order < Size; ++order) {  // divided differences
        for (std::size_t k = Size - 1; k >= order; --k) {
            newton[k] = (newton[k] - newton[k - 1]) / (node[k] - node[k - order]);
        }
    }
    for (std::size_t k = Size; k-- > 0;) {  // Horner's scheme, expanded
        for (std::size_t power = Size - 1; power > 0; --power) {
            result[power] = result[power - 1] - node[k] * result[power];
        }
        result[0] = newton[k] - node[k] * result[0];
    }
    return result;
}

std::uint32_t rounded(double value, bool is_signed = false) {
    const double low = is_signed ? -32768.0 : 0.0;
    return static_cast<std::uint32_t>(std::lround(std::clamp(value, low, low + 65535.0))) & 0xFFFFu;
}

/// Stores the 16-bit number `i` of a row.
void put(std::uint32_t* row, int i, std::uint32_t value) {
    std::uint32_t& word = row[i / 2];
    word = i % 2 == 0 ? (word & 0xFFFF0000u) | value : (word & 0xFFFFu) | (value << 16);
}
std::uint32_t get(const std::uint32_t* row, int i) { return (row[i / 2] >> (16 * (i % 2))) & 0xFFFFu; }

/// Lowers the constants of a polynomial until it is a bound, and returns the window that it needs.
template <class Logistic>
std::uint32_t lower(RbmLogistic& logistic, std::uint32_t* constant, int intervals, DriveError error) {
    const int length = drives / intervals;
    const auto bound = [&](int y) {
        return static_cast<double>(
            Logistic(logistic).bound(WordPairOps::broadcast_pair(static_cast<std::uint32_t>(y))) & 0xFFFFu);
    };
    for (int i = 0; i < intervals; ++i) {
        double excess = 0.0;
        for (int y = i * length; y < (i + 1) * length; ++y) {
            if (bound(y) > 0.0) excess = std::max(excess, bound(y) - range(y, error).least);
        }
        put(constant, i, get(constant, i) - std::min(get(constant, i), static_cast<std::uint32_t>(excess)));
    }
    double window = 0.0;
    for (int y = 0; y < drives; ++y) window = std::max(window, range(y, error).largest - bound(y));
    return static_cast<std::uint32_t>(std::ceil(window));
}

}  // namespace

RbmLogistic make_rbm_logistic(DriveError error) {
    RbmLogistic result{};
    const double centre = (error.above - error.below) / 2.0;
    for (int i = 0; i < 32; ++i) {
        const auto p = interpolate<3>(i * 1024.0 + centre, 1024.0);
        for (std::size_t k = 0; k < 3; ++k) put(result.quadratic[k], i, rounded(k == 1 ? -p[k] : p[k]));
    }
    for (int i = 0; i < 8; ++i) {
        const auto p = interpolate<4>(i * 4096.0 + centre, 4096.0);
        for (std::size_t k = 0; k < 3; ++k) put(result.cubic[k], i, rounded(k == 1 ? -p[k] : p[k]));
        put(result.cubic[3], i, rounded(-2.0 * p[3], true));  // for half of x
    }
    result.quadratic_window = lower<QuadraticLogistic<WordPairOps>>(result, result.quadratic[0], 32, error);
    result.cubic_window = lower<CubicLogistic<WordPairOps>>(result, result.cubic[0], 8, error);
    return result;
}

}  // namespace kadanoff
