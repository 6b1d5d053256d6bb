#pragma once

#include <cstddef>
#include <memory>

namespace kadanoff::networks {

/// Memory of one run, on a cache line, or on a large page if it is large. The last block that was given back is kept
/// for the next run, up to 256 MiB: what was touched once is no longer cleared by the kernel.
class Memory {
public:
    /// Throws std::bad_alloc.
    explicit Memory(std::size_t bytes);
    ~Memory();
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;

    char* data() const noexcept { return block_.get(); }

private:
    struct Release {
        void operator()(char* block) const noexcept;
    };
    using Block = std::unique_ptr<char, Release>;
    struct Kept;
    static Kept& kept();

    Block block_;
    std::size_t bytes_ = 0;
};

}  // namespace kadanoff::networks
