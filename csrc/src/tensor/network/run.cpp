#include <algorithm>
#include <functional>
#include <string>

#include "kadanoff/error.hpp"
#include "parallel.hpp"
#include "tensor/network/block_ring.hpp"
#include "tensor/network/memory.hpp"
#include "tensor/network/program.hpp"
#include "tensor/network/scaled_tensors.hpp"
#include "tensor/network/shared_run.hpp"
#include "tensor/network/sums.hpp"
#include "tensor/network/tree.hpp"
#include "tensor/network/worker.hpp"

namespace kadanoff::networks {

namespace {

std::size_t rounded(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

/// Work that is done in the time in which a thread is started.
constexpr double worth_a_thread = 4e6;

/// The caller's arrays of sums over slices: output and gradients, unless they are made where they are wanted.
Sums whole_sums(const Program& program, const Program::Call& call) {
    std::vector<Sums::Target> targets;
    if (program.slices != 1 || program.empty) targets.push_back({call.output, program.result.total});
    if (call.gradients != nullptr) {
        for (std::size_t g = 0; g < program.gradients.size(); ++g) {
            if (program.gradients[g].in_place && !program.empty) continue;
            targets.push_back({(*call.gradients)[g], program.gradients[g].total});
        }
    }
    Sums sums(program, call.exponent != nullptr && program.slices != 1, std::move(targets));
    sums.clear();
    return sums;
}

/// Blocks of slices until none is left; worker 0 stays to be asked until all are in the sum.
void run_blocks(const Program& program, Worker& worker, int number, SharedRun& shared, BlockRing& ring) {
    for (std::int64_t block; (block = ring.take()) < program.blocks.count();) {
        if (!shared.wait(number, [&] { return ring.has_room(block); })) return;
        Sums& sums = ring.sums(block);
        sums.clear();
        const SliceRange range = program.blocks.range(block);
        for (std::int64_t slice = range.first; slice < range.first + range.count; ++slice) {
            if (!worker.run(slice)) return;
            worker.add_to(sums, range);
            shared.done.fetch_add(1);
        }
        if (ring.finish(block)) shared.wake();
    }
    if (number == 0) shared.wait(number, [&] { return ring.is_complete(); });
}

}  // namespace

double Program::slice_work(int count) const {
    constexpr double begun = 1000;
    double work = 0;
    for (std::size_t s = 0; s < at(count); ++s) work += steps[s].work + begun;
    return work;
}

std::int64_t Program::offset_of(std::int64_t slice, int input) const {
    std::int64_t offset = 0;
    for (auto x = sliced.rbegin(); x != sliced.rend(); ++x) {
        offset += slice % x->size * x->stride_in(input);
        slice /= x->size;
    }
    return offset;
}

int Program::workers(int threads) const {
    const double work = slices > 1 ? slice_work(static_cast<int>(steps.size())) * static_cast<double>(slices) : flops;
    const double most = std::min(work / worth_a_thread, 4096.0);
    const int useful = slices > 1 ? static_cast<int>(std::min<std::int64_t>(blocks.count(), 4096)) : 4096;
    return std::max(1, std::min({resolve_threads(threads), useful, static_cast<int>(most)}));
}

std::int64_t Program::held_blocks(int workers) const {
    if (slices == 1) return 0;
    if (workers == 1) return 1;
    // One more than there are workers; where they are small so many that nobody waits for a worker that the machine
    // does not run for a while.
    constexpr std::int64_t most = 1024;
    const std::size_t room = std::clamp(arena_bytes, std::size_t{1} << 14, std::size_t{1} << 20);
    const auto ahead = static_cast<std::int64_t>(room / std::max<std::size_t>(blocks.bytes(), 1));
    return std::min(blocks.count(), workers + std::clamp<std::int64_t>(ahead, 1, most));
}

std::size_t Program::bytes(int threads) const {
    const int workers = this->workers(threads);
    const std::size_t arenas = slices > 1 ? at(workers) : 1;
    return arenas * rounded(arena_bytes) + at(workers) * rounded(scratch_bytes) +
           static_cast<std::size_t>(held_blocks(workers)) * blocks.bytes();
}

bool Program::run(const Call& call) const {
    if (call.tensors.size() != at(inputs)) {
        throw InvalidArgument("[NetworkContraction] expected " + std::to_string(inputs) + " tensors, got " +
                              std::to_string(call.tensors.size()));
    }
    Sums whole = whole_sums(*this, call);
    if (call.exponent != nullptr) *call.exponent = 0;
    if (empty) return true;
    const bool by_slice = slices > 1;
    const int workers = this->workers(call.threads);
    const std::size_t scratch = rounded(scratch_bytes), arena = rounded(arena_bytes);
    const Memory memory(bytes(call.threads));
    const ScaledTensors scaled(*this, call);
    SharedRun shared(workers, call.poll);
    // Scratch of each worker, the arenas, and the sums of blocks.
    std::vector<Worker> team;
    team.reserve(at(workers));
    char* const arenas = memory.data() + at(workers) * scratch;
    for (int number = 0; number < workers; ++number) {
        const Worker::Memory own{arenas + (by_slice ? at(number) * arena : 0), memory.data() + at(number) * scratch};
        team.emplace_back(*this, call, shared, number, by_slice ? 1 : workers, own, scaled.tensors);
    }
    BlockRing ring(*this, whole, call.exponent != nullptr, arenas + at(workers) * arena, held_blocks(workers));
    run_parallel(workers, [&](int number) {
        try {
            if (by_slice) {
                run_blocks(*this, team[at(number)], number, shared, ring);
            } else if (team[at(number)].run(0) && number == 0) {
                team[0].add_to_gradients(whole);
            }
        } catch (...) {
            shared.fail();
        }
    });
    shared.rethrow();
    if (call.exponent != nullptr) *call.exponent = (by_slice ? whole.exponent() : team[0].exponent()) + scaled.exponent;
    if (call.gradients != nullptr) scaled.finish(*this, *call.gradients);
    return !shared.stopped();
}

}  // namespace kadanoff::networks
