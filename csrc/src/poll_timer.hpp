#pragma once

#include <chrono>
#include <functional>

namespace kadanoff {

/// Asks a poll about every 100 ms, however often it is looked at, and remembers that it said stop.
class PollTimer {
public:
    explicit PollTimer(const std::function<bool()>& poll) : poll_(poll) {}

    bool polls() const { return static_cast<bool>(poll_); }

    bool stopped() {
        constexpr std::chrono::milliseconds interval{50};
        const auto now = std::chrono::steady_clock::now();
        if (stopped_ || !poll_ || now - last_ < interval) return stopped_;
        last_ = now;
        stopped_ = !poll_();
        return stopped_;
    }

private:
    const std::function<bool()>& poll_;
    std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
    bool stopped_ = false;
};

}  // namespace kadanoff
