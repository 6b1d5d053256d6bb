#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

#include "tensor/network/program.hpp"
#include "tensor/network/shared_run.hpp"
#include "tensor/network/sums.hpp"

namespace kadanoff::networks {

/// One worker of a run: its tensors, and the powers of 2 that its slice was divided by.
class Worker {
public:
    /// Memory of a worker; a team of several shares the arena.
    struct Memory {
        char *arena, *scratch;
    };

    Worker(const Program& program, const Program::Call& call, SharedRun& shared, int number, int team, Memory memory,
           const std::vector<const void*>& tensors);

    /// All steps of one slice; false if the run was stopped.
    bool run(std::int64_t slice);

    /// What the slice that was run gives to the sums of its block.
    void add_to(Sums& block, const SliceRange& range);
    /// What a contraction of one slice gives to the gradients that are not made in place.
    void add_to_gradients(Sums& gradients);

    std::int64_t exponent() const noexcept { return exponent_; }

private:
    void place_inputs(std::int64_t slice);
    /// Operands are only read, results written: one table of pointers serves both.
    char* offset(const void* from, std::int64_t elements) const {
        return const_cast<char*>(static_cast<const char*>(from)) + elements * static_cast<std::int64_t>(bytes_);
    }
    void execute(const Step& step);
    void stream_rows(const Step& step, std::int64_t first, std::int64_t last);
    void stream_pieces(const Step& step, std::atomic<std::int64_t>& piece);
    bool stopped(double work);
    void leave_team(std::size_t step, std::size_t count);
    void rescale(std::size_t s);
    void rescale_gradient(const Step& step);
    Summand summand(const Addition& addition, std::int64_t offset) const;

    const Program& program_;
    const Program::Call& call_;
    SharedRun& shared_;
    const int number_, team_;
    const bool leads_;  ///< does the steps that are not shared
    char* const scratch_;
    const std::vector<const void*>& tensors_;
    const std::size_t bytes_;
    std::vector<char*> at_;
    std::vector<std::int64_t> offsets_;  ///< of the slice, in each input
    std::vector<std::int64_t> values_;   ///< of the sliced labels
    std::vector<double> factors_;
    std::vector<Summand> summands_;
    std::int64_t exponent_ = 0;
    double work_ = 0;
};

}  // namespace kadanoff::networks
