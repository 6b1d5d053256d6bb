#include "tensor/workspace.hpp"

#include <memory>
#include <new>

namespace kadanoff::tensor {

namespace {

constexpr std::align_val_t alignment{64};
constexpr std::size_t kept_bytes = std::size_t{1} << 16;

struct Release {
    void operator()(std::byte* block) const { ::operator delete(block, alignment); }
};

std::byte* allocate(std::size_t bytes) { return static_cast<std::byte*>(::operator new(bytes, alignment)); }

std::byte* kept_block() {
    thread_local const std::unique_ptr<std::byte, Release> block(allocate(kept_bytes));
    return block.get();
}

}  // namespace

Workspace::Workspace(std::size_t bytes) {
    if (bytes == 0) return;
    owned_ = bytes > kept_bytes;
    data_ = owned_ ? allocate(bytes) : kept_block();
}

Workspace::~Workspace() {
    if (owned_) Release{}(data_);
}

}  // namespace kadanoff::tensor
