#include "tensor/direct.hpp"

#include <array>
#include <cstddef>

namespace kadanoff::tensor {

namespace {

template <class T>
struct Complex {
    T re, im;
};

template <class T>
T product(T a, T b) {
    return a * b;
}
template <class T>
Complex<T> product(Complex<T> a, Complex<T> b) {
    return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}
template <class T>
T sum(T a, T b) {
    return a + b;
}
template <class T>
Complex<T> sum(Complex<T> a, Complex<T> b) {
    return {a.re + b.re, a.im + b.im};
}

/// The output of `terms` products; Count of them if that is not 0.
template <std::size_t Count, class T, class Term>
T sum_terms(const T* left, const T* right, const Term* terms, std::size_t count) {
    T result = product(left[terms[0].left], right[terms[0].right]);
    for (std::size_t i = 1; i < (Count == 0 ? count : Count); ++i) {
        result = sum(result, product(left[terms[i].left], right[terms[i].right]));
    }
    return result;
}

template <std::size_t Count, class T, class Output, class Term>
void fill_outputs(const std::vector<Output>& outputs, const std::vector<Term>& terms, const T* left, const T* right,
                  T* output) {
    const Term* const first = terms.data();
    const std::size_t count = terms.size();
    for (const Output& at : outputs) {
        output[at.output] = sum_terms<Count>(left + at.left, right + at.right, first, count);
    }
}

}  // namespace

Direct::Direct(const PairAxes& axes, DType dtype) : dtype_(dtype) {
    constexpr std::int64_t most_outputs = 512;
    Axes<3> inner;
    std::int64_t count = volume(axes.m) * volume(axes.n);
    batch_ = axes.batch;
    fuse(batch_);
    while (!batch_.empty() && count * batch_.back().extent <= most_outputs) {
        count *= batch_.back().extent;
        inner.insert(inner.begin(), batch_.back());
        batch_.pop_back();
    }
    repeats_ = volume(batch_);
    inner.insert(inner.end(), axes.m.begin(), axes.m.end());
    inner.insert(inner.end(), axes.n.begin(), axes.n.end());
    fuse(inner);
    outputs_.reserve(static_cast<std::size_t>(count));
    visit_offsets(inner, {}, [&](const std::array<std::int64_t, 3>& at) { outputs_.push_back({at[0], at[1], at[2]}); });
    terms_.reserve(static_cast<std::size_t>(volume(axes.k)));
    visit_offsets(axes.k, {}, [&](const std::array<std::int64_t, 3>& at) { terms_.push_back({at[0], at[1]}); });
}

template <class T>
void Direct::run_as(const T* left, const T* right, T* output) const noexcept {
    for (std::int64_t index = 0; index < repeats_; ++index) {
        const std::array<std::int64_t, 3> at = offsets(batch_, index);
        const T* const a = left + at[0];
        const T* const b = right + at[1];
        T* const c = output + at[2];
        switch (terms_.size()) {
            case 0:
                for (const Output& out : outputs_) c[out.output] = T{};
                break;
            case 1: fill_outputs<1>(outputs_, terms_, a, b, c); break;
            case 2: fill_outputs<2>(outputs_, terms_, a, b, c); break;
            case 4: fill_outputs<4>(outputs_, terms_, a, b, c); break;
            default: fill_outputs<0>(outputs_, terms_, a, b, c);
        }
    }
}

void Direct::run(const void* left, const void* right, void* output) const noexcept {
    const auto as = [&]<class T>(T*) {
        run_as(static_cast<const T*>(left), static_cast<const T*>(right), static_cast<T*>(output));
    };
    switch (dtype_) {
        case DType::float32: return as(static_cast<float*>(nullptr));
        case DType::float64: return as(static_cast<double*>(nullptr));
        case DType::complex64: return as(static_cast<Complex<float>*>(nullptr));
        case DType::complex128: return as(static_cast<Complex<double>*>(nullptr));
    }
}

}  // namespace kadanoff::tensor
