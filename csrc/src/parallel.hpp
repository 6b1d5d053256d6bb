#pragma once

#include <atomic>
#include <functional>

namespace kadanoff {

/// 0 means one worker per core that this process may use.
int resolve_threads(int threads);

/// Runs task(worker) for worker = 0 ... workers - 1, worker 0 on the calling thread, and joins.
///
/// Threads live for one call: none is left over for a fork to lose. If one cannot be started, no task runs and
/// Unavailable is thrown. Tasks must not throw.
void run_parallel(int workers, const std::function<void(int)>& task);

/// A reusable barrier that spins: the waits between half sweeps are microseconds.
class SpinBarrier {
public:
    explicit SpinBarrier(int parties) : parties_(parties) {}
    void wait() noexcept;

private:
    const int parties_;
    std::atomic<int> arrived_{0};
    std::atomic<unsigned> generation_{0};
};

}  // namespace kadanoff
