#include "tensor/gemm.hpp"

#include <algorithm>
#include <utility>

#include "tensor/gemm_room.hpp"

namespace kadanoff::tensor {

namespace {

// Bytes that the packed blocks may have, and of a column of a panel (k of a block): A stays in the second-level cache,
// B in the third-level one, or beside A where A is one block.
constexpr std::int64_t a_block_bytes = 800 << 10, b_block_bytes = 6 << 20, b_block_bytes_beside = 256 << 10;
constexpr std::int64_t column_bytes = 2048;
constexpr std::int64_t c_block_bytes = 384 << 10;      ///< of C, where it is turned afterwards
constexpr std::int64_t direct_panel_bytes = 24 << 10;  ///< of A: stays in the first-level cache
constexpr std::int64_t most_narrow_panels = 16;        ///< of B, for a panel of A to be used at once
constexpr std::int64_t most_rows = 4080;               ///< of a block
constexpr std::int64_t most_prepared_numbers = 512;
constexpr std::int64_t least_work_of_a_thread = 1 << 20;  // multiplications: starting a thread costs some 20 us

/// The fastest in tensor t first.
void sort_fastest_first(Axes<3>& axes, std::size_t t, std::int64_t* base) {
    sort_forward(axes, t, base);
    std::reverse(axes.begin(), axes.end());
}

Axes<2> strides_in(const Axes<3>& axes, std::size_t first, std::size_t second) {
    Axes<2> result;
    result.reserve(axes.size());
    for (const Axis<3>& axis : axes) result.push_back({axis.extent, {axis.stride[first], axis.stride[second]}});
    return result;
}

/// The axis along which tensor t has its neighbours; -1 if there is none.
std::ptrdiff_t find_unit(const Axes<2>& axes, std::size_t t) {
    for (std::size_t i = 0; i < axes.size(); ++i) {
        if (axes[i].stride[t] == 1) return static_cast<std::ptrdiff_t>(i);
    }
    return -1;
}

std::int64_t round_up(std::int64_t count, std::int64_t unit) { return (count + unit - 1) / unit * unit; }

}  // namespace

GemmKernel gemm_kernel(DType dtype, Isa isa) {
#if defined(KADANOFF_X86_KERNELS)
    if (isa == Isa::avx512) return avx512_gemm(dtype);
    if (isa == Isa::avx2 && __builtin_cpu_supports("fma")) return avx2_gemm(dtype);
#endif
    (void)isa;
    return scalar_gemm(dtype);
}

void swap_operands(PairAxes& axes) {
    std::swap(axes.m, axes.n);
    for (Axes<3>* group : {&axes.batch, &axes.m, &axes.n, &axes.k}) {
        for (Axis<3>& axis : *group) std::swap(axis.stride[0], axis.stride[1]);
    }
}

Gemm::Gemm(PairAxes axes, DType dtype, Isa isa) : kernel_(gemm_kernel(dtype, isa)) {
    reals_ = dtype == DType::complex64 || dtype == DType::complex128 ? 2 : 1;
    element_bytes_ = static_cast<std::int64_t>(size_of(dtype));
    real_bytes_ = element_bytes_ / reals_;
    a_width_ = kernel_.vectors * kernel_.lanes / reals_;
    b_width_ = kernel_.columns;
    m_total_ = volume(axes.m);
    n_total_ = volume(axes.n);
    k_total_ = volume(axes.k);
    batch_total_ = volume(axes.batch);
    choose_roles(axes);
    arrange(axes);
    choose_direct();
    alone_.emplace(cut(1));
    prepare();
}

/// A is the operand with whose rows C has its neighbours, unless that leaves most lanes empty.
void Gemm::choose_roles(PairAxes& axes) {
    const auto has_unit = [](const Axes<3>& group) {
        return std::any_of(group.begin(), group.end(), [](const Axis<3>& axis) {
            return axis.extent > 1 && (axis.stride[2] == 1 || axis.stride[2] == -1);
        });
    };
    const auto cost = [&](const Axes<3>& rows, std::int64_t row_count, std::int64_t column_count) {
        const std::int64_t lanes = std::max<std::int64_t>(kernel_.lanes / reals_, 1);
        const std::int64_t vectors = (row_count + lanes - 1) / lanes;
        const std::int64_t stores = has_unit(rows) ? vectors : 2 * row_count;
        return static_cast<double>(column_count) * static_cast<double>(vectors * k_total_ + 2 * stores);
    };
    if (cost(axes.n, n_total_, m_total_) >= cost(axes.m, m_total_, n_total_)) return;
    swap_operands(axes);
    swapped_ = true;
    std::swap(m_total_, n_total_);
}

void Gemm::arrange(PairAxes& axes) {
    sort_fastest_first(axes.batch, 2, base_);
    batch_ = std::move(axes.batch);
    sort_fastest_first(axes.m, 2, base_);
    m_ = strides_in(axes.m, 0, 2);
    sort_fastest_first(axes.n, 2, base_);
    n_ = strides_in(axes.n, 1, 2);
    const auto layout = [](const Axes<2>& rows, std::size_t& cross) {
        const std::ptrdiff_t unit = find_unit(rows, 0);
        cross = static_cast<std::size_t>(std::max<std::ptrdiff_t>(unit, 0));
        return unit < 0 ? GemmLayout::scattered : unit == 0 ? GemmLayout::rows : GemmLayout::cross_rows;
    };
    a_layout_ = layout(m_, m_cross_);
    b_layout_ = layout(n_, n_cross_);
    narrow_ = n_total_ <= most_narrow_panels * b_width_ && m_total_ >= 2 * n_total_;
    if (narrow_ && a_layout_ == GemmLayout::cross_rows) turn_output();
    arrange_depth(std::move(axes.k));
}

/// Where C is smaller than A, it is worked out in the order of A.
void Gemm::turn_output() {
    buffered_ = k_total_ >= 2 * n_total_ && m_[0].stride[1] == 1;
    narrow_ = buffered_;
    if (!buffered_) return;
    const auto unit = m_.begin() + static_cast<std::ptrdiff_t>(m_cross_);
    std::rotate(m_.begin(), unit, unit + 1);
    m_cross_ = 1;
    a_layout_ = GemmLayout::rows;
}

/// Numbers first the axis along which A has its neighbours, or else B; then that of B.
void Gemm::arrange_depth(Axes<3> axes) {
    sort_fastest_first(axes, 0, base_);
    k_ = strides_in(axes, 0, 1);
    const std::ptrdiff_t a = a_layout_ == GemmLayout::scattered ? find_unit(k_, 0) : -1;
    std::ptrdiff_t b = b_layout_ == GemmLayout::scattered ? find_unit(k_, 1) : -1;
    const std::ptrdiff_t first = a >= 0 ? a : b;
    if (first < 0) return;
    std::rotate(k_.begin(), k_.begin() + first, k_.begin() + first + 1);
    if (b >= 0 && b < first) ++b;
    if (b == first) b = 0;
    if (a >= 0) a_layout_ = GemmLayout::depth;
    if (b >= 0) b_layout_ = a >= 0 && b > 0 ? GemmLayout::cross_depth : GemmLayout::depth;
    if (b_layout_ == GemmLayout::cross_depth) k_cross_ = static_cast<std::size_t>(b);
}

/// Panels can be read where they lie if k has one stride; it pays where they are used a few times.
void Gemm::choose_direct() {
    if (reals_ != 1 || k_.size() != 1 || narrow_) return;
    const std::int64_t step = k_[0].stride[0] * real_bytes_;
    const bool near = a_width_ * k_total_ * real_bytes_ <= direct_panel_bytes && (step % 2048 != 0 || k_total_ <= 8);
    direct_a_ = a_layout_ == GemmLayout::rows && near && n_total_ <= 16 * b_width_;
    direct_b_ = m_total_ <= 3 * a_width_;
}

std::int64_t Gemm::workers(int threads) const {
    const double work = static_cast<double>(batch_total_) * static_cast<double>(m_total_) *
                        static_cast<double>(n_total_) * static_cast<double>(std::max<std::int64_t>(k_total_, 1));
    const double most = std::max(1.0, work / static_cast<double>(least_work_of_a_thread));
    return std::min<std::int64_t>(threads, static_cast<std::int64_t>(std::min(most, 4096.0)));
}

Gemm::Blocking Gemm::cut(int threads) const {
    const std::int64_t count = workers(threads);
    const std::int64_t a_bytes = element_bytes_ * reals_, b_bytes = element_bytes_;
    const std::int64_t lanes = std::max<std::int64_t>(kernel_.lanes / reals_, 1);
    IndexGroup k(k_, k_cross_, 8, lanes, column_bytes / a_bytes);
    const std::int64_t depth = k.most_numbers();
    Split split = Split::batch;
    if (batch_total_ < 4 * count) split = m_total_ / a_width_ >= n_total_ / b_width_ ? Split::m : Split::n;
    const auto share = [&](std::int64_t total, std::int64_t unit) {
        return std::max<std::int64_t>(round_up((total + count - 1) / count, unit), unit);
    };
    std::int64_t rows = std::max(a_block_bytes / (depth * a_bytes) / a_width_ * a_width_, a_width_);
    if (narrow_) rows = buffered_ ? std::max(c_block_bytes / (n_total_ * b_bytes), a_width_) : most_rows;
    if (count > 1 && split == Split::m) rows = std::min(rows, share(m_total_, a_width_));
    IndexGroup m(m_, m_cross_, a_width_, lanes, std::min(rows, most_rows));
    const std::int64_t b_most = m.blocks() == 1 && !narrow_ ? b_block_bytes_beside : b_block_bytes;
    std::int64_t columns = std::max(b_most / (depth * b_bytes) / b_width_ * b_width_, b_width_);
    if (count > 1 && split == Split::n) columns = std::min(columns, share(n_total_, b_width_));
    IndexGroup n(n_, n_cross_, b_width_, lanes, std::min<std::int64_t>(columns, 8160));
    Blocking result{std::move(m), std::move(n), std::move(k), static_cast<int>(count), split, 0, 0, 0, 0};
    const auto aligned = [](std::int64_t bytes) { return static_cast<std::size_t>(round_up(bytes, 64)); };
    const std::int64_t padded = round_up(result.m.most_numbers(), a_width_);
    result.a_bytes = aligned((narrow_ ? a_width_ : padded) * depth * a_bytes);
    result.b_bytes = aligned(round_up(result.n.most_numbers(), b_width_) * depth * b_bytes);
    std::size_t bytes = result.a_bytes + result.b_bytes;
    if (buffered_) {
        result.c_bytes = aligned(padded * result.n.most_numbers() * b_bytes);
        bytes += result.c_bytes + aligned(result.n.most_numbers() * 8);
    }
    for (const IndexGroup* group : {&result.m, &result.n, &result.k}) {
        bytes += 2 * aligned(group->most_numbers() * 8);
        bytes += aligned(group->most_ranges() * static_cast<std::int64_t>(sizeof(GemmRange)));
    }
    const std::int64_t panels = padded / a_width_;
    bytes += aligned(panels * a_width_ * reals_ * static_cast<std::int64_t>(sizeof(GemmPiece)));
    bytes += aligned(panels * (kernel_.vectors + 1) * 4);
    bytes += aligned(panels * static_cast<std::int64_t>(sizeof(Room::Panel)));
    result.bytes = bytes;
    return result;
}

std::size_t Gemm::workspace_bytes(int threads) const {
    if (workers(threads) == 1) return 64 + alone_->bytes;
    const Blocking blocking = cut(threads);
    return 64 + static_cast<std::size_t>(blocking.workers) * blocking.bytes;
}

Gemm::Room Gemm::make_room(const Blocking& blocking, void* workspace) const {
    auto* at = static_cast<std::byte*>(workspace);
    const auto take = [&](std::int64_t bytes) {
        std::byte* const result = at;
        at += round_up(bytes, 64);
        return result;
    };
    Room room{};
    room.a = take(static_cast<std::int64_t>(blocking.a_bytes));
    room.b = take(static_cast<std::int64_t>(blocking.b_bytes));
    if (buffered_) {
        room.c = take(static_cast<std::int64_t>(blocking.c_bytes));
        room.c_columns = reinterpret_cast<std::int64_t*>(take(blocking.n.most_numbers() * 8));
    }
    const auto table = [&](const IndexGroup& group, IndexBlock& block) {
        for (std::int64_t*& offset : block.offset) {
            offset = reinterpret_cast<std::int64_t*>(take(group.most_numbers() * 8));
        }
        block.ranges =
            reinterpret_cast<GemmRange*>(take(group.most_ranges() * static_cast<std::int64_t>(sizeof(GemmRange))));
    };
    table(blocking.m, room.m);
    table(blocking.n, room.n);
    table(blocking.k, room.k);
    const std::int64_t panels = round_up(blocking.m.most_numbers(), a_width_) / a_width_;
    room.pieces =
        reinterpret_cast<GemmPiece*>(take(panels * a_width_ * reals_ * static_cast<std::int64_t>(sizeof(GemmPiece))));
    room.first = reinterpret_cast<std::uint32_t*>(take(panels * (kernel_.vectors + 1) * 4));
    room.panels = reinterpret_cast<Room::Panel*>(take(panels * static_cast<std::int64_t>(sizeof(Room::Panel))));
    return room;
}

/// Fills the tables of small blocks once and for all.
void Gemm::prepare() {
    const auto is_one = [](const IndexGroup& group) {
        return group.blocks() == 1 && group.most_numbers() <= most_prepared_numbers;
    };
    if (!is_one(alone_->m) || !is_one(alone_->n) || !is_one(alone_->k)) return;
    Blocking blocking = *alone_;
    tables_.resize(blocking.bytes - blocking.a_bytes - blocking.b_bytes - blocking.c_bytes);
    blocking.a_bytes = blocking.b_bytes = blocking.c_bytes = 0;
    const auto room = std::make_shared<Room>(make_room(blocking, tables_.data()));
    show_columns(blocking, 0, *room);
    show_rows(blocking, 0, *room);
    show_depth(blocking, 0, *room);
    prepared_ = room;
}

}  // namespace kadanoff::tensor
