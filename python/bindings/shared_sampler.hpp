#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "kadanoff/sampler.hpp"

namespace kadanoff::python {

/// A sampler that Python threads may share: whoever comes second waits, without the GIL. The lock is recursive
/// because a signal handler may use the sampler whose run it interrupts, between two chunks of sweeps.
class SharedSampler {
public:
    explicit SharedSampler(Sampler sampler) : sampler_(std::move(sampler)) {}

    /// Calls use(sampler) without the GIL while no other thread does.
    template <class Use>
    auto exclusively(Use use) {
        const pybind11::gil_scoped_release release;
        const std::lock_guard lock(mutex_);
        return use(sampler_);
    }

    /// What never changes: needs no lock.
    std::int64_t replicas() const { return sampler_.options().replicas; }
    std::int64_t spins() const { return sampler_.lattice().sites() * replicas(); }
    std::int64_t packed_size() const { return sampler_.packed_size(); }
    std::string kernel() const { return sampler_.kernel(); }
    std::vector<std::string> extra_series() const { return sampler_.extra_series(); }

private:
    Sampler sampler_;
    std::recursive_mutex mutex_;
};

/// Lets Python handle its signals, Ctrl-C above all, between chunks of sweeps.
inline bool poll_signals() {
    const pybind11::gil_scoped_acquire gil;
    return PyErr_CheckSignals() == 0;
}

}  // namespace kadanoff::python
