// Included once by each sum_ISA.cpp, after its Real. The ODR contract of checkerboard_inl.hpp holds here too.

#include "kadanoff/config.hpp"
#include "kernels/sum.hpp"

namespace kadanoff {
namespace {

constexpr std::uint32_t first_lanes(std::int64_t count) {
    return static_cast<std::uint32_t>((std::uint64_t{1} << count) - 1);
}

/// The sum over Rows numbers of each column, in pairs: Rows is a power of 2.
template <class Real, int Rows, class Load>
KADANOFF_LEAF typename Real::Vector add_rows(Load load) {
    typename Real::Vector r[Rows];
    KADANOFF_UNROLL
    for (int i = 0; i < Rows; ++i) r[i] = load(i);
    KADANOFF_UNROLL
    for (int half = Rows / 2; half > 0; half /= 2) {
        KADANOFF_UNROLL
        for (int i = 0; i < half; ++i) r[i] = Real::add(r[i], r[i + half]);
    }
    return r[0];
}

template <class Real, int Rows>
KADANOFF_LEAF void add_across(const typename Real::Number* input, const SumRun& run) {
    using Number = typename Real::Number;
    Number* const sums = static_cast<Number*>(run.sums);
    std::int64_t i = 0;
    for (; i + Real::lanes <= run.count; i += Real::lanes) {
        const auto row = [&](int r) KADANOFF_INLINE_LAMBDA { return Real::load(input + r * run.row_step + i); };
        Real::store(sums + i, Real::add(Real::load(sums + i), add_rows<Real, Rows>(row)));
    }
    if (i < run.count) {
        const std::uint32_t mask = first_lanes(run.count - i);
        const auto row = [&](int r) KADANOFF_INLINE_LAMBDA { return Real::load(input + r * run.row_step + i, mask); };
        Real::store(sums + i, mask, Real::add(Real::load(sums + i, mask), add_rows<Real, Rows>(row)));
    }
}

template <class Real>
void sum_across(const SumRun& run) noexcept {
    constexpr int together = 8;
    const auto* input = static_cast<const typename Real::Number*>(run.input);
    std::int64_t row = 0;
    for (; row + together <= run.rows; row += together) add_across<Real, together>(input + row * run.row_step, run);
    for (; row < run.rows; ++row) add_across<Real, 1>(input + row * run.row_step, run);
}

/// Vectors of one instruction set that make up the width.
template <class Real>
struct Wide {
    using Number = typename Real::Number;
    static constexpr int width = SumKernel::width_bytes / static_cast<int>(sizeof(Number));
    static constexpr int parts = width / Real::lanes;
    typename Real::Vector part[parts];

    KADANOFF_LEAF void clear() {
        KADANOFF_UNROLL
        for (int p = 0; p < parts; ++p) part[p] = Real::zero();
    }
    KADANOFF_LEAF void add(const Number* from) {
        KADANOFF_UNROLL
        for (int p = 0; p < parts; ++p) part[p] = Real::add(part[p], Real::load(from + p * Real::lanes));
    }
    KADANOFF_LEAF void add_first(const Number* from, std::int64_t count) {
        for (int p = 0; p < parts; ++p) {
            const std::int64_t here = count - p * Real::lanes;
            if (here >= Real::lanes) {
                part[p] = Real::add(part[p], Real::load(from + p * Real::lanes));
            } else if (here > 0) {
                part[p] = Real::add(part[p], Real::load(from + p * Real::lanes, first_lanes(here)));
            }
        }
    }
    KADANOFF_LEAF void add(const Wide& other) {
        KADANOFF_UNROLL
        for (int p = 0; p < parts; ++p) part[p] = Real::add(part[p], other.part[p]);
    }
    KADANOFF_LEAF void store(Number* to) const {
        KADANOFF_UNROLL
        for (int p = 0; p < parts; ++p) Real::store(to + p * Real::lanes, part[p]);
    }
};

/// Four sums of a row at a time, since additions take longer than loads.
template <class Real>
void sum_along(const SumRun& run) noexcept {
    using Number = typename Real::Number;
    constexpr std::int64_t chains = 4, width = Wide<Real>::width;
    const Number* input = static_cast<const Number*>(run.input);
    Number* sums = static_cast<Number*>(run.sums);
    for (std::int64_t row = 0; row < run.rows; ++row, input += run.row_step, sums += width) {
        Wide<Real> chain[chains];
        KADANOFF_UNROLL
        for (auto& each : chain) each.clear();
        std::int64_t i = 0;
        for (; i + chains * width <= run.count; i += chains * width) {
            KADANOFF_UNROLL
            for (int c = 0; c < chains; ++c) chain[c].add(input + i + c * width);
        }
        for (; i + width <= run.count; i += width) chain[0].add(input + i);
        if (i < run.count) chain[1].add_first(input + i, run.count - i);
        chain[0].add(chain[1]);
        chain[2].add(chain[3]);
        chain[0].add(chain[2]);
        chain[0].add(sums);
        chain[0].store(sums);
    }
}

template <template <class> class Real>
SumKernel select_sum(bool single) noexcept {
    if (single) return {sum_across<Real<float>>, sum_along<Real<float>>};
    return {sum_across<Real<double>>, sum_along<Real<double>>};
}

}  // namespace
}  // namespace kadanoff
