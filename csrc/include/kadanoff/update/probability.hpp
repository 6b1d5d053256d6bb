#pragma once

#include <cmath>
#include <cstdint>

#include "kadanoff/config.hpp"

namespace kadanoff {

/// An unevaluated sum of two doubles, about 106 bits. Built from IEEE additions, multiplications and fused
/// multiply-adds alone, so that a threshold is the same on every machine, whatever its libm; a compiler must not
/// make multiply-adds of its own (-ffp-contract=off, nvcc: --fmad=false).
struct DoubleDouble {
    double high = 0.0;
    double low = 0.0;
};

KADANOFF_HOST_DEVICE inline DoubleDouble two_sum(double a, double b) {
    const double sum = a + b;
    const double b_part = sum - a;
    return {sum, (a - (sum - b_part)) + (b - b_part)};
}

KADANOFF_HOST_DEVICE inline DoubleDouble operator+(DoubleDouble a, DoubleDouble b) {
    const DoubleDouble high = two_sum(a.high, b.high);
    const DoubleDouble low = two_sum(a.low, b.low);
    const DoubleDouble middle = two_sum(high.high, high.low + low.high);
    return two_sum(middle.high, middle.low + low.low);
}

KADANOFF_HOST_DEVICE inline DoubleDouble operator*(DoubleDouble a, DoubleDouble b) {
    const double product = a.high * b.high;
    const double error = std::fma(a.high, b.high, -product);
    return two_sum(product, error + std::fma(a.high, b.low, a.low * b.high));
}

KADANOFF_HOST_DEVICE inline DoubleDouble operator/(DoubleDouble a, DoubleDouble b) {
    const double first = a.high / b.high;
    const DoubleDouble rest = a + b * DoubleDouble{-first, 0.0};
    const double second = rest.high / b.high;
    const DoubleDouble rest2 = rest + b * DoubleDouble{-second, 0.0};
    return DoubleDouble{first, 0.0} + two_sum(second, rest2.high / b.high);
}

/// exp(-x) for x >= 0, relative error below 2^-90; 0 for x > 700.
KADANOFF_HOST_DEVICE inline DoubleDouble exp_minus(double x) {
    if (!(x <= 700.0)) return {};
    constexpr double log2e = 1.4426950408889634;
    constexpr DoubleDouble ln2{0.6931471805599453, 2.3190468138462996e-17};
    constexpr int halvings = 8;
    const double n = std::nearbyint(x * log2e);
    const DoubleDouble remainder = ln2 * DoubleDouble{n, 0.0} + DoubleDouble{-x, 0.0};  // |.| <= ln(2) / 2
    const double scale = std::ldexp(1.0, -halvings);
    const DoubleDouble r{remainder.high * scale, remainder.low * scale};
    DoubleDouble sum{1.0, 0.0};
    for (int k = 11; k >= 1; --k) {  // Horner: 1 + r (1 + r/2 (1 + r/3 (...)))
        sum = DoubleDouble{1.0, 0.0} + r * sum / DoubleDouble{static_cast<double>(k), 0.0};
    }
    for (int k = 0; k < halvings; ++k) sum = sum * sum;
    const int exponent = -static_cast<int>(n);
    return {std::ldexp(sum.high, exponent), std::ldexp(sum.low, exponent)};
}

/// The T for which a uniform 64-bit integer U obeys U <= T with the given probability, to within 2^-65.
/// Probability 1 is exact; the smallest one is 2^-64.
KADANOFF_HOST_DEVICE inline std::uint64_t threshold(DoubleDouble probability) {
    if (probability.high >= 1.0) {
        const double missing = std::floor(0.5 - std::ldexp(probability.low, 64));
        return missing > 0.0 ? ~std::uint64_t{0} - static_cast<std::uint64_t>(missing) : ~std::uint64_t{0};
    }
    const double high = std::ldexp(probability.high, 64);
    const double whole = std::floor(high);
    const double rest = std::floor((high - whole) + std::ldexp(probability.low, 64) + 0.5);
    const auto count = static_cast<std::uint64_t>(whole) + static_cast<std::uint64_t>(static_cast<std::int64_t>(rest));
    return count == 0 ? 0 : count - 1;
}

}  // namespace kadanoff
