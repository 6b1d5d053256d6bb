#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

namespace kadanoff {

/// 0 means one worker per core that this process may use.
int resolve_threads(int threads);

/// Runs task(worker) for worker = 0 ... workers - 1, worker 0 on the calling thread, and joins.
///
/// Threads live for one call: none is left over for a fork to lose. If one cannot be started, no task runs and
/// Unavailable is thrown. Tasks must not throw.
void run_parallel(int workers, const std::function<void(int)>& task);

/// A reusable barrier that spins before it sleeps: the waits between half sweeps are microseconds.
class SpinBarrier {
public:
    explicit SpinBarrier(int parties) : parties_(parties) {}

    /// Returns when all parties have come; the last one calls `last` before it lets them go.
    template <class Last>
    void wait(Last last) noexcept {
        const unsigned generation = generation_.load(std::memory_order_relaxed);
        if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == parties_) {
            arrived_.store(0, std::memory_order_relaxed);
            last();
            generation_.store(generation + 1, std::memory_order_release);
            generation_.notify_all();
        } else {
            wait_for_next(generation);
        }
    }
    void wait() noexcept {
        wait([] {});
    }

private:
    void wait_for_next(unsigned generation) noexcept;

    const int parties_;
    std::atomic<int> arrived_{0};
    std::atomic<unsigned> generation_{0};
};

/// Work in phases: in each, the workers take pieces until none is left, and wait for each other. A worker that
/// the machine slows down takes fewer pieces.
class PhasedWork {
public:
    explicit PhasedWork(int workers) : barrier_(workers) {}

    /// Calls take(piece) for this worker's share of the pieces 0 ... pieces - 1 of a phase. Every worker calls this
    /// for every phase.
    template <class Take>
    void phase(std::int64_t pieces, Take take) noexcept {
        for (std::int64_t piece = next_.fetch_add(1); piece < pieces; piece = next_.fetch_add(1)) take(piece);
        barrier_.wait([this] { next_.store(0); });
    }

private:
    SpinBarrier barrier_;
    std::atomic<std::int64_t> next_{0};
};

}  // namespace kadanoff
