#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>

#include "kadanoff/tensor/network.hpp"
#include "parallel.hpp"
#include "poll_timer.hpp"

namespace kadanoff::networks {

/// What all workers of a run share: how far it is, and whether it was stopped.
class SharedRun {
public:
    SharedRun(int workers, const NetworkContraction::Poll& asked);

    bool stopped() const noexcept { return stopped_.load(); }
    void stop() noexcept;
    /// Stops the run for the exception that is being handled.
    void fail() noexcept;
    /// Throws what a worker or the poll threw. After the workers have ended.
    void rethrow() const;

    /// Asks the poll, on the thread that may; true if the run was stopped.
    bool asks(int worker);
    /// Sleeps until `ready`, which `wake` makes workers look at again; false if the run was stopped.
    bool wait(int worker, const std::function<bool()>& ready);
    void wake() noexcept;

    std::atomic<std::int64_t> done{0};   ///< slices
    std::atomic<std::int64_t> piece{0};  ///< of a step that all workers do
    SpinBarrier barrier;

private:
    std::atomic<bool> stopped_{false};
    std::function<bool()> poll_;
    PollTimer timer_{poll_};
    std::mutex mutex_;
    std::condition_variable changed_;
    std::exception_ptr error_;
};

}  // namespace kadanoff::networks
