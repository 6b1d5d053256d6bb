#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "kadanoff/tensor/path.hpp"
#include "poll_timer.hpp"

namespace kadanoff::paths {

/// Says when to stop: after a time, or when the caller's poll says so, which only the caller's thread asks.
class Control {
public:
    Control(std::optional<double> seconds, const PathPoll& poll) : poll_(poll) {
        if (seconds) deadline_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds(*seconds));
    }

    bool stopped() {
        if (stop_.load(std::memory_order_relaxed)) return true;
        const bool late = deadline_ && Clock::now() >= *deadline_;
        if (late || (std::this_thread::get_id() == owner_ && poll_.stopped())) stop_.store(true);
        return stop_.load(std::memory_order_relaxed);
    }

private:
    using Clock = std::chrono::steady_clock;
    using Seconds = std::chrono::duration<double>;

    std::atomic<bool> stop_{false};
    std::optional<Clock::time_point> deadline_;
    std::thread::id owner_ = std::this_thread::get_id();
    PollTimer poll_;
};

}  // namespace kadanoff::paths
