#include <algorithm>
#include <map>
#include <vector>

#include "tensor/network/builder.hpp"

namespace kadanoff::networks {

namespace {

/// Free stretches of the arena, by where they begin.
class FreeList {
public:
    /// The smallest stretch that is large enough, or the end of the arena.
    std::size_t take(std::size_t bytes) {
        auto best = free_.end();
        for (auto x = free_.begin(); x != free_.end(); ++x) {
            if (x->second >= bytes && (best == free_.end() || x->second < best->second)) best = x;
        }
        if (best == free_.end()) return extend(bytes);
        const auto [offset, size] = *best;
        free_.erase(best);
        if (size > bytes) free_.emplace(offset + bytes, size - bytes);
        return offset;
    }

    void give(std::size_t offset, std::size_t bytes) {
        auto next = free_.upper_bound(offset);
        if (next != free_.end() && offset + bytes == next->first) {
            bytes += next->second;
            next = free_.erase(next);
        }
        if (next != free_.begin()) {
            auto before = std::prev(next);
            if (before->first + before->second == offset) {
                before->second += bytes;
                return;
            }
        }
        free_.emplace(offset, bytes);
    }

    std::size_t end() const { return end_; }

private:
    /// A free stretch at the end grows.
    std::size_t extend(std::size_t bytes) {
        std::size_t offset = end_;
        if (!free_.empty() && free_.rbegin()->first + free_.rbegin()->second == end_) {
            offset = free_.rbegin()->first;
            free_.erase(offset);
        }
        end_ = offset + bytes;
        return offset;
    }

    std::map<std::size_t, std::size_t> free_;
    std::size_t end_ = 0;
};

std::size_t rounded(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

void place_values(Program& program) {
    std::vector<std::vector<int>> dying(program.steps.size());
    for (int v = 0; v < static_cast<int>(program.values.size()); ++v) {
        const Value& value = program.values[at(v)];
        if (value.place == Place::arena && value.last_used < static_cast<int>(program.steps.size())) {
            dying[at(std::max(value.last_used, value.born))].push_back(v);
        }
    }
    FreeList list;
    const auto bytes = [&](const Value& value) {
        return rounded(static_cast<std::size_t>(value.size) * size_of(program.dtype));
    };
    for (std::size_t s = 0; s < program.steps.size(); ++s) {
        Value& made = program.values[at(program.steps[s].result)];
        if (made.place == Place::arena) made.offset = list.take(bytes(made));
        for (const int v : dying[s]) list.give(program.values[at(v)].offset, bytes(program.values[at(v)]));
    }
    program.arena_bytes = list.end();
}

}  // namespace kadanoff::networks
