// Included once by each rbm_ISA.cpp, after its Ops. The ODR contract of checkerboard_inl.hpp holds here too.

#include "kadanoff/update/rbm_registers.hpp"
#include "kadanoff/update/rbm_rows.hpp"
#include "kernels/rbm.hpp"
#include "kernels/rbm_moments_inl.hpp"

namespace kadanoff {
namespace {

template <class Tables, class Logistic, RbmTask Task, int Vectors>
__attribute__((noinline)) void update_tile(const RbmJob& job, std::int64_t unit, bool first, std::int64_t vector,
                                           const std::uint32_t* index, std::int64_t stride,
                                           std::uint32_t* state) noexcept {
    draw_tile<Tables, Logistic, Task, Vectors>(job, unit, first, vector, index, stride, state);
}

/// Tiles of units in the outer loop, so that their tables stay close while all chains look them up.
template <class Sums, class Logistic, RbmTask Task>
void update_registers(const RbmJob& job, std::int64_t first_word, std::int64_t last_word, std::int64_t first,
                      std::int64_t last) noexcept {
    using Ops = typename Sums::Ops;
    using Tables = RegisterTables<Sums>;
    constexpr std::int64_t block = Tables::vectors, parts = 16 / Ops::lanes;
    for (std::int64_t begin = first_word; begin < last_word; begin += rbm_words_at_once) {
        const std::int64_t end = begin + rbm_words_at_once < last_word ? begin + rbm_words_at_once : last_word;
        const auto words_of = [&](std::int64_t w) KADANOFF_INLINE_LAMBDA { return end - w < block ? end - w : block; };
        const auto index_of = [&](std::int64_t w)
                                  KADANOFF_INLINE_LAMBDA { return job.index + (w - begin) * job.groups * 16; };
        for (std::int64_t w = begin; w < end; w += block) make_rbm_index<Sums>(job, w, words_of(w), 1, index_of(w));
        for (std::int64_t unit = first; unit < last; unit += rbm_tile) {
            for (std::int64_t w = begin; w < end; w += block) {
                const std::int64_t words = words_of(w), stride = words * 16;
                const std::uint32_t* index = index_of(w);
                std::uint32_t* state = job.state + (w - begin) * 64;
                for (std::int64_t v = 0; v < words * parts;) {
                    const std::int64_t left = words * parts - v, vector = w * parts + v;
                    const std::uint32_t* at = index + v * Ops::lanes;
                    std::uint32_t* streams = state + v * 4 * Ops::lanes;
                    const bool start = unit == first;
                    if (left >= block) {
                        update_tile<Tables, Logistic, Task, block>(job, unit, start, vector, at, stride, streams);
                        v += block;
                    } else if (left >= 2) {
                        update_tile<Tables, Logistic, Task, 2>(job, unit, start, vector, at, stride, streams);
                        v += 2;
                    } else {
                        update_tile<Tables, Logistic, Task, 1>(job, unit, start, vector, at, stride, streams);
                        v += 1;
                    }
                }
            }
        }
    }
}

template <class Sums>
void fill_registers(const RbmJob& job, std::int64_t first, std::int64_t last, std::uint32_t* tables) noexcept {
    fill_register_tables<Sums>(job, first, last, tables);
}

template <class Sums, class Logistic, RbmTask Task>
void update_rows(const RbmJob& job, std::int64_t first_word, std::int64_t last_word, std::int64_t first,
                 std::int64_t last) noexcept {
    constexpr std::int64_t row_units = Sums::units_of_row;
    for (std::int64_t begin = first_word; begin < last_word; begin += rbm_words_at_once) {
        const std::int64_t end = begin + rbm_words_at_once < last_word ? begin + rbm_words_at_once : last_word;
        const std::int64_t chains = (end - begin) * rbm_chains, half = chains * 16;
        make_rbm_index<Sums>(job, begin, end - begin, 16, job.index);
        for (std::int64_t unit = first; unit < last; unit += rbm_row_units) {
            for (std::int64_t u = 0; u < rbm_row_units; u += row_units) {
                sum_rows<Sums>(job, (unit + u) / row_units * 16, chains, job.sums + u / row_units * half);
            }
            for (std::int64_t w = begin; w < end; ++w) {
                const std::uint32_t* sums = job.sums + (w - begin) * rbm_chains * 16;
                if constexpr (Task != RbmTask::draw) weigh_rows<Sums, weighed_betas(Task)>(job, unit, w, sums, half);
                if constexpr (Task != RbmTask::weigh) {
                    draw_rows<Sums, Logistic>(job, unit, unit == first, w, sums, half, job.state + (w - begin) * 64);
                }
            }
        }
    }
}

template <class Ops>
void sum_source_of_words(const RbmJob& job, const double* numbers, std::int64_t units, std::int64_t first_word,
                         std::int64_t last_word, double* out) noexcept {
    for (std::int64_t w = first_word; w < last_word; ++w) sum_source<Ops>(job, numbers, units, w, out + w * rbm_chains);
}

template <class Sums, class Logistic>
RbmKernel registers_of() noexcept {
    return {update_registers<Sums, Logistic, RbmTask::draw>,
            update_registers<Sums, Logistic, RbmTask::weigh>,
            update_registers<Sums, Logistic, RbmTask::anneal>,
            sum_source_of_words<typename Sums::Ops>,
            moments_registers<Sums>,
            count_source<typename Sums::Ops>,
            fill_registers<Sums>,
            rbm_tile,
            RegisterTables<Sums>::vectors};
}

template <class Sums, class Logistic>
RbmKernel rows_of() noexcept {
    return {update_rows<Sums, Logistic, RbmTask::draw>,
            update_rows<Sums, Logistic, RbmTask::weigh>,
            update_rows<Sums, Logistic, RbmTask::anneal>,
            sum_source_of_words<typename Sums::Ops>,
            moments_rows<Sums>,
            count_source<typename Sums::Ops>,
            nullptr,
            rbm_row_units,
            1};
}

template <class Ops>
RbmKernel select_rbm_registers(bool fixed16) noexcept {
    using Logistic = QuadraticLogistic<Ops>;
    return fixed16 ? registers_of<Fixed16Sums<Ops>, Logistic>() : registers_of<Float32Sums<Ops>, Logistic>();
}

template <class Ops, class Logistic>
RbmKernel select_rbm_rows(bool fixed16) noexcept {
    return fixed16 ? rows_of<Fixed16Sums<Ops>, Logistic>() : rows_of<Float32Sums<Ops>, Logistic>();
}

}  // namespace
}  // namespace kadanoff
