#include "parallel.hpp"

#include <algorithm>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "kadanoff/error.hpp"

namespace kadanoff {

int resolve_threads(int threads) {
    return threads > 0 ? threads : std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

void run_parallel(int workers, const std::function<void(int)>& task) {
    enum Gate : int { closed, open, cancelled };
    std::atomic<int> gate{closed};
    std::vector<std::thread> threads;
    const auto release = [&](Gate state) {
        gate.store(state);
        gate.notify_all();
    };
    const auto join = [&] {
        for (std::thread& thread : threads) thread.join();
    };
    try {
        threads.reserve(static_cast<std::size_t>(std::max(0, workers - 1)));
        for (int worker = 1; worker < workers; ++worker) {
            threads.emplace_back([&, worker] {
                gate.wait(closed);
                if (gate.load() == open) task(worker);
            });
        }
    } catch (const std::system_error& error) {
        release(cancelled);
        join();
        throw Unavailable("[Sampler] expected to start " + std::to_string(workers) + " threads, got: " + error.what());
    }
    release(open);
    task(0);
    join();
}

void SpinBarrier::wait() noexcept {
    const unsigned generation = generation_.load(std::memory_order_relaxed);
    if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == parties_) {
        arrived_.store(0, std::memory_order_relaxed);
        generation_.store(generation + 1, std::memory_order_release);
        return;
    }
    constexpr int spins_before_yield = 4096;
    for (int spins = 0; generation_.load(std::memory_order_acquire) == generation; ++spins) {
        if (spins >= spins_before_yield) std::this_thread::yield();
    }
}

}  // namespace kadanoff
