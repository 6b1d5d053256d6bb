#include "tensor/network/memory.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <mutex>
#include <new>
#include <utility>

namespace kadanoff::networks {

namespace {

constexpr std::align_val_t page{std::size_t{1} << 21};
constexpr std::size_t most_kept = std::size_t{1} << 28;

std::size_t whole_pages(std::size_t bytes) {
    const std::size_t unit = bytes < (std::size_t{1} << 21) ? 4096 : std::size_t{1} << 21;
    return (std::max<std::size_t>(bytes, 1) + unit - 1) / unit * unit;
}

}  // namespace

struct Memory::Kept {
    std::mutex mutex;
    Block block;
    std::size_t bytes = 0;
};

Memory::Kept& Memory::kept() {
    static Kept kept;
    return kept;
}

void Memory::Release::operator()(char* block) const noexcept { ::operator delete(block, page); }

Memory::Memory(std::size_t bytes) {
    {
        Kept& last = kept();
        const std::lock_guard lock(last.mutex);
        if (last.bytes >= bytes) {
            block_ = std::move(last.block);
            bytes_ = std::exchange(last.bytes, 0);
        }
    }
    if (block_) return;
    bytes_ = whole_pages(bytes);
    block_.reset(static_cast<char*>(::operator new(bytes_, page)));
#if defined(MADV_HUGEPAGE)
    if (bytes_ >= (std::size_t{1} << 21)) madvise(block_.get(), bytes_, MADV_HUGEPAGE);  // a wish, no more
#endif
}

Memory::~Memory() {
    if (bytes_ > most_kept) return;
    Kept& last = kept();
    const std::lock_guard lock(last.mutex);
    if (bytes_ <= last.bytes) return;
    std::swap(block_, last.block);
    last.bytes = bytes_;
}

}  // namespace kadanoff::networks
