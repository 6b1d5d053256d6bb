#include <cstdint>
#include <vector>

#include "check.hpp"
#include "parallel.hpp"

TEST_CASE(every_worker_runs_once) {
    std::vector<int> ran(5, 0);
    kadanoff::run_parallel(5, [&](int worker) { ++ran[static_cast<std::size_t>(worker)]; });
    CHECK(ran == std::vector<int>(5, 1));
    CHECK(kadanoff::resolve_threads(0) >= 1);
    CHECK_EQUAL(kadanoff::resolve_threads(3), 3);
}

TEST_CASE(a_barrier_lets_nobody_pass_early) {
    constexpr int parties = 3, rounds = 2000;
    kadanoff::SpinBarrier barrier(parties);
    std::vector<int> round(parties, 0);  // each worker writes its own, reads the others' between two barriers
    std::vector<int> wrong(parties, 0);
    kadanoff::run_parallel(parties, [&](int worker) {
        const auto me = static_cast<std::size_t>(worker);
        for (int i = 1; i <= rounds; ++i) {
            round[me] = i;
            barrier.wait();
            for (const int other : round) wrong[me] += other == i ? 0 : 1;
            barrier.wait();
        }
    });
    CHECK(wrong == std::vector<int>(parties, 0));
}

TEST_CASE(a_phase_does_every_piece_once_before_the_next_begins) {
    constexpr int workers = 3, phases = 1000;
    constexpr std::int64_t pieces = 17;
    kadanoff::PhasedWork work(workers);
    std::vector<int> taken(pieces, 0);  // no atomics: the phases must order all accesses
    std::vector<int> wrong(workers, 0);
    kadanoff::run_parallel(workers, [&](int worker) {
        for (int phase = 0; phase < phases; ++phase) {
            work.phase(pieces, [&](std::int64_t piece) {
                // In every phase a piece falls to whoever takes it.
                const auto i = static_cast<std::size_t>((piece + phase) % pieces);
                if (taken[i] != phase) ++wrong[static_cast<std::size_t>(worker)];
                ++taken[i];
            });
        }
    });
    CHECK(wrong == std::vector<int>(workers, 0));
    CHECK(taken == std::vector<int>(pieces, phases));
}

TEST_CASE(a_phase_without_pieces_is_a_barrier) {
    kadanoff::PhasedWork work(2);
    int taken = 0;
    kadanoff::run_parallel(2, [&](int) {
        work.phase(0, [&](std::int64_t) { ++taken; });
        work.phase(1, [&](std::int64_t) { ++taken; });
    });
    CHECK_EQUAL(taken, 1);
}
