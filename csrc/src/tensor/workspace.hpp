#pragma once

#include <cstddef>

namespace kadanoff::tensor {

/// Memory of one call on a cache-line boundary. A small block is this thread's own, kept for the next call: so no two
/// small ones may live at a time on a thread.
class Workspace {
public:
    explicit Workspace(std::size_t bytes);
    ~Workspace();
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;

    std::byte* data() const noexcept { return data_; }

private:
    std::byte* data_ = nullptr;
    bool owned_ = false;
};

}  // namespace kadanoff::tensor
