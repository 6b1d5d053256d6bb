#include "tensor/stream.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "parallel.hpp"

namespace kadanoff::tensor {

namespace {

constexpr std::int64_t block = 8192;          ///< elements of the output that stay in the first-level cache
constexpr std::int64_t least_products = 512;  ///< fewer are better served by offsets made before
constexpr std::int64_t row_block = 64;
constexpr double least_work_of_a_thread = 1 << 20;

StreamKernel kernel_of(DType dtype, Isa isa) {
#if defined(KADANOFF_X86_KERNELS)
    if (isa == Isa::avx512) return avx512_stream(dtype);
    if (isa == Isa::avx2 && __builtin_cpu_supports("fma")) return avx2_stream(dtype);
#endif
    (void)isa;
    return scalar_stream(dtype);
}

/// Sorts by the strides of one tensor and then of the others, the slowest first, and joins what is one axis.
void sort_and_fuse(Axes<3>& axes, std::array<std::size_t, 3> order) {
    const auto key = [&](const Axis<3>& axis) {
        return std::array{std::abs(axis.stride[order[0]]), std::abs(axis.stride[order[1]]),
                          std::abs(axis.stride[order[2]])};
    };
    std::stable_sort(axes.begin(), axes.end(), [&](const auto& x, const auto& y) { return key(x) > key(y); });
    fuse(axes);
}

/// Bytes of memory that one step along the axis touches, with its share of what a call of the kernel costs.
double cost(const Axis<3>& axis, std::int64_t element_bytes) {
    constexpr double line = 64, call = 160;
    double result = call / static_cast<double>(axis.extent);
    for (const std::int64_t stride : axis.stride) {
        result += std::min(static_cast<double>(std::abs(stride) * element_bytes), line);
    }
    return result;
}

/// Goes through all indices of some axes, the last one fastest.
class Odometer {
public:
    Odometer(const Axes<3>& axes, std::int64_t number) : axes_(axes), index_(axes.size()) {
        for (std::size_t i = axes.size(); i-- > 0;) {
            index_[i] = number % axes[i].extent;
            number /= axes[i].extent;
            for (std::size_t t = 0; t < 3; ++t) offset_[t] += index_[i] * axes[i].stride[t];
        }
    }

    /// In bytes.
    const std::array<std::int64_t, 3>& offset() const { return offset_; }

