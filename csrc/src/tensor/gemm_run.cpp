#include <algorithm>
#include <utility>

#include "parallel.hpp"
#include "tensor/gemm.hpp"
#include "tensor/gemm_room.hpp"

namespace kadanoff::tensor {

namespace {

std::int64_t round_up(std::int64_t count, std::int64_t unit) { return (count + unit - 1) / unit * unit; }

/// Whether the offsets are `step` apart.
bool evenly(const std::int64_t* offsets, std::int64_t count, std::int64_t step) {
    for (std::int64_t i = 1; i < count; ++i) {
        if (offsets[i] != offsets[i - 1] + step) return false;
    }
    return true;
}

}  // namespace

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
    if (prepared_ && &blocking == &*alone_) prepared_->lend_tables(room);
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
    for (std::int64_t jn = first_n; jn < last_n; ++jn) {
        if (room.n_index != jn) show_columns(blocking, jn, room);
        const std::int64_t k_blocks = blocking.k.blocks();
        // Narrow: m outside k, so that C is complete when its block is left.
        const std::int64_t outer = narrow_ ? 1 : k_blocks, inner = narrow_ ? k_blocks : 1;
        for (std::int64_t jk = 0; jk < outer; ++jk) {
            for (std::int64_t jm = first_m; jm < last_m; ++jm) {
                if (room.m_index != jm) show_rows(blocking, jm, room);
                for (std::int64_t k = jk; k < jk + inner; ++k) {
                    if (room.k_index != k) show_depth(blocking, k, room);
                    if (room.b_index != k && !direct_b_) pack_b(room, b, 0, room.n.count, room.b);
                    room.b_index = k;
                    multiply_block(room, a, b, c, k > 0);
                }
                if (buffered_) turn_block(room, c);
            }
        }
    }
}

void Gemm::show_rows(const Blocking& blocking, std::int64_t index, Room& room) const {
    blocking.m.fill(index, room.m);
    room.m_index = index;
    room.a_packed = false;
    buffered_ ? make_buffer_pieces(room) : make_pieces(room);
}

void Gemm::show_columns(const Blocking& blocking, std::int64_t index, Room& room) const {
    blocking.n.fill(index, room.n);
    room.n_index = index;
    room.b_index = -1;
    for (std::int64_t j = 0; j < room.n.count; ++j) room.n.offset[1][j] *= reals_;
}

void Gemm::show_depth(const Blocking& blocking, std::int64_t index, Room& room) const {
    blocking.k.fill(index, room.k);
    room.k_index = index;
    room.a_packed = false;
    room.b_index = -1;
}

/// Rows [first, first + count) of the block, into `target`.
void Gemm::pack_a(const Room& room, const std::byte* a, std::int64_t first, std::int64_t count,
                  std::byte* target) const {
    const bool by_depth = a_layout_ == GemmLayout::depth || a_layout_ == GemmLayout::cross_depth;
    const IndexBlock& ranges = by_depth ? room.k : room.m;
    kernel_.pack_a({a, target, room.m.offset[0] + first, room.k.offset[0], count, room.k.count, ranges.ranges,
                    ranges.range_count, a_layout_});
}

/// Columns [first, first + count) of the block, into `target`.
void Gemm::pack_b(const Room& room, const std::byte* b, std::int64_t first, std::int64_t count,
                  std::byte* target) const {
    const bool by_depth = b_layout_ == GemmLayout::depth || b_layout_ == GemmLayout::cross_depth;
    const IndexBlock& ranges = by_depth ? room.k : room.n;
    // The ranges of rows are those of the whole block.
    const bool part = b_layout_ == GemmLayout::cross_rows && count < room.n.count;
    kernel_.pack_b({b, target, room.n.offset[0] + first, room.k.offset[1], count, room.k.count, ranges.ranges,
                    ranges.range_count, part ? GemmLayout::scattered : b_layout_});
}

