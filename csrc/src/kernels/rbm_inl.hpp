// Included once by each rbm_ISA.cpp, after its Ops. The ODR contract of checkerboard_inl.hpp holds here too.

#include "kadanoff/update/rbm_registers.hpp"
#include "kadanoff/update/rbm_rows.hpp"
#include "kernels/rbm.hpp"

namespace kadanoff {
namespace {

template <class Tables, class Logistic, int Vectors>
__attribute__((noinline)) void update_tile(const RbmJob& job, std::int64_t unit, bool first, std::int64_t vector,
                                           const std::uint32_t* index, std::int64_t stride,
                                           std::uint32_t* state) noexcept {
    draw_tile<Tables, Logistic, Vectors>(job, unit, first, vector, index, stride, state);
}

/// Tiles of units in the outer loop, so that their tables stay close while all chains look them up.
template <class Sums, class Logistic>
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
                        update_tile<Tables, Logistic, block>(job, unit, start, vector, at, stride, streams);
                        v += block;
                    } else if (left >= 2) {
                        update_tile<Tables, Logistic, 2>(job, unit, start, vector, at, stride, streams);
                        v += 2;
                    } else {
                        update_tile<Tables, Logistic, 1>(job, unit, start, vector, at, stride, streams);
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

template <class Sums, class Logistic>
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
                draw_rows<Sums, Logistic>(job, unit, unit == first, w, job.sums + (w - begin) * rbm_chains * 16, half,
                                          job.state + (w - begin) * 64);
            }
        }
    }
}

template <class Ops>
RbmKernel select_rbm_registers(bool fixed16) noexcept {
    using Logistic = QuadraticLogistic<Ops>;
    using Fixed16 = Fixed16Sums<Ops>;
    using Float32 = Float32Sums<Ops>;
    if (fixed16) {
        return {update_registers<Fixed16, Logistic>, fill_registers<Fixed16>, rbm_tile,
                RegisterTables<Fixed16>::vectors};
    }
    return {update_registers<Float32, Logistic>, fill_registers<Float32>, rbm_tile, RegisterTables<Float32>::vectors};
}

template <class Ops, class Logistic>
RbmKernel select_rbm_rows(bool fixed16) noexcept {
    return {fixed16 ? update_rows<Fixed16Sums<Ops>, Logistic> : update_rows<Float32Sums<Ops>, Logistic>, nullptr,
            rbm_row_units, 1};
}

}  // namespace
}  // namespace kadanoff