    /// False after the last index, and back at the first.
    bool next() {
        for (std::size_t i = axes_.size(); i-- > 0;) {
            for (std::size_t t = 0; t < 3; ++t) offset_[t] += axes_[i].stride[t];
            if (++index_[i] < axes_[i].extent) return true;
            for (std::size_t t = 0; t < 3; ++t) offset_[t] -= axes_[i].extent * axes_[i].stride[t];
            index_[i] = 0;
        }
        return false;
    }

private:
    const Axes<3>& axes_;
    std::vector<std::int64_t> index_;
    std::array<std::int64_t, 3> offset_{};
};

}  // namespace

bool Stream::serves(const PairAxes& axes) {
    const std::int64_t m = volume(axes.m), n = volume(axes.n), k = volume(axes.k);
    if (k > 1 && std::min(m, n) > 1) return false;
    return volume(axes.batch) * m * n * k >= least_products;
}

Stream::Stream(const PairAxes& axes, DType dtype, Isa isa)
    : kernel_(kernel_of(dtype, isa)), element_bytes_(static_cast<std::int64_t>(size_of(dtype))), summed_(axes.k) {
    for (const Axes<3>* group : {&axes.batch, &axes.m, &axes.n}) {
        kept_.insert(kept_.end(), group->begin(), group->end());
    }
    sort_and_fuse(kept_, {2, 0, 1});
    sort_and_fuse(summed_, {0, 1, 2});
    work_ = static_cast<double>(volume(kept_)) * static_cast<double>(volume(summed_));
    Axes<3>* from = nullptr;
    std::ptrdiff_t chosen = 0;
    double least = 0;
    for (Axes<3>* group : {&kept_, &summed_}) {
        for (std::size_t i = group->size(); i-- > 0;) {
            const double here = cost((*group)[i], element_bytes_);
            if (from != nullptr && here >= least) continue;
            from = group;
            chosen = static_cast<std::ptrdiff_t>(i);
            least = here;
        }
    }
    sums_ = from == &summed_;
    if (from != nullptr) {
        inner_ = (*from)[static_cast<std::size_t>(chosen)];
        from->erase(from->begin() + chosen);
    }
    take_rows();
    for (Axes<3>* group : {&kept_, &summed_}) {
        for (Axis<3>& axis : *group) {
            for (std::int64_t& stride : axis.stride) stride *= element_bytes_;
        }
    }
}

/// Gives the kernel a second axis: one that is summed over where it keeps the first one and can add rows up, else one
/// that is kept. Of what is kept, the longer is cut into blocks.
void Stream::take_rows() {
    Axes<3>& from = !sums_ && !summed_.empty() ? summed_ : kept_;
    if (!from.empty()) {
        rows_ = from.back();
        from.pop_back();
    }
    cut_rows_ = &from == &kept_ && (sums_ || rows_.extent > inner_.extent);
    if (cut_rows_) {
        blocks_ = (rows_.extent + row_block - 1) / row_block;
    } else if (!sums_) {
        blocks_ = (inner_.extent + block - 1) / block;
    }
}

/// A block of the output at `at`.
void Stream::fill(Tensors at, std::int64_t count, std::int64_t rows) const {
    StreamRun run{};
    run.output = const_cast<std::byte*>(at[2]);
    run.count = count;
    run.rows = rows;
    run.left_step = inner_.stride[0];
    run.right_step = inner_.stride[1];
    run.output_step = inner_.stride[2];
    run.left_row = rows_.stride[0];
    run.right_row = rows_.stride[1];
    run.output_row = rows_.stride[2];
    Odometer summed(summed_, 0);
    do {
        run.left = at[0] + summed.offset()[0];
        run.right = at[1] + summed.offset()[1];
        sums_ ? kernel_.sum(run) : kernel_.products(run);
        run.accumulate = true;
    } while (summed.next());
}

/// Pieces first ... last - 1: blocks along one axis, for each index of the others that are kept.
void Stream::work(const Tensors& tensors, std::int64_t first, std::int64_t last) const {
    Odometer kept(kept_, first / blocks_);
    std::int64_t at_block = first % blocks_;
    for (std::int64_t piece = first; piece < last; ++piece) {
        Tensors at = tensors;
        const Axis<3>& cut = cut_rows_ ? rows_ : inner_;
        const std::int64_t begin = at_block * (cut_rows_ ? row_block : block);
        for (std::size_t t = 0; t < 3; ++t) at[t] += kept.offset()[t] + begin * cut.stride[t] * element_bytes_;
        if (cut_rows_) {
            fill(at, inner_.extent, std::min(row_block, rows_.extent - begin));
        } else {
            fill(at, sums_ ? inner_.extent : std::min(block, inner_.extent - begin), rows_.extent);
        }
        if (++at_block == blocks_) {
            at_block = 0;
            kept.next();
        }
    }
}

void Stream::run(const void* left, const void* right, void* output, int threads) const {
    const Tensors tensors{static_cast<const std::byte*>(left), static_cast<const std::byte*>(right),
                          static_cast<const std::byte*>(output)};
    const std::int64_t pieces = volume(kept_) * blocks_;
    const auto useful = static_cast<std::int64_t>(std::min(work_ / least_work_of_a_thread, 4096.0));
    const std::int64_t workers = std::min({static_cast<std::int64_t>(threads), pieces, useful});
    if (workers <= 1) {
        work(tensors, 0, pieces);
        return;
    }
    run_parallel(static_cast<int>(workers),
                 [&](int worker) { work(tensors, pieces * worker / workers, pieces * (worker + 1) / workers); });
}

}  // namespace kadanoff::tensor
