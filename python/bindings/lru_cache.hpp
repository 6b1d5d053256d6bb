#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace kadanoff::python {

/// What was made for the keys last used. Of two keys with one hash it keeps the later.
template <class Value>
class LruCache {
public:
    using Key = std::span<const std::uint64_t>;

    explicit LruCache(std::size_t capacity) : capacity_(capacity) {}

    /// The value of a key, which is now the one last used; null if there is none. Valid until the next `insert`.
    const Value* find(Key key) {
        const auto found = index_.find(hash(key));
        if (found == index_.end() || !std::ranges::equal(found->second->key, key)) return nullptr;
        entries_.splice(entries_.begin(), entries_, found->second);
        return &entries_.front().value;
    }

    const Value& insert(Key key, Value value) {
        const std::uint64_t at = hash(key);
        if (const auto found = index_.find(at); found != index_.end()) {
            entries_.erase(found->second);
            index_.erase(found);
        }
        if (entries_.size() == capacity_) {
            index_.erase(entries_.back().hash);
            entries_.pop_back();
        }
        entries_.push_front({at, {key.begin(), key.end()}, std::move(value)});
        index_[at] = entries_.begin();
        return entries_.front().value;
    }

    std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        std::uint64_t hash;
        std::vector<std::uint64_t> key;
        Value value;
    };

    static std::uint64_t hash(Key key) {
        std::uint64_t result = key.size();
        for (const std::uint64_t word : key) {
            result = (result ^ word) * 0x9E3779B97F4A7C15U;  // 2^64 / golden ratio
            result ^= result >> 32;
        }
        return result;
    }

    std::size_t capacity_;
    std::list<Entry> entries_;  // the last used first
    std::unordered_map<std::uint64_t, typename std::list<Entry>::iterator> index_;
};

}  // namespace kadanoff::python
