#pragma once

#include <atomic>
#include <cstdint>
#include <deque>

#include "tensor/network/program.hpp"
#include "tensor/network/sums.hpp"

namespace kadanoff::networks {

/// Sums of blocks that are being made, or wait for those before them: blocks are added up in their order, by whoever
/// finishes one while no other worker does it. Nobody waits unless the ring is full.
class BlockRing {
public:
    /// `memory` holds the sums of `held` blocks.
    BlockRing(const Program& program, Sums& whole, bool scaled, char* memory, std::int64_t held);

    /// The next block to be summed; beyond the last one if none is left.
    std::int64_t take() noexcept { return next_.fetch_add(1); }
    bool has_room(std::int64_t block) const noexcept { return block < turn_.load() + held(); }
    bool is_complete() const noexcept { return turn_.load() == program_.blocks.count(); }

    /// Of a block that there is room for.
    Sums& sums(std::int64_t block) noexcept { return slot(block).sums; }
    /// True if there is more room now.
    bool finish(std::int64_t block);

private:
    struct Slot {
        explicit Slot(Sums made) : sums(std::move(made)) {}
        Sums sums;
        std::atomic<std::int64_t> finished{-1};  ///< the block
    };

    std::int64_t held() const noexcept { return static_cast<std::int64_t>(slots_.size()); }
    Slot& slot(std::int64_t block) noexcept { return slots_[static_cast<std::size_t>(block % held())]; }
    void add(std::int64_t block);

    const Program& program_;
    Sums& whole_;
    std::deque<Slot> slots_;
    std::atomic<std::int64_t> next_{0};      ///< block to be summed
    std::atomic<std::int64_t> turn_{0};      ///< block to be added
    std::atomic<std::int64_t> finished_{0};  ///< blocks that the worker who adds has not looked for
};

}  // namespace kadanoff::networks
