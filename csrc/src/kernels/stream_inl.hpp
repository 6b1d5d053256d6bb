// Included once by each stream_ISA.cpp, after its Real. The ODR contract of checkerboard_inl.hpp holds here
// too.

#include "kadanoff/config.hpp"
#include "kernels/stream.hpp"

namespace kadanoff {
namespace {

template <class T>
struct Complex {
    T re, im;
};

KADANOFF_LEAF float product(float a, float b) { return a * b; }
KADANOFF_LEAF double product(double a, double b) { return a * b; }
template <class T>
KADANOFF_LEAF Complex<T> product(Complex<T> a, Complex<T> b) {
    return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
KADANOFF_LEAF float sum(float a, float b) { return a + b; }
KADANOFF_LEAF double sum(double a, double b) { return a + b; }
template <class T>
KADANOFF_LEAF Complex<T> sum(Complex<T> a, Complex<T> b) {
    return {a.re + b.re, a.im + b.im};
}

/// One row, or Rows that are added up. Steps of 0 and 1 that the compiler knows make vectors of the loop.
template <class T, int Rows, bool Accumulate>
KADANOFF_LEAF void multiply(const StreamRun& run, const T* __restrict a, std::int64_t a_step, const T* __restrict b,
                            std::int64_t b_step, T* __restrict c, std::int64_t c_step) {
    T left[Rows], right[Rows];  // of steps of 0
    KADANOFF_UNROLL
    for (int r = 0; r < Rows; ++r) {
        left[r] = a[r * run.left_row];
        right[r] = b[r * run.right_row];
    }
    for (std::int64_t i = 0; i < run.count; ++i) {
        T term{};
        KADANOFF_UNROLL
        for (int r = 0; r < Rows; ++r) {
            const T x = a_step == 0 ? left[r] : a[r * run.left_row + i * a_step];
            const T y = b_step == 0 ? right[r] : b[r * run.right_row + i * b_step];
            term = r == 0 ? product(x, y) : sum(term, product(x, y));
        }
        c[i * c_step] = Accumulate ? sum(c[i * c_step], term) : term;
    }
}

template <class T, int Rows, bool Accumulate>
KADANOFF_LEAF void multiply_rows(const StreamRun& run, std::int64_t row) {
    const T* const a = static_cast<const T*>(run.left) + row * run.left_row;
    const T* const b = static_cast<const T*>(run.right) + row * run.right_row;
    T* const c = static_cast<T*>(run.output) + row * run.output_row;
    const std::int64_t x = run.left_step, y = run.right_step, z = run.output_step;
    if (z == 1 && x == 1 && y == 1) {
        multiply<T, Rows, Accumulate>(run, a, 1, b, 1, c, 1);
    } else if (z == 1 && x == 1 && y == 0) {
        multiply<T, Rows, Accumulate>(run, a, 1, b, 0, c, 1);
    } else if (z == 1 && x == 0 && y == 1) {
        multiply<T, Rows, Accumulate>(run, a, 0, b, 1, c, 1);
    } else {
        multiply<T, Rows, Accumulate>(run, a, x, b, y, c, z);
    }
}

template <class T>
void products(const StreamRun& run) noexcept {
    constexpr int together = 4;
    std::int64_t row = 0;
    if (run.output_row != 0) {
        for (; row < run.rows; ++row) {
            run.accumulate ? multiply_rows<T, 1, true>(run, row) : multiply_rows<T, 1, false>(run, row);
        }
        return;
    }
    if (!run.accumulate) {
        multiply_rows<T, 1, false>(run, 0);
        row = 1;
    }
    for (; row + together <= run.rows; row += together) multiply_rows<T, together, true>(run, row);
    for (; row < run.rows; ++row) multiply_rows<T, 1, true>(run, row);
}

template <class T>
KADANOFF_LEAF T sum_strided(const T* a, std::int64_t a_step, const T* b, std::int64_t b_step, std::int64_t count) {
    T sums[4] = {};
    std::int64_t i = 0;
    for (; i + 4 <= count; i += 4) {
        KADANOFF_UNROLL
        for (int s = 0; s < 4; ++s) sums[s] = sum(sums[s], product(a[(i + s) * a_step], b[(i + s) * b_step]));
    }
    for (; i < count; ++i) sums[0] = sum(sums[0], product(a[i * a_step], b[i * b_step]));
    return sum(sum(sums[0], sums[1]), sum(sums[2], sums[3]));
}

KADANOFF_LEAF std::uint32_t first_lanes(std::int64_t count) {
    return static_cast<std::uint32_t>((std::uint64_t{1} << count) - 1);
}

/// Sums of Rows rows with one other, whose numbers are loaded once.
template <class Real, int Rows, int Chains, class T>
KADANOFF_LEAF void sum_chains(const T* a, std::int64_t row, const T* b, std::int64_t count, T* sums) {
    constexpr int lanes = Real::lanes;
    typename Real::Vector each[Rows][Chains];
    KADANOFF_UNROLL
    for (int r = 0; r < Rows; ++r) {
        KADANOFF_UNROLL
        for (int c = 0; c < Chains; ++c) each[r][c] = Real::zero();
    }
    std::int64_t i = 0;
    for (; i + Chains * lanes <= count; i += Chains * lanes) {
        KADANOFF_UNROLL
        for (int c = 0; c < Chains; ++c) {
            const typename Real::Vector y = Real::load(b + i + c * lanes);
            KADANOFF_UNROLL
            for (int r = 0; r < Rows; ++r) {
                each[r][c] = Real::multiply_add(Real::load(a + r * row + i + c * lanes), y, each[r][c]);
            }
        }
    }
    for (; i < count; i += lanes) {
        const std::uint32_t mask = first_lanes(count - i < lanes ? count - i : lanes);
        const typename Real::Vector y = Real::load(b + i, mask);
        KADANOFF_UNROLL
        for (int r = 0; r < Rows; ++r) {
            each[r][0] = Real::multiply_add(Real::load(a + r * row + i, mask), y, each[r][0]);
        }
    }
    KADANOFF_UNROLL
    for (int r = 0; r < Rows; ++r) {
        KADANOFF_UNROLL
        for (int c = 1; c < Chains; ++c) each[r][0] = Real::add(each[r][0], each[r][c]);
        sums[r] = Real::total(each[r][0]);
    }
}

/// The same: long rows by several vectors of sums, since additions take longer than loads.
template <class Real, int Rows, class T>
KADANOFF_LEAF void sum_rows(const T* a, std::int64_t row, const T* b, std::int64_t count, T* sums) {
    constexpr int chains = Rows == 1 ? 4 : 2;
    if (count >= 2 * chains * Real::lanes) {
        sum_chains<Real, Rows, chains>(a, row, b, count, sums);
    } else {
        sum_chains<Real, Rows, 1>(a, row, b, count, sums);
    }
}

/// The same of (real, imaginary) pairs: a vector times another, and times that with its parts exchanged.
template <class Real, int Rows, class T>
KADANOFF_LEAF void sum_rows(const Complex<T>* left, std::int64_t row, const Complex<T>* right, std::int64_t count,
                            Complex<T>* sums) {
    constexpr int lanes = Real::lanes;
    if constexpr (lanes == 1) {
        for (int r = 0; r < Rows; ++r) sums[r] = sum_strided(left + r * row, 1, right, 1, count);
    } else {
        const T* const a = &left->re;
        const T* const b = &right->re;
        typename Real::Vector same[Rows], crossed[Rows];
        KADANOFF_UNROLL
        for (int r = 0; r < Rows; ++r) same[r] = crossed[r] = Real::zero();
        const auto add = [&](std::int64_t i, auto load) KADANOFF_INLINE_LAMBDA {
            const typename Real::Vector y = load(b + i), turned = Real::swap_pairs(y);
            KADANOFF_UNROLL
            for (int r = 0; r < Rows; ++r) {
                const typename Real::Vector x = load(a + 2 * r * row + i);
                same[r] = Real::multiply_add(x, y, same[r]);
                crossed[r] = Real::multiply_add(x, turned, crossed[r]);
            }
        };
        std::int64_t i = 0;
        for (; i + lanes <= 2 * count; i += lanes) {
            add(i, [](const T* p) KADANOFF_INLINE_LAMBDA { return Real::load(p); });
        }
        if (i < 2 * count) {
            const std::uint32_t mask = first_lanes(2 * count - i);
            add(i, [mask](const T* p) KADANOFF_INLINE_LAMBDA { return Real::load(p, mask); });
        }
        KADANOFF_UNROLL
        for (int r = 0; r < Rows; ++r) {
            sums[r] = {-Real::total(Real::subtract_add(Real::zero(), same[r])), Real::total(crossed[r])};
        }
    }
}

template <class Real, class T>
void sum_of_products(const StreamRun& run) noexcept {
    constexpr int together = 4;
    const bool contiguous = run.left_step == 1 && run.right_step == 1;
    const bool left_stays = run.left_row == 0, shared = contiguous && run.output_row != 0;
    std::int64_t row = 0;
    for (; shared && left_stays != (run.right_row == 0) && row + together <= run.rows; row += together) {
        const T* const a = static_cast<const T*>(run.left) + row * run.left_row;
        const T* const b = static_cast<const T*>(run.right) + row * run.right_row;
        T* const c = static_cast<T*>(run.output) + row * run.output_row;
        T sums[together];
        left_stays ? sum_rows<Real, together>(b, run.right_row, a, run.count, sums)
                   : sum_rows<Real, together>(a, run.left_row, b, run.count, sums);
        for (int r = 0; r < together; ++r) {
            T& out = c[r * run.output_row];
            out = run.accumulate ? sum(out, sums[r]) : sums[r];
        }
    }
    for (; row < run.rows; ++row) {
        const T* const a = static_cast<const T*>(run.left) + row * run.left_row;
        const T* const b = static_cast<const T*>(run.right) + row * run.right_row;
        T* const c = static_cast<T*>(run.output) + row * run.output_row;
        T result{};
        if (contiguous) {
            sum_rows<Real, 1>(a, 0, b, run.count, &result);
        } else {
            result = sum_strided(a, run.left_step, b, run.right_step, run.count);
        }
        *c = run.accumulate || (row > 0 && run.output_row == 0) ? sum(*c, result) : result;
    }
}

template <class Real, class T>
StreamKernel kernel_for() {
    return {&products<T>, &sum_of_products<Real, T>};
}

template <template <class> class Real>
StreamKernel select_stream(DType dtype) {
    switch (dtype) {
        case DType::float32: return kernel_for<Real<float>, float>();
        case DType::float64: return kernel_for<Real<double>, double>();
        case DType::complex64: return kernel_for<Real<float>, Complex<float>>();
        case DType::complex128: break;
    }
    return kernel_for<Real<double>, Complex<double>>();
}

}  // namespace
}  // namespace kadanoff
