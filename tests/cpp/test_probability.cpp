#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstdint>

#include "check.hpp"
#include "kadanoff/registry.hpp"
#include "kadanoff/update/accept_table.hpp"

using kadanoff::AcceptTable;
using kadanoff::DoubleDouble;
using kadanoff::exp_minus;
using kadanoff::threshold;

namespace {

/// exp(-x) as a sum of two doubles, and the integer thresholds of p = exp(-x) and p = exp(-x) / (1 + exp(-x)):
/// round(2^64 p) - 1, at least 0. From mpmath with 400 bits.
struct Answer {
    double x, high, low;
    std::uint64_t metropolis, heat_bath;
};

constexpr Answer answers[] = {
    {0x0.0p+0, 0x1.0000000000000p+0, 0x0.0p+0, 0xffffffffffffffffu, 0x7fffffffffffffffu},
    {0x1.0000000000000p-60, 0x1.0000000000000p+0, -0x1.0000000000000p-60, 0xffffffffffffffefu, 0x7ffffffffffffffbu},
    {0x1.0624dd2f1a9fcp-10, 0x1.ff7cfe56f1a9ep-1, -0x1.1719f90b09522p-55, 0xffbe7f2b78d4edd1u, 0x7fef9db243f665bdu},
    {0x1.0000000000000p-2, 0x1.8ebef9eac820bp-1, -0x1.797d4686c5393p-57, 0xc75f7cf564105742u, 0x7015336a1da3e581u},
    {0x1.5555555555555p-2, 0x1.6edd3122f2ea5p-1, -0x1.034de3382e25cp-57, 0xb76e98917975277du, 0x6adcadcf9ed1eb87u},
    {0x1.62e42fefa39efp-1, 0x1.0000000000000p-1, 0x1.abc9e3b39803fp-57, 0x80000000000000d5u, 0x55555555555555b3u},
    {0x1.0000000000000p+0, 0x1.78b56362cef38p-2, -0x1.ca8a4270fadf5p-57, 0x5e2d58d8b3bcdf1au, 0x44d9585152ea1935u},
    {0x1.c28f5c28f5c29p+0, 0x1.60590ebc84a91p-3, -0x1.6a28cb951ff33p-57, 0x2c0b21d79095214au, 0x25940d3cd0cf62e2u},
    {0x1.c28f5c28f5c29p+1, 0x1.e4f50781acbe4p-6, 0x1.a785135114e73p-61, 0x0793d41e06b2f90cu, 0x075c0fb9d04d3a4bu},
    {0x1.c34366179d426p+1, 0x1.e24cc824c9a51p-6, 0x1.7e05f46d99d5bp-60, 0x0789332093269457u, 0x075208880416685cu},
    {0x1.51eb851eb851fp+2, 0x1.4dbccfb637a1dp-8, 0x1.9bf41e7439b8fp-62, 0x014dbccfb637a1d5u, 0x014c0bef49c6f0bfu},
    {0x1.c333333333333p+2, 0x1.c6c5a8d4c4d2dp-11, 0x1.eefed394786c9p-67, 0x0038d8b51a989a59u, 0x0038cc1860e0a3a6u},
    {0x1.0000000000000p+3, 0x1.5fc21041027adp-12, -0x1.100cae61fc046p-66, 0x0015fc21041027acu, 0x0015fa3dd7d2f7a5u},
    {0x1.0000000000000p+4, 0x1.e355bbaee85cbp-24, -0x1.2cd0460668bb8p-79, 0x000001e355bbaee7u, 0x000001e355b81e5bu},
    {0x1.4000000000000p+5, 0x1.39792499b1a24p-58, 0x1.4aa50a41ade9fp-113, 0x000000000000004du, 0x000000000000004du},
    {0x1.6266666666666p+5, 0x1.10375ff65475fp-64, -0x1.60c9f0fbfa192p-118, 0, 0},
    {0x1.9000000000000p+6, 0x1.a8c1f14e2af5dp-145, -0x1.43089bb228e2cp-199, 0, 0},
    {0x1.5e80000000000p+8, 0x1.42ffdfebeef96p-506, 0x1.581795dac51bdp-560, 0, 0},
};

/// Every entry of two tables.
bool equal(const AcceptTable& a, const AcceptTable& b, int class_a, int class_b) {
    bool same = a.threshold[class_a] == b.threshold[class_b];
    for (int k = 0; k < kadanoff::uniform_planes; ++k) same = same && a.plane[k][class_a] == b.plane[k][class_b];
    return same;
}

/// The classes of a field-free table against those of the general one at field 0.
template <class Lattice, class Rule>
void compare_tables(double coupling, double beta) {
    const AcceptTable symmetric = kadanoff::make_symmetric_table<Lattice, Rule>(coupling, beta);
    const AcceptTable field = kadanoff::make_field_table<Lattice, Rule>({coupling, 0.0}, beta);
    constexpr int counts = Lattice::coordination + 1;
    for (int spin = 0; spin <= (Rule::uses_spin ? 1 : 0); ++spin) {
        for (int up = 0; up < counts; ++up) {
            const int size = std::abs(2 * up - Lattice::coordination);
            for (int k = 0; k < Lattice::coordination / 2; ++k) {
                const int at = spin * counts + up;
                // Metropolis has a class for uphill flips alone.
                if (Lattice::class_field[k] != size || (Rule::uses_spin && field.threshold[at] == ~0ull)) continue;
                CHECK(equal(symmetric, field, k, at));
            }
        }
    }
    CHECK_EQUAL(symmetric.antiferro, coupling < 0 ? 0xFFFFFFFFu : 0u);
}

}  // namespace

