#include "tensor/small_products.hpp"

#include <algorithm>
#include <utility>

#include "parallel.hpp"

namespace kadanoff::tensor {

namespace {

constexpr std::int64_t most_extent = 512, most_far_extent = 128;
constexpr std::int64_t near_step_bytes = 4096;   ///< between rows that share a page, or lie in the next one
constexpr std::int64_t most_vector_extent = 64;  ///< where there is one column, or nothing to sum over
constexpr std::int64_t least_work = 256;         ///< multiplications: fewer are better served by offsets made before
constexpr std::int64_t near_bytes = 1 << 20;     ///< stay in the second-level cache
constexpr std::int64_t least_work_of_a_thread = 1 << 20;

Axis<3> only(const Axes<3>& axes) { return axes.empty() ? Axis<3>{} : axes.front(); }

}  // namespace

std::optional<SmallProducts> SmallProducts::plan(const PairAxes& axes, DType dtype, Isa isa) {
    for (const bool swapped : {false, true}) {
        SmallProducts result(axes, dtype, isa, swapped);
        if (result.serves_) return result;
    }
    return {};
}

SmallProducts::SmallProducts(PairAxes axes, DType dtype, Isa isa, bool swapped)
    : kernel_(gemm_kernel(dtype, isa)),
      element_bytes_(static_cast<std::int64_t>(size_of(dtype))),
      reals_(dtype == DType::complex64 || dtype == DType::complex128 ? 2 : 1),
      swapped_(swapped) {
    if (swapped) swap_operands(axes);
    sort_forward(axes.batch, 2, base_);
    sort_forward(axes.m, 2, base_);
    sort_forward(axes.n, 2, base_);
    sort_forward(axes.k, 0, base_);
    serves_ = kernel_.multiply_small != nullptr && lie_well(axes);
    if (!serves_) return;
    const Axis<3> m = only(axes.m), n = only(axes.n), k = only(axes.k);
    products_ = volume(axes.batch);
    const auto longest = std::max_element(axes.batch.begin(), axes.batch.end(),
                                          [](const Axis<3>& x, const Axis<3>& y) { return x.extent < y.extent; });
    if (longest != axes.batch.end()) {
        inner_ = *longest;
        axes.batch.erase(longest);
    }
    outer_ = std::move(axes.batch);
    fill_run(m, n, k);
}

void SmallProducts::fill_run(const Axis<3>& m, const Axis<3>& n, const Axis<3>& k) {
    run_.rows = m.extent * reals_;
    run_.columns = n.extent;
    run_.depth = k.extent;
    run_.a_step = k.stride[0] * reals_;
    run_.b_step = k.stride[1] * reals_;
    run_.b_column = n.stride[1] * reals_;
    run_.c_column = n.stride[2] * reals_;
    run_.a_next = inner_.stride[0] * reals_;
    run_.b_next = inner_.stride[1] * reals_;
    run_.c_next = inner_.stride[2] * reals_;
    const std::int64_t elements = m.extent * (n.extent + k.extent) + n.extent * k.extent;
    run_.far = products_ * elements * element_bytes_ > near_bytes;
}

/// Whether each role is one axis, of a small extent, and rows are neighbours in A and C.
bool SmallProducts::lie_well(const PairAxes& axes) const {
    if (axes.m.size() != 1 || axes.n.size() > 1 || axes.k.size() > 1) return false;
    const Axis<3> m = only(axes.m), n = only(axes.n), k = only(axes.k);
    if (m.stride[0] != 1 || m.stride[2] != 1) return false;
    const std::int64_t longest = std::max({m.extent, n.extent, k.extent});
    if (longest > (n.extent == 1 || k.extent == 1 ? most_vector_extent : most_extent)) return false;
    if (longest > most_far_extent && k.stride[0] * element_bytes_ > near_step_bytes) return false;
    // Where rows lie a power of 2 apart, few of them are in the first-level cache at a time.
    if (k.extent > 8 && k.stride[0] * element_bytes_ % 2048 == 0) return false;
    return volume(axes.batch) * m.extent * n.extent * k.extent > least_work;
}

/// Columns of products first ... last - 1 of the batch.
void SmallProducts::work(const std::byte* const* tensors, Range products, Range columns) const {
    ProductRun run = run_;
    run.columns = columns.last - columns.first;
    const std::int64_t shift[3] = {0, columns.first * run.b_column, columns.first * run.c_column};
    while (products.first < products.last) {
        const std::int64_t at = products.first % inner_.extent;
        const std::array<std::int64_t, 3> offset = offsets(outer_, products.first / inner_.extent);
        const auto place = [&](std::size_t t) {
            const std::int64_t elements = base_[t] + offset[t] + at * inner_.stride[t];
            return tensors[t] + (elements * reals_ + shift[t]) * (element_bytes_ / reals_);
        };
        run.a = place(0);
        run.b = place(1);
        run.c = const_cast<std::byte*>(place(2));
        run.count = std::min(inner_.extent - at, products.last - products.first);
        kernel_.multiply_small(run);
        products.first += run.count;
    }
}

/// Workers share out products, or where these are fewer, columns.
void SmallProducts::run(const void* left, const void* right, void* output, int threads) const {
    if (swapped_) std::swap(left, right);
    const std::byte* const tensors[3] = {static_cast<const std::byte*>(left), static_cast<const std::byte*>(right),
                                         static_cast<const std::byte*>(output)};
    const std::int64_t useful = products_ * run_.rows * run_.columns * run_.depth / least_work_of_a_thread;
    const bool by_product = products_ >= std::min<std::int64_t>(threads, useful);
    const std::int64_t pieces = by_product ? products_ : (run_.columns + kernel_.columns - 1) / kernel_.columns;
    const std::int64_t workers = std::min({static_cast<std::int64_t>(threads), pieces, useful});
    const Range all{0, products_}, wide{0, run_.columns};
    if (workers <= 1) return work(tensors, all, wide);
    run_parallel(static_cast<int>(workers), [&](int worker) {
        const Range part{pieces * worker / workers, pieces * (worker + 1) / workers};
        if (by_product) return work(tensors, part, wide);
        work(tensors, all, {part.first * kernel_.columns, std::min(part.last * kernel_.columns, run_.columns)});
    });
}

}  // namespace kadanoff::tensor