/// Packs the block of A, but for panels that are read where they lie.
void Gemm::show_a(Room& room, const std::byte* a) const {
    const std::int64_t bytes = a_width_ * reals_ * room.k.count * reals_ * real_bytes_;
    if (!direct_a_) pack_a(room, a, 0, room.m.count, room.a);
    for (std::int64_t i = 0, panel = 0; i < room.m.count; i += a_width_, ++panel) {
        const std::int64_t rows = std::min(room.m.count - i, a_width_);
        const std::int64_t* const offset = room.m.offset[0] + i;
        if (direct_a_ && rows % kernel_.lanes == 0 && evenly(offset, rows, 1)) {
            room.panels[panel] = {a + (offset[0] + room.k.offset[0][0]) * real_bytes_, k_[0].stride[0]};
            continue;
        }
        std::byte* const packed = room.a + panel * bytes;
        if (direct_a_) pack_a(room, a, i, rows, packed);
        room.panels[panel] = {packed, a_width_ * reals_};
    }
}

/// The columns from `first` on, in the packed block or where they lie.
void Gemm::show_b(const Room& room, const std::byte* b, std::int64_t first, GemmTile& tile) const {
    tile.b = room.b + first * tile.depth * real_bytes_;
    tile.b_step = b_width_;
    tile.b_column = 1;
    if (!direct_b_) return;
    const std::int64_t count = std::min(room.n.count - first, b_width_);
    const std::int64_t* const offset = room.n.offset[0] + first;
    const std::int64_t step = count > 1 ? offset[1] - offset[0] : 1;
    if (evenly(offset, count, step)) {
        tile.b = b + (offset[0] + room.k.offset[1][0]) * real_bytes_;
        tile.b_step = k_[0].stride[1];
        tile.b_column = step;
    } else {
        tile.b = room.b;
        pack_b(room, b, first, count, room.b);
    }
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

void Gemm::multiply_block(Room& room, const std::byte* a, const std::byte* b, std::byte* c, bool accumulate) const {
    GemmTile tile{};
    tile.depth = room.k.count * reals_;
    tile.c = buffered_ ? room.c : c;
    tile.pieces = room.pieces;
    tile.accumulate = accumulate;
    const std::int64_t* const columns = buffered_ ? room.c_columns : room.n.offset[1];
    const auto multiply_tile = [&](std::int64_t i, std::int64_t j, const Room::Panel& panel) {
        const std::int64_t reals = std::min(room.m.count - i, a_width_) * reals_;
        const std::int64_t vectors = (reals + kernel_.lanes - 1) / kernel_.lanes;
        tile.a = panel.data;
        tile.a_step = panel.step;
        tile.columns = columns + j;
        tile.first = room.first + i / a_width_ * (kernel_.vectors + 1);
        const auto& kernel = tile.b_column == 1 ? kernel_.tile : kernel_.strided;
        kernel[vectors - 1][std::min(room.n.count - j, b_width_) - 1](tile);
    };
    if (narrow_) {
        for (std::int64_t i = 0; i < room.m.count; i += a_width_) {
            pack_a(room, a, i, std::min(room.m.count - i, a_width_), room.a);
            for (std::int64_t j = 0; j < room.n.count; j += b_width_) {
                show_b(room, b, j, tile);
                multiply_tile(i, j, {room.a, a_width_ * reals_});
            }
        }
        return;
    }
    if (!room.a_packed) show_a(room, a);
    room.a_packed = true;
    const std::int64_t panels = (room.m.count + a_width_ - 1) / a_width_;
    const std::int64_t next_bytes = round_up(tile.depth * real_bytes_ / panels, 64);
    for (std::int64_t j = 0; j < room.n.count; j += b_width_) {
        show_b(room, b, j, tile);
        // The next panel of B comes nearer while this one is used.
        tile.next = room.b + (j + b_width_) * tile.depth * real_bytes_;
        tile.next_bytes = !direct_b_ && j + b_width_ < room.n.count ? next_bytes : 0;
        for (std::int64_t i = 0, panel = 0; i < room.m.count; i += a_width_, ++panel) {
            multiply_tile(i, j, room.panels[panel]);
            tile.next = static_cast<const std::byte*>(tile.next) + b_width_ * tile.next_bytes;
        }
    }
}

}  // namespace kadanoff::tensor
