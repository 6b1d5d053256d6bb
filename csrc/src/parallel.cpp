#include "parallel.hpp"

#include <algorithm>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "kadanoff/error.hpp"

namespace kadanoff {

namespace {

/// Tells the core that this is a spin loop.
void pause() noexcept {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace

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
    } catch (...) {
        release(cancelled);
        join();
        throw;
    }
    release(open);
    task(0);
    join();
}

void SpinBarrier::wait_for_next(unsigned generation) noexcept {
    constexpr int spins = 1000;  // some 10 microseconds, then the core is given up: somebody else needs it
    for (int i = 0; i < spins; ++i) {
        if (generation_.load(std::memory_order_acquire) != generation) return;
        pause();
    }
    generation_.wait(generation, std::memory_order_acquire);
}

}  // namespace kadanoff
