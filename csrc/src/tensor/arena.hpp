#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace kadanoff::tensor {

/// Plans where blocks of memory lie that are needed for a time each: the first gap that is large enough.
class Arena {
public:
    std::size_t allocate(std::size_t bytes) {
        const std::size_t rounded = (bytes + line - 1) / line * line;
        std::size_t offset = 0;
        auto next = blocks_.begin();
        for (; next != blocks_.end() && next->offset - offset < rounded; ++next) offset = next->offset + next->bytes;
        blocks_.insert(next, {offset, rounded});
        bytes_ = std::max(bytes_, offset + rounded);
        return offset;
    }

    /// The block at `offset` is needed no more.
    void release(std::size_t offset) {
        blocks_.erase(std::find_if(blocks_.begin(), blocks_.end(), [&](const Block& b) { return b.offset == offset; }));
    }

    /// Of all blocks at once.
    std::size_t bytes() const noexcept { return bytes_; }

private:
    static constexpr std::size_t line = 64;
    struct Block {
        std::size_t offset, bytes;
    };
    std::vector<Block> blocks_;  // in ascending order
    std::size_t bytes_ = 0;
};

}  // namespace kadanoff::tensor
