#include "tensor/strided_sum.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "parallel.hpp"

namespace kadanoff::tensor {

namespace {

constexpr std::int64_t block_bytes = 16384;   ///< of sums, which stay in the first-level cache
constexpr std::int64_t most_run = 16384;      ///< numbers summed along a row before they are joined: keeps errors small
constexpr int most_runs = 16;                 ///< the same, of short rows
constexpr std::int64_t least_run_bytes = 32;  ///< shorter rows are not worth a vector
constexpr std::int64_t short_row = 64;        ///< numbers
constexpr std::int64_t most_scattered = 256;
constexpr std::int64_t least_work_of_a_thread = 1 << 17;

SumKernel kernel_of(DType dtype, Isa isa) {
    const bool single = dtype == DType::float32 || dtype == DType::complex64;
#if defined(KADANOFF_X86_KERNELS)
    if (isa == Isa::avx512) return avx512_sum(single);
    if (isa == Isa::avx2 && __builtin_cpu_supports("fma")) return avx2_sum(single);
#endif
    (void)isa;
    return scalar_sum(single);
}

Axis<2> take(Axes<2>& axes, Axes<2>::iterator which) {
    if (which == axes.end()) return {};
    const Axis<2> result = *which;
    axes.erase(which);
    return result;
}

Axes<2>::iterator unit(Axes<2>& axes) {
    return std::find_if(axes.begin(), axes.end(), [](const Axis<2>& axis) { return axis.stride[0] == 1; });
}

/// The axis whose elements are nearest to each other in the input.
Axes<2>::iterator fastest(Axes<2>& axes) {
    return std::min_element(axes.begin(), axes.end(), [](const Axis<2>& x, const Axis<2>& y) {
        return std::abs(x.stride[0]) < std::abs(y.stride[0]);
    });
}

template <class T, int Reals>
void round_to(const double* totals, std::int64_t count, T* output, std::int64_t step) {
    for (std::int64_t i = 0; i < count; ++i) {
        for (int r = 0; r < Reals; ++r) output[i * step * Reals + r] = static_cast<T>(totals[i * Reals + r]);
    }
}

}  // namespace

StridedSum::StridedSum(Axes<2> kept, Axes<2> summed, DType dtype, Isa isa)
    : dtype_(dtype), kernel_(kernel_of(dtype, isa)) {
    sort_forward(kept, 1, base_);
    for (Axis<2>& axis : summed) axis.stride[1] = 0;
    std::int64_t first[2] = {};
    sort_forward(summed, 0, first);
    base_[0] += first[0];
    choose(kept, summed);
    kept_ = std::move(kept);
    summed_ = std::move(summed);
}

void StridedSum::choose(Axes<2>& kept, Axes<2>& summed) {
    const auto bytes = static_cast<std::int64_t>(size_of(dtype_));
    if (const auto along = unit(summed);
        along != summed.end() && (kept.empty() || along->extent * bytes >= least_run_bytes)) {
        way_ = Way::along;
        row_ = take(summed, along);
        outputs_ = take(kept, fastest(kept));
        block_ = block_bytes / SumKernel::width_bytes;
    } else if (const auto across = unit(kept); across != kept.end()) {
        way_ = Way::across;
        outputs_ = take(kept, across);
        row_ = take(summed, fastest(summed));
        block_ = block_bytes / bytes;
        join_rows();
    } else {
        outputs_ = take(kept, fastest(kept));
        row_ = take(summed, fastest(summed));
        block_ = most_scattered;
    }
    blocks_ = (outputs_.extent + block_ - 1) / block_;
}

void StridedSum::join_rows() {
    if (row_.stride[0] != outputs_.extent || outputs_.extent >= short_row) return;
    joined_ = std::max<std::int64_t>(std::min(4 * short_row / outputs_.extent, row_.extent), 1);
}

template <class T, int Reals>
void StridedSum::sum_across(const T* input, T* output, std::int64_t begin, std::int64_t count) const {
    T sums[block_bytes / sizeof(T)];
    const std::int64_t wide = joined_ * count * Reals, rows = row_.extent / joined_, rest = row_.extent % joined_;
    std::fill_n(sums, wide, T{});
    visit_offsets(summed_, {}, [&](const std::array<std::int64_t, 2>& at) {
        const T* const from = input + (at[0] + begin) * Reals;
        const std::int64_t step = joined_ * row_.stride[0] * Reals;
        kernel_.across({from, sums, wide, rows, step});
        if (rest > 0) kernel_.across({from + rows * step, sums, rest * count * Reals, 1, 0});
    });
    for (std::int64_t i = count * Reals; i < wide; ++i) sums[i % (count * Reals)] += sums[i];
    for (std::int64_t i = 0; i < count; ++i) {
        std::copy_n(sums + i * Reals, Reals, output + (begin + i) * outputs_.stride[1] * Reals);
    }
}

template <class T, int Reals>
void StridedSum::sum_along(const T* input, T* output, std::int64_t count) const {
    constexpr std::int64_t width = SumKernel::width_bytes / sizeof(T);
    T sums[block_bytes / sizeof(T)];
    double totals[block_bytes / SumKernel::width_bytes * Reals];
    std::fill_n(totals, count * Reals, 0.0);
    const auto join = [&] {
        for (std::int64_t i = 0; i < count * width; ++i) totals[i / width * Reals + i % Reals] += sums[i];
        std::fill_n(sums, count * width, T{});
    };
    std::fill_n(sums, count * width, T{});
    int runs = 0;
    visit_offsets(summed_, {}, [&](const std::array<std::int64_t, 2>& at) {
        const T* const from = input + at[0] * Reals;
        for (std::int64_t first = 0; first < row_.extent * Reals; first += most_run) {
            const std::int64_t numbers = std::min(row_.extent * Reals - first, most_run);
            kernel_.along({from + first, sums, numbers, count, outputs_.stride[0] * Reals});
            if (++runs % most_runs == 0) join();
        }
    });
    join();
    round_to<T, Reals>(totals, count, output, outputs_.stride[1]);
}

template <class T, int Reals>
void StridedSum::sum_scattered(const T* input, T* output, std::int64_t count) const {
    double totals[most_scattered * Reals];
    std::fill_n(totals, count * Reals, 0.0);
    const auto add = [&](double* total, const T* from) {
        for (int r = 0; r < Reals; ++r) total[r] += static_cast<double>(from[r]);
    };
    const std::int64_t step = outputs_.stride[0] * Reals, row_step = row_.stride[0] * Reals;
    visit_offsets(summed_, {}, [&](const std::array<std::int64_t, 2>& at) {
        const T* const from = input + at[0] * Reals;
        const bool rows_inside = count == 1 || std::abs(row_step) < std::abs(step);
        const std::int64_t outer = rows_inside ? count : row_.extent, inner = rows_inside ? row_.extent : count;
        for (std::int64_t y = 0; y < outer; ++y) {
            for (std::int64_t x = 0; x < inner; ++x) {
                const std::int64_t i = rows_inside ? y : x, k = rows_inside ? x : y;
                add(totals + i * Reals, from + k * row_step + i * step);
            }
        }
    });
    round_to<T, Reals>(totals, count, output, outputs_.stride[1]);
}

template <class T, int Reals>
void StridedSum::sum_block(const T* input, T* output, std::int64_t begin, std::int64_t count) const {
    if (way_ == Way::across) return sum_across<T, Reals>(input, output, begin, count);
    input += begin * outputs_.stride[0] * Reals;
    output += begin * outputs_.stride[1] * Reals;
    way_ == Way::along ? sum_along<T, Reals>(input, output, count) : sum_scattered<T, Reals>(input, output, count);
}

template <class T, int Reals>
void StridedSum::run_as(const T* input, T* output, int threads) const {
    input += base_[0] * Reals;
    output += base_[1] * Reals;
    const auto sum_range = [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t piece = first; piece < last; ++piece) {
            const std::array<std::int64_t, 2> at = offsets(kept_, piece / blocks_);
            const std::int64_t begin = piece % blocks_ * block_;
            sum_block<T, Reals>(input + at[0] * Reals, output + at[1] * Reals, begin,
                                std::min(block_, outputs_.extent - begin));
        }
    };
    const std::int64_t pieces = volume(kept_) * blocks_;
    const std::int64_t work = volume(kept_) * outputs_.extent * row_.extent * volume(summed_);
    const std::int64_t workers = std::min<std::int64_t>({threads, pieces, work / least_work_of_a_thread});
    if (workers <= 1) return sum_range(0, pieces);
    run_parallel(static_cast<int>(workers),
                 [&](int worker) { sum_range(pieces * worker / workers, pieces * (worker + 1) / workers); });
}

void StridedSum::run(const void* input, void* output, int threads) const {
    switch (dtype_) {
        case DType::float32:
            return run_as<float, 1>(static_cast<const float*>(input), static_cast<float*>(output), threads);
        case DType::float64:
            return run_as<double, 1>(static_cast<const double*>(input), static_cast<double*>(output), threads);
        case DType::complex64:
            return run_as<float, 2>(static_cast<const float*>(input), static_cast<float*>(output), threads);
        case DType::complex128:
            return run_as<double, 2>(static_cast<const double*>(input), static_cast<double*>(output), threads);
    }
}

}  // namespace kadanoff::tensor
