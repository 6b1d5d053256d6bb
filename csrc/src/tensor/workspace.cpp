#include "tensor/workspace.hpp"

#include <memory>
#include <new>

namespace kadanoff::tensor {

namespace {

constexpr std::align_val_t alignment{64};
/// What a thread keeps from call to call: fresh memory costs a page fault for every 4 KiB.
constexpr std::size_t most_kept_bytes = std::size_t{16} << 20;

struct Release {
    void operator()(std::byte* block) const { ::operator delete(block, alignment); }
};

std::byte* allocate(std::size_t bytes) { return static_cast<std::byte*>(::operator new(bytes, alignment)); }

/// The thread's own block, grown to at least `bytes`.
std::byte* kept_block(std::size_t bytes) {
    thread_local std::unique_ptr<std::byte, Release> block;
    thread_local std::size_t size = 0;
    if (size < bytes) {
        size = 0;
        block.reset();
        block.reset(allocate(bytes));
        size = bytes;
    }
    return block.get();
}

}  // namespace

Workspace::Workspace(std::size_t bytes) {
    if (bytes == 0) return;
    owned_ = bytes > most_kept_bytes;
    data_ = owned_ ? allocate(bytes) : kept_block(bytes);
}

Workspace::~Workspace() {
    if (owned_) Release{}(data_);
}

}  // namespace kadanoff::tensor
