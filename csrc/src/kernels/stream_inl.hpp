// Included once by each stream_ISA.cpp, after stream_vector_bytes. The ODR contract of checkerboard_inl.hpp holds here
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

/// A vector of the instruction set; MayAlias, since it reads what others wrote as numbers.
template <class T>
struct Lanes {
    static constexpr int count = stream_vector_bytes / static_cast<int>(sizeof(T));
    typedef T Vector __attribute__((vector_size(stream_vector_bytes), aligned(sizeof(T)), may_alias));
};

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
KADANOFF_LEAF T total(const typename Lanes<T>::Vector& lanes, int first, int step) {
    T result = lanes[first];
    for (int lane = first + step; lane < Lanes<T>::count; lane += step) result += lanes[lane];
    return result;
}

/// Of numbers next to each other; four vectors of sums, since additions take longer than loads.
template <class T>
KADANOFF_LEAF T sum_contiguous(const T* a, const T* b, std::int64_t count) {
    using Vector = typename Lanes<T>::Vector;
    constexpr int lanes = Lanes<T>::count, chains = 4;
    Vector sums[chains] = {};
    std::int64_t i = 0;
    for (; i + chains * lanes <= count; i += chains * lanes) {
        KADANOFF_UNROLL
        for (int s = 0; s < chains; ++s) {
            sums[s] += *reinterpret_cast<const Vector*>(a + i + s * lanes) *
                       *reinterpret_cast<const Vector*>(b + i + s * lanes);
        }
    }
    for (; i + lanes <= count; i += lanes) {
        sums[0] += *reinterpret_cast<const Vector*>(a + i) * *reinterpret_cast<const Vector*>(b + i);
    }
    const Vector all = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    T result = total<T>(all, 0, 1);
    for (; i < count; ++i) result += a[i] * b[i];
    return result;
}

/// The same of (real, imaginary) pairs: a vector times another, and times that with its parts exchanged.
template <class T>
KADANOFF_LEAF Complex<T> sum_contiguous(const Complex<T>* left, const Complex<T>* right, std::int64_t count) {
    using Vector = typename Lanes<T>::Vector;
    constexpr int lanes = Lanes<T>::count, chains = 2;
    const T* const a = &left->re;
    const T* const b = &right->re;
    Vector same[chains] = {}, crossed[chains] = {};
    std::int64_t i = 0;
    for (; i + chains * lanes <= 2 * count; i += chains * lanes) {
        KADANOFF_UNROLL
        for (int s = 0; s < chains; ++s) {
            const Vector x = *reinterpret_cast<const Vector*>(a + i + s * lanes);
            const Vector y = *reinterpret_cast<const Vector*>(b + i + s * lanes);
            Vector turned;
            KADANOFF_UNROLL
            for (int lane = 0; lane < lanes; ++lane) turned[lane] = y[lane ^ 1];
            same[s] += x * y;
            crossed[s] += x * turned;
        }
    }
    const Vector squares = same[0] + same[1], mixed = crossed[0] + crossed[1];
    Complex<T> result{total<T>(squares, 0, 2) - total<T>(squares, 1, 2), total<T>(mixed, 0, 1)};
    for (i /= 2; i < count; ++i) result = sum(result, product(left[i], right[i]));
    return result;
}

/// Sums of Rows rows with one other: its numbers are loaded once. One vector of sums for each.
template <int Rows, class T>
KADANOFF_LEAF void sum_rows(const T* a, std::int64_t row, const T* b, std::int64_t count, T* sums) {
    using Vector = typename Lanes<T>::Vector;
    constexpr int lanes = Lanes<T>::count;
    Vector each[Rows] = {};
    std::int64_t i = 0;
    for (; i + lanes <= count; i += lanes) {
        const Vector y = *reinterpret_cast<const Vector*>(b + i);
        KADANOFF_UNROLL
        for (int r = 0; r < Rows; ++r) each[r] += *reinterpret_cast<const Vector*>(a + r * row + i) * y;
    }
    KADANOFF_UNROLL
    for (int r = 0; r < Rows; ++r) {
        sums[r] = total<T>(each[r], 0, 1);
        for (std::int64_t rest = i; rest < count; ++rest) sums[r] += a[r * row + rest] * b[rest];
    }
}
template <int Rows, class T>
KADANOFF_LEAF void sum_rows(const Complex<T>* a, std::int64_t row, const Complex<T>* b, std::int64_t count,
                            Complex<T>* sums) {
    for (int r = 0; r < Rows; ++r) sums[r] = sum_contiguous(a + r * row, b, count);
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

template <class T>
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
        left_stays ? sum_rows<together>(b, run.right_row, a, run.count, sums)
                   : sum_rows<together>(a, run.left_row, b, run.count, sums);
        for (int r = 0; r < together; ++r) {
            T& out = c[r * run.output_row];
            out = run.accumulate ? sum(out, sums[r]) : sums[r];
        }
    }
    for (; row < run.rows; ++row) {
        const T* const a = static_cast<const T*>(run.left) + row * run.left_row;
        const T* const b = static_cast<const T*>(run.right) + row * run.right_row;
        T* const c = static_cast<T*>(run.output) + row * run.output_row;
        const T result =
            contiguous ? sum_contiguous(a, b, run.count) : sum_strided(a, run.left_step, b, run.right_step, run.count);
        *c = run.accumulate || (row > 0 && run.output_row == 0) ? sum(*c, result) : result;
    }
}

template <class T>
StreamKernel kernel_for() {
    return {&products<T>, &sum_of_products<T>};
}

StreamKernel select_stream(DType dtype) {
    switch (dtype) {
        case DType::float32: return kernel_for<float>();
        case DType::float64: return kernel_for<double>();
        case DType::complex64: return kernel_for<Complex<float>>();
        case DType::complex128: break;
    }
    return kernel_for<Complex<double>>();
}

}  // namespace
}  // namespace kadanoff
