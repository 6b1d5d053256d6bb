#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>

namespace kadanoff {

inline double log_one_plus_exp(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }

/// ln of the product of 1 + e^x over many units, where e^x is the product of two numbers: a multiplication, an addition
/// and a multiplication each. Mantissas and exponents are kept apart, for the product may be far beyond float64.
class OnePlusExpProduct {
public:
    /// `largest`: bound of x, at most 300.
    explicit OnePlusExpProduct(double largest) : most_(static_cast<std::size_t>(700.0 / (largest + 1.0))) {}

    /// ln of the product of 1 + a_j b_j; `count` is a multiple of the lanes.
    double log_of(const double* a, const double* b, std::size_t count) const {
        Reals mantissa[parts];
        Words exponent[parts]{};
        for (Reals& m : mantissa) m = Reals{1.0, 1.0};
        for (std::size_t j = 0; j < count;) {
            for (const std::size_t end = std::min(count, j + most_ * lanes); j < end; j += lanes) {
                for (std::size_t p = 0; p < parts; ++p) mantissa[p] *= 1.0 + load(a + j + 2 * p) * load(b + j + 2 * p);
            }
            for (std::size_t p = 0; p < parts; ++p) {
                const auto bits = std::bit_cast<Words>(mantissa[p]);
                exponent[p] += (bits >> 52) - 1023;
                mantissa[p] = std::bit_cast<Reals>((bits & 0xFFFFFFFFFFFFFu) | 0x3FF0000000000000u);
            }
        }
        double product = 1.0, twos = 0.0;
        for (std::size_t l = 0; l < lanes; ++l) {
            product *= mantissa[l / 2][l % 2];
            twos += static_cast<double>(exponent[l / 2][l % 2]);
        }
        return twos * 0.69314718055994530942 + std::log(product);
    }

    static constexpr std::size_t lanes = 8;

private:
    using Reals = double __attribute__((vector_size(16)));
    using Words = std::uint64_t __attribute__((vector_size(16)));
    static constexpr std::size_t parts = lanes / 2;

    static Reals load(const double* p) { return Reals{p[0], p[1]}; }

    std::size_t most_;  ///< factors that a mantissa below 2 takes
};

}  // namespace kadanoff
