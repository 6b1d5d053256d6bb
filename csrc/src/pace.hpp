#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace kadanoff {

/// How many sweeps fit between two polls.
class Pace {
public:
    std::int64_t budget() const { return budget_; }

    template <class Work>
    void timed(std::int64_t sweeps, Work work) {
        const auto begin = std::chrono::steady_clock::now();
        work();
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        constexpr double target = 0.05;
        const double growth = std::min(4.0, target / std::max(seconds, 1e-9));
        budget_ = std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(sweeps) * growth));
    }

private:
    std::int64_t budget_ = 1;
};

}  // namespace kadanoff
