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

/// Steps of 0 and 1 that the compiler knows make vectors of the loop.
template <class T, bool Accumulate>
KADANOFF_LEAF void multiply(const T* __restrict a, std::int64_t a_step, const T* __restrict b, std::int64_t b_step,
                            T* __restrict c, std::int64_t c_step, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
        const T term = product(a[i * a_step], b[i * b_step]);
        c[i * c_step] = Accumulate ? sum(c[i * c_step], term) : term;
    }
}

template <class T, bool Accumulate>
KADANOFF_LEAF void multiply_all(const StreamRun& run) {
    const T* const a = static_cast<const T*>(run.left);
    const T* const b = static_cast<const T*>(run.right);
    T* const c = static_cast<T*>(run.output);
    const std::int64_t x = run.left_step, y = run.right_step, z = run.output_step;
    if (z == 1 && x == 1 && y == 1) {
        multiply<T, Accumulate>(a, 1, b, 1, c, 1, run.count);
    } else if (z == 1 && x == 1 && y == 0) {
        const T factor = *b;
        multiply<T, Accumulate>(a, 1, &factor, 0, c, 1, run.count);
    } else if (z == 1 && x == 0 && y == 1) {
        const T factor = *a;
        multiply<T, Accumulate>(&factor, 0, b, 1, c, 1, run.count);
    } else {
        multiply<T, Accumulate>(a, x, b, y, c, z, run.count);
    }
}

template <class T>
void products(const StreamRun& run) noexcept {
    run.accumulate ? multiply_all<T, true>(run) : multiply_all<T, false>(run);
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
    const T* const a = static_cast<const T*>(run.left);
    const T* const b = static_cast<const T*>(run.right);
    T* const c = static_cast<T*>(run.output);
    const T result = run.left_step == 1 && run.right_step == 1
                         ? sum_contiguous(a, b, run.count)
                         : sum_strided(a, run.left_step, b, run.right_step, run.count);
    *c = run.accumulate ? sum(*c, result) : result;
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
