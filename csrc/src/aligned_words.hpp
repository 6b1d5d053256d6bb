#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

namespace kadanoff {

/// Zeroed 32-bit words on a cache-line boundary.
class AlignedWords {
public:
    explicit AlignedWords(std::size_t count)
        : words_(static_cast<std::uint32_t*>(::operator new(count * sizeof(std::uint32_t), alignment))) {
        std::memset(words_.get(), 0, count * sizeof(std::uint32_t));
    }
    std::uint32_t* data() { return words_.get(); }
    const std::uint32_t* data() const { return words_.get(); }

private:
    static constexpr std::align_val_t alignment{64};
    struct Release {
        void operator()(std::uint32_t* words) const { ::operator delete(words, alignment); }
    };
    std::unique_ptr<std::uint32_t, Release> words_;
};

}  // namespace kadanoff
