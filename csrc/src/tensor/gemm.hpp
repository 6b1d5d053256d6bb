#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "kadanoff/isa.hpp"
#include "kadanoff/tensor/dtype.hpp"
#include "kernels/gemm.hpp"
#include "tensor/axes.hpp"
#include "tensor/index_group.hpp"

namespace kadanoff::tensor {

/// The axes of a pair by role, with their strides in left, right and output.
struct PairAxes {
    Axes<3> batch, m, n, k;  ///< in all; left and output; right and output; left and right
};

/// Exchanges the operands, and with them rows and columns.
void swap_operands(PairAxes& axes);

GemmKernel gemm_kernel(DType dtype, Isa isa);

/// A contraction as a sequence of blocks of a matrix product, packed from the tensors as they lie (Matthews 2018,
/// arXiv:1607.00291), with the loops of Goto and van de Geijn around the tiles.
class Gemm {
public:
    Gemm(PairAxes axes, DType dtype, Isa isa);
    Gemm(const Gemm&) = delete;
    Gemm& operator=(const Gemm&) = delete;

    std::size_t workspace_bytes(int threads) const;
    /// `workspace`: as many bytes, on any boundary.
    void run(const void* left, const void* right, void* output, void* workspace, int threads) const;

private:
    enum class Split { batch, m, n };

    /// How the loops are cut: its own for every number of workers, but for the blocks of k, which decide the bits.
    struct Blocking {
        IndexGroup m, n, k;
        int workers;
        Split split;                                   ///< what workers share out
        std::size_t a_bytes, b_bytes, c_bytes, bytes;  ///< of the packed blocks, of the workspace of one worker
    };
    struct Room;

    void choose_roles(PairAxes& axes);
    void arrange(PairAxes& axes);
    void turn_output();
    void arrange_depth(Axes<3> axes);
    void choose_direct();
    std::int64_t workers(int threads) const;
    Blocking cut(int threads) const;
    Room make_room(const Blocking& blocking, void* workspace) const;
    void work(const Blocking& blocking, int worker, const std::byte* const* operands, void* workspace) const;
    void multiply(const Blocking& blocking, int worker, const std::byte* a, const std::byte* b, std::byte* c,
                  Room& room) const;
    void prepare();
    void show_rows(const Blocking& blocking, std::int64_t index, Room& room) const;
    void show_columns(const Blocking& blocking, std::int64_t index, Room& room) const;
    void show_depth(const Blocking& blocking, std::int64_t index, Room& room) const;
    void pack_a(const Room& room, const std::byte* a, std::int64_t first, std::int64_t count, std::byte* target) const;
    void pack_b(const Room& room, const std::byte* b, std::int64_t first, std::int64_t count, std::byte* target) const;
    void show_a(Room& room, const std::byte* a) const;
    void show_b(const Room& room, const std::byte* b, std::int64_t first, GemmTile& tile) const;
    void make_pieces(Room& room) const;
    void multiply_block(Room& room, const std::byte* a, const std::byte* b, std::byte* c, bool accumulate) const;
    void turn_block(const Room& room, std::byte* c) const;
    void make_buffer_pieces(Room& room) const;

    GemmKernel kernel_;
    std::int64_t reals_, element_bytes_, real_bytes_;
    std::int64_t a_width_, b_width_;  ///< elements of a panel
    bool swapped_ = false;            ///< the right operand plays A
    bool narrow_ = false;             ///< C has few columns: panels of A are packed one by one, and used at once
    bool direct_a_ = false, direct_b_ = false;  ///< used so little that panels are read where they lie, if they can
    bool buffered_ = false;  ///< C is turned after it was worked out in the order of A, as it is smaller
    Axes<3> batch_;          ///< strides in A, B and C, as all below
    Axes<2> m_, n_, k_;      ///< strides in A and C, in B and C, in A and B
    std::size_t m_cross_ = 0, n_cross_ = 0, k_cross_ = 0;
    GemmLayout a_layout_ = GemmLayout::scattered, b_layout_ = GemmLayout::scattered;
    std::int64_t base_[3] = {};  ///< first elements, as axes that run backwards are turned round
    std::int64_t batch_total_ = 1, m_total_ = 1, n_total_ = 1, k_total_ = 1;
    std::optional<Blocking> alone_;  ///< of one worker
    std::vector<std::byte> tables_;  ///< of the blocks, where there is one of each and it is small
    std::shared_ptr<const Room> prepared_;
};

}  // namespace kadanoff::tensor
