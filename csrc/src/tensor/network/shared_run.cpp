#include "tensor/network/shared_run.hpp"

#include <chrono>

namespace kadanoff::networks {

SharedRun::SharedRun(int workers, const NetworkContraction::Poll& asked) : barrier(workers) {
    if (!asked) return;
    poll_ = [this, &asked] {
        try {
            return asked(done.load());
        } catch (...) {
            fail();
            return false;
        }
    };
}

void SharedRun::stop() noexcept {
    stopped_.store(true);
    wake();
}

void SharedRun::fail() noexcept {
    {
        const std::lock_guard lock(mutex_);
        if (!error_) error_ = std::current_exception();
    }
    stop();
}

void SharedRun::rethrow() const {
    if (error_) std::rethrow_exception(error_);
}

bool SharedRun::asks(int worker) {
    if (worker == 0 && !stopped() && timer_.stopped()) stop();
    return stopped();
}

bool SharedRun::wait(int worker, const std::function<bool()>& ready) {
    const auto over = [&] { return stopped() || ready(); };
    std::unique_lock lock(mutex_);
    while (!over()) {
        if (worker != 0 || !timer_.polls()) {
            changed_.wait(lock, over);
        } else if (!changed_.wait_until(lock, std::chrono::system_clock::now() + std::chrono::milliseconds(50), over)) {
            lock.unlock();
            asks(worker);
            lock.lock();
        }
    }
    return !stopped();
}

void SharedRun::wake() noexcept {
    // Whoever found itself not ready is asleep by now, or holds the lock.
    {
        const std::lock_guard lock(mutex_);
    }
    changed_.notify_all();
}

}  // namespace kadanoff::networks
