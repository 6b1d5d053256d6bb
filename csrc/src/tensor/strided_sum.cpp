#include "tensor/strided_sum.hpp"

#include <algorithm>
#include <utility>

#include "parallel.hpp"

namespace kadanoff::tensor {

namespace {

constexpr int lanes = 32;                ///< numbers that are summed side by side
constexpr std::int64_t most_row = 4096;  ///< numbers summed into them before they are joined: keeps errors small
constexpr std::int64_t most_kept = 256;  ///< sums side by side along an axis that is kept
constexpr std::int64_t least_work_of_a_thread = 1 << 17;

/// Adds `count` elements, `step` apart, to `total`.
template <class T, int Reals>
void add_row(const T* row, std::int64_t count, std::int64_t step, double* total) {
    if (step != 1) {
        for (std::int64_t i = 0; i < count; ++i) {
            for (int r = 0; r < Reals; ++r) total[r] += static_cast<double>(row[i * step * Reals + r]);
        }
        return;
    }
    for (std::int64_t reals = count * Reals; reals > 0; reals -= most_row, row += most_row) {
        const std::int64_t here = std::min(reals, most_row), whole = here / lanes * lanes;
        T sums[lanes] = {};
        for (std::int64_t i = 0; i < whole; i += lanes) {
            for (int lane = 0; lane < lanes; ++lane) sums[lane] += row[i + lane];
        }
        for (std::int64_t i = whole; i < here; ++i) sums[i % lanes] += row[i];
        for (int width = lanes / 2; width >= Reals; width /= 2) {
            for (int lane = 0; lane < width; ++lane) sums[lane] += sums[lane + width];
        }
        for (int r = 0; r < Reals; ++r) total[r] += static_cast<double>(sums[r]);
    }
}

/// Sums of neighbours that are kept.
template <class T, int Reals>
void add_rows(const T* input, const Axes<2>& summed, std::int64_t count, T* sums) {
    std::fill_n(sums, count * Reals, T{});
    visit_offsets(summed, {}, [&](const std::array<std::int64_t, 2>& at) {
        const T* const row = input + at[0] * Reals;
        for (std::int64_t i = 0; i < count * Reals; ++i) sums[i] += row[i];
    });
}

}  // namespace

StridedSum::StridedSum(Axes<2> kept, Axes<2> summed, DType dtype) : dtype_(dtype) {
    sort_forward(kept, 1, base_);
    for (Axis<2>& axis : summed) axis.stride[1] = 0;
    std::int64_t first[2] = {};
    sort_forward(summed, 0, first);
    base_[0] += first[0];
    const auto unit = std::find_if(kept.begin(), kept.end(), [](const Axis<2>& axis) { return axis.stride[0] == 1; });
    if (unit != kept.end()) {
        along_kept_ = true;
        row_ = *unit;
        kept.erase(unit);
    } else if (!summed.empty()) {
        row_ = summed.back();
        summed.pop_back();
    }
    kept_ = std::move(kept);
    summed_ = std::move(summed);
    outputs_ = volume(kept_);
}

template <class T, int Reals>
void StridedSum::run_as(const T* input, T* output, int threads) const {
    input += base_[0] * Reals;
    output += base_[1] * Reals;
    const auto sum_row = [&](const T* from, T* to) {
        double total[Reals] = {};
        visit_offsets(summed_, {}, [&](const std::array<std::int64_t, 2>& at) {
            add_row<T, Reals>(from + at[0] * Reals, row_.extent, row_.stride[0], total);
        });
        for (int r = 0; r < Reals; ++r) to[r] = static_cast<T>(total[r]);
    };
    const auto sum_rows = [&](const T* from, T* to) {
        T sums[most_kept * Reals];
        for (std::int64_t first = 0; first < row_.extent; first += most_kept) {
            const std::int64_t count = std::min(row_.extent - first, most_kept);
            add_rows<T, Reals>(from + first * Reals, summed_, count, sums);
            for (std::int64_t i = 0; i < count; ++i) {
                std::copy_n(sums + i * Reals, Reals, to + (first + i) * row_.stride[1] * Reals);
            }
        }
    };
    const auto sum_range = [&](std::int64_t first, std::int64_t last) {
        for (std::int64_t index = first; index < last; ++index) {
            const std::array<std::int64_t, 2> at = offsets(kept_, index);
            const T* const from = input + at[0] * Reals;
            T* const to = output + at[1] * Reals;
            along_kept_ ? sum_rows(from, to) : sum_row(from, to);
        }
    };
    const std::int64_t work = outputs_ * row_.extent * volume(summed_);
    const std::int64_t workers = std::min<std::int64_t>({threads, outputs_, work / least_work_of_a_thread});
    if (workers <= 1) return sum_range(0, outputs_);
    run_parallel(static_cast<int>(workers),
                 [&](int worker) { sum_range(outputs_ * worker / workers, outputs_ * (worker + 1) / workers); });
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