TEST_CASE(exp_minus_has_ninety_bits) {
    for (const Answer& answer : answers) {
        const DoubleDouble value = exp_minus(answer.x);
        const double error = (value.high - answer.high) + (value.low - answer.low);
        CHECK(std::fabs(error) <= std::ldexp(answer.high, -90));
    }
}

TEST_CASE(exp_minus_agrees_with_expl_everywhere) {
    // 2^-90 where long double has 113 bits; on x86 it has 64.
    const long double tolerance = std::max(4 * LDBL_EPSILON, std::ldexp(1.0L, -90));
    for (int i = 0; i < 20'000; ++i) {
        const double x = 1e-12 * std::pow(1.0017, i);  // up to 570
        const long double expected = std::exp(-static_cast<long double>(x));
        const DoubleDouble value = exp_minus(x);
        const long double sum = static_cast<long double>(value.high) + static_cast<long double>(value.low);
        if (!CHECK(std::fabs(sum - expected) <= tolerance * expected)) break;
    }
    CHECK_EQUAL(exp_minus(701.0).high, 0.0);
    CHECK_EQUAL(exp_minus(INFINITY).high, 0.0);
}

TEST_CASE(thresholds_are_the_rounded_probabilities) {
    for (const Answer& answer : answers) {
        const DoubleDouble weight = exp_minus(answer.x);
        CHECK_EQUAL(threshold(weight), answer.metropolis);
        CHECK_EQUAL(threshold(weight / (DoubleDouble{1.0, 0.0} + weight)), answer.heat_bath);
    }
    CHECK_EQUAL(threshold({0.0, 0.0}), 0u);
    CHECK_EQUAL(threshold({1.0, 0.0}), ~std::uint64_t{0});
}

TEST_CASE(a_table_holds_the_top_bits_of_its_thresholds) {
    const AcceptTable table = kadanoff::make_symmetric_table<kadanoff::Cubic, kadanoff::HeatBath>(1.0, 0.2);
    for (int k = 0; k < 3; ++k) {
        std::uint64_t top = 0;
        for (const auto& plane : table.plane) top = top << 1 | (plane[k] & 1);
        CHECK_EQUAL(top, table.threshold[k] >> (64 - kadanoff::uniform_planes));
    }
}

TEST_CASE(field_and_symmetric_tables_agree_at_field_zero) {
    using namespace kadanoff;
    for (const double coupling : {1.0, -1.0, 0.7, -2.5}) {
        for (const double beta : {1e-3, 0.2216546, 0.44068679350977147, 1.7, 40.0}) {
            compare_tables<Square, HeatBath>(coupling, beta);
            compare_tables<Square, Metropolis>(coupling, beta);
            compare_tables<Cubic, HeatBath>(coupling, beta);
            compare_tables<Cubic, Metropolis>(coupling, beta);
        }
    }
}
