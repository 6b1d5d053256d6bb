#include "tensor/gemm.hpp"

#include <algorithm>
#include <utility>

#include "parallel.hpp"

namespace kadanoff::tensor {

namespace {

// Bytes that the packed blocks may have, and of a column of a panel (k of a block): A stays in the second-level cache,
// B in the third-level one, or beside A where A is one block.
constexpr std::int64_t a_block_bytes = 640 << 10, b_block_bytes = 6 << 20, b_block_bytes_beside = 256 << 10;
constexpr std::int64_t column_bytes = 1536;
constexpr std::int64_t c_block_bytes = 384 << 10;         ///< of C, where it is turned afterwards
constexpr std::int64_t most_narrow_panels = 16;           ///< of B, for a panel of A to be used at once
constexpr std::int64_t most_rows = 4080;                  ///< of a block
constexpr std::int64_t least_work_of_a_thread = 1 << 20;  // multiplications: starting a thread costs some 20 us

GemmKernel kernel_of(DType dtype, Isa isa) {
#if defined(KADANOFF_X86_KERNELS)
    if (isa == Isa::avx512) return avx512_gemm(dtype);
    if (isa == Isa::avx2 && __builtin_cpu_supports("fma")) return avx2_gemm(dtype);
#endif
    (void)isa;
    return scalar_gemm(dtype);
}

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

/// What one worker has: tables of the current blocks, and the packed ones.
struct Gemm::Room {
    IndexBlock m, n, k;
    std::int64_t m_index = -1, n_index = -1, k_index = -1;  ///< what the tables hold
    std::int64_t b_index = -1;                              ///< block of k that is packed
    bool a_packed = false;
    GemmPiece* pieces;
    std::uint32_t* first;     ///< (vectors + 1) for each panel of A
    std::byte *a, *b, *c;     ///< packed A and B; C before it is turned
    std::int64_t* c_columns;  ///< where the columns of `c` begin
};

Gemm::Gemm(PairAxes axes, DType dtype, Isa isa) : kernel_(kernel_of(dtype, isa)) {
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
    alone_.emplace(cut(1));
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
    std::swap(axes.m, axes.n);
    for (Axes<3>* group : {&axes.batch, &axes.m, &axes.n, &axes.k}) {
        for (Axis<3>& axis : *group) std::swap(axis.stride[0], axis.stride[1]);
    }
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
    return room;
}

void Gemm::run(const void* left, const void* right, void* output, void* workspace, int threads) const {
    const std::byte* operands[2] = {static_cast<const std::byte*>(left), static_cast<const std::byte*>(right)};
    if (swapped_) std::swap(operands[0], operands[1]);
    const std::byte* tensors[3] = {operands[0], operands[1], static_cast<std::byte*>(output)};
    for (std::size_t t = 0; t < 3; ++t) tensors[t] += base_[t] * element_bytes_;
    const auto address = reinterpret_cast<std::uintptr_t>(workspace);
    std::byte* const room = static_cast<std::byte*>(workspace) + (64 - address % 64) % 64;
    if (workers(threads) == 1) return work(*alone_, 0, tensors, room);
    const Blocking blocking = cut(threads);
    run_parallel(blocking.workers, [&](int worker) {
        work(blocking, worker, tensors, room + static_cast<std::size_t>(worker) * blocking.bytes);
    });
}

void Gemm::work(const Blocking& blocking, int worker, const std::byte* const* tensors, void* workspace) const {
    Room room = make_room(blocking, workspace);
    std::int64_t first = 0, last = batch_total_;
    if (blocking.split == Split::batch) {
        first = batch_total_ * worker / blocking.workers;
        last = batch_total_ * (worker + 1) / blocking.workers;
    }
    for (std::int64_t index = first; index < last; ++index) {
        std::int64_t rest = index, offset[3] = {};
        for (const Axis<3>& axis : batch_) {
            for (std::size_t t = 0; t < 3; ++t) offset[t] += rest % axis.extent * axis.stride[t];
            rest /= axis.extent;
        }
        room.a_packed = false;
        room.b_index = -1;
        multiply(blocking, worker, tensors[0] + offset[0] * element_bytes_, tensors[1] + offset[1] * element_bytes_,
                 const_cast<std::byte*>(tensors[2]) + offset[2] * element_bytes_, room);
    }
}

void Gemm::multiply(const Blocking& blocking, int worker, const std::byte* a, const std::byte* b, std::byte* c,
                    Room& room) const {
    const auto share = [&](const IndexGroup& group, Split split) {
        if (blocking.split != split) return std::pair<std::int64_t, std::int64_t>(0, group.blocks());
        return std::pair<std::int64_t, std::int64_t>(group.blocks() * worker / blocking.workers,
                                                     group.blocks() * (worker + 1) / blocking.workers);
    };
    const auto [first_m, last_m] = share(blocking.m, Split::m);
    const auto [first_n, last_n] = share(blocking.n, Split::n);
    const auto show = [](const IndexGroup& group, std::int64_t index, IndexBlock& block, std::int64_t& held) {
        if (held == index) return false;
        group.fill(index, block);
        held = index;
        return true;
    };
    for (std::int64_t jn = first_n; jn < last_n; ++jn) {
        if (show(blocking.n, jn, room.n, room.n_index)) {
            room.b_index = -1;
            if (reals_ == 2) std::for_each_n(room.n.offset[1], room.n.count, [](std::int64_t& at) { at *= 2; });
        }
        const std::int64_t k_blocks = blocking.k.blocks();
        // Narrow: m outside k, so that C is complete when its block is left.
        const std::int64_t outer = narrow_ ? 1 : k_blocks, inner = narrow_ ? k_blocks : 1;
        for (std::int64_t jk = 0; jk < outer; ++jk) {
            for (std::int64_t jm = first_m; jm < last_m; ++jm) {
                if (show(blocking.m, jm, room.m, room.m_index)) {
                    buffered_ ? make_buffer_pieces(room) : make_pieces(room);
                    room.a_packed = false;
                }
                for (std::int64_t k = jk; k < jk + inner; ++k) {
                    if (show(blocking.k, k, room.k, room.k_index)) {
                        room.a_packed = false;
                        room.b_index = -1;
                    }
                    if (room.b_index != k) pack_b(room, b);
                    room.b_index = k;
                    multiply_block(room, a, c, k > 0);
                }
                if (buffered_) turn_block(room, c);
            }
        }
    }
}

/// Rows [first, first + count) of the block.
void Gemm::pack_a(const Room& room, const std::byte* a, std::int64_t first, std::int64_t count) const {
    const bool by_depth = a_layout_ == GemmLayout::depth || a_layout_ == GemmLayout::cross_depth;
    const IndexBlock& ranges = by_depth ? room.k : room.m;
    kernel_.pack_a({a, room.a, room.m.offset[0] + first, room.k.offset[0], count, room.k.count, ranges.ranges,
                    ranges.range_count, a_layout_});
}

void Gemm::pack_b(Room& room, const std::byte* b) const {
    const bool by_depth = b_layout_ == GemmLayout::depth || b_layout_ == GemmLayout::cross_depth;
    const IndexBlock& ranges = by_depth ? room.k : room.n;
    kernel_.pack_b({b, room.b, room.n.offset[0], room.k.offset[1], room.n.count, room.k.count, ranges.ranges,
                    ranges.range_count, b_layout_});
}

/// Cuts the rows of the block into vectors, and vectors where the addresses of C leap.
void Gemm::make_pieces(Room& room) const {
    const std::int64_t lanes = kernel_.lanes, width = a_width_ * reals_, count = room.m.count * reals_;
    GemmPiece* piece = room.pieces;
    std::uint32_t* first = room.first;
    std::int64_t run = 0;  // where the neighbours of the current row end
    const auto row = [&](std::int64_t real) { return room.m.offset[1][real / reals_]; };
    for (std::int64_t panel = 0; panel < count; panel += width) {
        for (std::int64_t vector = panel; vector < panel + width; vector += lanes) {
            *first++ = static_cast<std::uint32_t>(piece - room.pieces);
            const std::int64_t end = std::min(vector + lanes, count);
            for (std::int64_t real = vector; real < end;) {
                if (run <= real) {
                    for (run = real + reals_ - real % reals_; run < count && row(run) == row(run - 1) + 1;)
                        run += reals_;
                }
                const std::int64_t last = std::min(run, end);
                const auto mask = static_cast<std::uint32_t>((std::uint64_t{1} << (last - vector)) -
                                                             (std::uint64_t{1} << (real - vector)));
                *piece++ = {row(real) * reals_ + real % reals_ - (real - vector), mask};
                real = last;
            }
        }
        *first++ = static_cast<std::uint32_t>(piece - room.pieces);
    }
}

/// The buffer holds column after column.
void Gemm::make_buffer_pieces(Room& room) const {
    const std::int64_t lanes = kernel_.lanes, width = a_width_ * reals_;
    const std::int64_t vectors = round_up(room.m.count, a_width_) * reals_ / lanes;
    const auto all = static_cast<std::uint32_t>((std::uint64_t{1} << lanes) - 1);
    for (std::int64_t i = 0; i < vectors; ++i) room.pieces[i] = {i * lanes, all};
    std::uint32_t* first = room.first;
    for (std::int64_t i = 0; i < vectors; i += width / lanes) {
        for (std::int64_t v = 0; v <= width / lanes; ++v) *first++ = static_cast<std::uint32_t>(i + v);
    }
    for (std::int64_t j = 0; j < room.n.count; ++j) room.c_columns[j] = j * vectors * lanes;
}

void Gemm::turn_block(const Room& room, std::byte* c) const {
    const std::int64_t step = round_up(room.m.count, a_width_);
    kernel_.unpack(
        {room.c, step, c, room.m.offset[1], room.n.offset[1], room.n.count, room.m.ranges, room.m.range_count});
}

void Gemm::multiply_block(Room& room, const std::byte* a, std::byte* c, bool accumulate) const {
    GemmTile tile{};
    tile.depth = room.k.count * reals_;
    tile.a_step = a_width_ * reals_;
    tile.b_step = b_width_;
    tile.b_column = 1;
    tile.c = buffered_ ? room.c : c;
    tile.pieces = room.pieces;
    tile.accumulate = accumulate;
    const std::int64_t* const columns = buffered_ ? room.c_columns : room.n.offset[1];
    const auto multiply_tile = [&](std::int64_t i, std::int64_t j, const std::byte* panel) {
        const std::int64_t vectors =
            (std::min(room.m.count - i, a_width_) * reals_ + kernel_.lanes - 1) / kernel_.lanes;
        tile.a = panel;
        tile.b = room.b + j * tile.depth * real_bytes_;
        tile.columns = columns + j;
        tile.first = room.first + i / a_width_ * (kernel_.vectors + 1);
        kernel_.tile[vectors - 1][std::min(room.n.count - j, b_width_) - 1](tile);
    };
    if (narrow_) {
        for (std::int64_t i = 0; i < room.m.count; i += a_width_) {
            pack_a(room, a, i, std::min(room.m.count - i, a_width_));
            for (std::int64_t j = 0; j < room.n.count; j += b_width_) multiply_tile(i, j, room.a);
        }
        return;
    }
    if (!room.a_packed) pack_a(room, a, 0, room.m.count);
    room.a_packed = true;
    const std::int64_t panel_bytes = a_width_ * reals_ * tile.depth * real_bytes_;
    const std::int64_t panels = (room.m.count + a_width_ - 1) / a_width_;
    const std::int64_t next_bytes = round_up(b_width_ * tile.depth * real_bytes_ / panels, 64);
    for (std::int64_t j = 0; j < room.n.count; j += b_width_) {
        const std::byte* panel = room.a;
        // The next panel of B comes nearer while this one is used.
        const std::byte* next = room.b + (j + b_width_) * tile.depth * real_bytes_;
        for (std::int64_t i = 0; i < room.m.count; i += a_width_, panel += panel_bytes) {
            if (j + b_width_ < room.n.count) {
                for (std::int64_t at = 0; at < next_bytes; at += 64) __builtin_prefetch(next + at, 0, 2);
                next += next_bytes;
            }
            multiply_tile(i, j, panel);
        }
    }
}

}  // namespace kadanoff::tensor
