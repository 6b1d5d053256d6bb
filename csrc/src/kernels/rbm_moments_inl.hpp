// Included by rbm_inl.hpp, whose contract holds here.

#include "kadanoff/update/rbm_moments.hpp"
#include "kernels/rbm.hpp"

namespace kadanoff {
namespace {

/// Numbers of a tile of hidden units, (unit, word, place), from their sums or their bits.
template <class Tables, int Vectors>
__attribute__((noinline)) void tile_numbers(const RbmJob& job, const RbmMomentsJob& moments, std::int64_t unit,
                                            std::int64_t vector, const std::uint32_t* index, std::int64_t stride,
                                            std::uint32_t* numbers, std::int64_t unit_stride) noexcept {
    using Ops = typename Tables::Ops;
    constexpr int parts = 16 / Ops::lanes;
    typename Tables::Sum sum[rbm_tile][Vectors * Tables::sums];
    sum_tile<Tables, Vectors>(job, unit, index, stride, sum);
    for (int v = 0; v < Vectors; ++v) {
        const std::int64_t own = v / parts * rbm_chains + v % parts * Ops::lanes;
        const std::int64_t place = vector / parts * rbm_chains + vector % parts * Ops::lanes + own;
        const auto number = [&](typename Ops::Real x, std::int64_t at) KADANOFF_INLINE_LAMBDA {
            const auto mean = mean_number<Ops>(x, Ops::as_real(Ops::load(moments.rate + at)));
            return Ops::bit_and(mean, Ops::load(moments.chosen + at));
        };
        KADANOFF_UNROLL
        for (int j = 0; j < rbm_tile; ++j) {
            typename Ops::Real even, odd;
            Tables::reals(&sum[j][v * Tables::sums], even, odd);
            Ops::store(numbers + j * unit_stride + own, number(even, place));
            Ops::store(numbers + j * unit_stride + own + 16, number(odd, place + 16));
        }
    }
}

/// The same from the bits that were drawn.
template <class Ops>
void drawn_numbers(const RbmMomentsJob& moments, std::int64_t unit, std::int64_t first_word, std::int64_t words,
                   std::uint32_t* numbers) {
    for (int j = 0; j < rbm_tile; ++j) {
        for (std::int64_t w = 0; w < words; ++w, numbers += rbm_chains) {
            const auto bits = Ops::broadcast(moments.drawn[(first_word + w) * moments.drawn_stride + unit + j]);
            for (int place = 0; place < 32; place += Ops::lanes) {
                const auto chain = Ops::template shift_left<1>(Ops::iota(static_cast<std::uint32_t>(place % 16)));
                const auto own = Ops::shift_left_by(Ops::broadcast(place < 16 ? 1u : 2u), chain);
                const auto on = Ops::equal(Ops::bit_and(bits, own), own);
                const auto chosen = Ops::load(moments.chosen + (first_word + w) * rbm_chains + place);
                Ops::store(numbers + place, Ops::bit_and(Ops::bit_and(on, chosen), Ops::broadcast(1)));
            }
        }
    }
}

/// Adds the numbers of units up.
template <class Ops>
void add_numbers(const std::uint32_t* numbers, std::int64_t count, int units, double* totals) {
    for (int j = 0; j < units; ++j, numbers += count) {
        auto sum = Ops::zero();
        for (std::int64_t i = 0; i < count; i += Ops::lanes) sum = Ops::add(sum, Ops::load(numbers + i));
        alignas(64) std::uint32_t parts[Ops::lanes];
        Ops::store(parts, sum);
        std::uint32_t total = 0;
        for (const std::uint32_t part : parts) total += part;
        totals[j] += total;
    }
}

template <class Ops, int Vectors>
__attribute__((noinline)) void multiply(const RbmJob& job, std::int64_t first_word, std::int64_t words,
                                        std::int64_t input, const std::uint32_t* tables, bool first,
                                        std::uint32_t* out) noexcept {
    const std::uint32_t* source = job.source + first_word * job.source_stride + input;
    multiply_tile<Ops, Vectors>(source, job.source_stride, words, tables, first, out, rbm_moment_stride);
}

/// Totals of the visible units [input, end) with `units` hidden ones, whose numbers are given, into products.
template <class Ops>
void multiply_registers(const RbmJob& job, const RbmMomentsJob& moments, std::int64_t first_word, std::int64_t words,
                        std::int64_t unit, int units, std::int64_t input, std::int64_t end) {
    constexpr int vectors = 4, block = vectors * Ops::lanes;
    for (int j = 0; j < units; j += rbm_tile) {
        std::uint32_t* out = moments.totals + j * rbm_moment_stride;
        for (std::int64_t w = 0; w < words; w += rbm_moment_words) {
            const std::int64_t own = words - w < rbm_moment_words ? words - w : rbm_moment_words;
            fill_moment_tables<Ops>(moments.numbers + (j * words + w) * rbm_chains, words, own, moments.tables);
            std::int64_t i = input;
            for (; i + block <= end; i += block) {
                multiply<Ops, vectors>(job, first_word + w, own, i, moments.tables, w == 0, out + (i - input));
            }
            for (; i < end; i += Ops::lanes) {
                multiply<Ops, 1>(job, first_word + w, own, i, moments.tables, w == 0, out + (i - input));
            }
        }
    }
    const std::int64_t there = moments.hidden - unit < units ? moments.hidden - unit : units;
    for (std::int64_t j = 0; j < there; j += 16) {
        alignas(64) double column[16];
        moment_columns(moments, unit + j, column);
        for (std::int64_t i = input; i < end; i += 16) {
            alignas(64) std::uint32_t totals[16 * 16];
            Ops::transpose_words(moments.totals + j * rbm_moment_stride + (i - input), rbm_moment_stride, totals);
            for (std::int64_t k = 0; k < 16 && i + k < end; ++k) {
                take_totals<Ops>(moments, i + k, unit + j, there - j, totals + k * 16, column);
            }
        }
    }
}

/// Numbers of a tile in the words of a block of chains, whose index is made: see make_block_index.
template <class Sums>
void block_numbers(const RbmJob& job, const RbmMomentsJob& moments, std::int64_t unit, std::int64_t first_word,
                   std::int64_t words, std::uint32_t* numbers) {
    using Ops = typename Sums::Ops;
    using Tables = RegisterTables<Sums>;
    constexpr std::int64_t parts = 16 / Ops::lanes, together = Tables::vectors;
    for (std::int64_t w = 0; w < words; w += together) {
        const std::int64_t own = words - w < together ? words - w : together;
        const std::uint32_t* index = job.index + w * job.groups * 16;
        for (std::int64_t v = 0; v < own * parts;) {
            const std::int64_t vector = (first_word + w) * parts + v;
            std::uint32_t* out = numbers + (w + v / parts) * rbm_chains + v % parts * Ops::lanes;
            if (own * parts - v >= together) {
                tile_numbers<Tables, together>(job, moments, unit, vector, index + v * Ops::lanes, own * 16, out,
                                               words * rbm_chains);
                v += together;
            } else {
                tile_numbers<Tables, 1>(job, moments, unit, vector, index + v * Ops::lanes, own * 16, out,
                                        words * rbm_chains);
                v += 1;
            }
        }
    }
}

template <class Sums>
void make_block_index(const RbmJob& job, std::int64_t first_word, std::int64_t words) {
    constexpr std::int64_t together = RegisterTables<Sums>::vectors;
    for (std::int64_t w = 0; w < words; w += together) {
        const std::int64_t own = words - w < together ? words - w : together;
        make_rbm_index<Sums>(job, first_word + w, own, 1, job.index + w * job.groups * 16);
    }
}

template <class Sums>
void moments_registers(const RbmJob& job, const RbmMomentsJob& moments, std::int64_t first_word, std::int64_t last_word,
                       std::int64_t first, std::int64_t last) noexcept {
    using Ops = typename Sums::Ops;
    const std::int64_t words = last_word - first_word, per_unit = words * rbm_chains;
    const bool means = moments.drawn == nullptr;
    if (means) make_block_index<Sums>(job, first_word, words);
    for (std::int64_t unit = first; unit < last; unit += rbm_moment_units) {
        const int units = static_cast<int>(last - unit < rbm_moment_units ? last - unit : rbm_moment_units);
        for (int j = 0; j < units; j += rbm_tile) {
            std::uint32_t* numbers = moments.numbers + j * per_unit;
            if (means) block_numbers<Sums>(job, moments, unit + j, first_word, words, numbers);
            if (!means) drawn_numbers<Ops>(moments, unit + j, first_word, words, numbers);
        }
        const std::int64_t there = moments.hidden - unit < units ? moments.hidden - unit : units;
        add_numbers<Ops>(moments.numbers, per_unit, static_cast<int>(there), moments.hidden_totals + unit);
        for (std::int64_t i = 0; i < moments.visible; i += rbm_moment_inputs) {
            const std::int64_t end = i + rbm_moment_inputs < moments.visible ? i + rbm_moment_inputs : moments.visible;
            multiply_registers<Ops>(job, moments, first_word, words, unit, units, i, end);
        }
    }
}

/// Numbers of 32 units from `unit` on, (half of the units, chain, 16 units), from their sums.
template <class Ops, class Sums>
void row_numbers(const RbmJob& job, const RbmMomentsJob& moments, std::int64_t first_word, std::int64_t chains) {
    for (std::int64_t c = 0; c < chains; ++c) {
        const std::int64_t place = rbm_place(first_word * rbm_chains + c);
        const auto rate = Ops::as_real(Ops::broadcast(moments.rate[place]));
        const auto chosen = Ops::broadcast(moments.chosen[place]);
        std::uint32_t *first = moments.numbers + c * 16, *second = first + chains * 16;
        const std::uint32_t *sums = job.sums + c * 16, *other = sums + chains * 16;
        const auto put = [&](std::uint32_t* out, typename Ops::Real x) KADANOFF_INLINE_LAMBDA {
            Ops::store(out, Ops::bit_and(mean_number<Ops>(x, rate), chosen));
        };
        if constexpr (Sums::units_of_row == 16) {
            for (int p = 0; p < 16; p += Ops::lanes) {
                put(first + p, Ops::as_real(Ops::load(sums + p)));
                put(second + p, Ops::as_real(Ops::load(other + p)));
            }
        } else {
            alignas(64) std::uint32_t even[16], odd[16];
            for (int p = 0; p < 16; p += Ops::lanes) {
                put(even + p, low_real<Ops>(Ops::load(sums + p)));
                put(odd + p, high_real<Ops>(Ops::load(sums + p)));
            }
            for (int j = 0; j < 8; ++j) {
                first[2 * j] = even[j];
                first[2 * j + 1] = odd[j];
                second[2 * j] = even[8 + j];
                second[2 * j + 1] = odd[8 + j];
            }
        }
    }
}

/// The same from the bits that were drawn.
template <class Ops>
void drawn_row_numbers(const RbmMomentsJob& moments, std::int64_t unit, std::int64_t first_word, std::int64_t chains) {
    for (int half = 0; half < 2; ++half) {
        for (std::int64_t c = 0; c < chains; ++c) {
            const std::int64_t chain = first_word * rbm_chains + c;
            const std::uint32_t* bits = moments.drawn + chain / rbm_chains * moments.drawn_stride + unit + half * 16;
            const auto own = Ops::broadcast(1u << (c % rbm_chains));
            const auto one = Ops::bit_and(Ops::broadcast(1), Ops::broadcast(moments.chosen[rbm_place(chain)]));
            for (int p = 0; p < 16; p += Ops::lanes) {
                const auto on = Ops::equal(Ops::bit_and(Ops::load(bits + p), own), own);
                Ops::store(moments.numbers + (half * chains + c) * 16 + p, Ops::bit_and(on, one));
            }
        }
    }
}

/// Totals of the visible units [input, end) with 16 hidden ones, whose numbers are given, (chain, unit).
template <class Ops>
void multiply_row_units(const RbmJob& job, const RbmMomentsJob& moments, std::int64_t first_word, std::int64_t words,
                        std::int64_t unit, const std::uint32_t* numbers, std::int64_t input, std::int64_t end) {
    for (std::int64_t k = 0; k < (end - input) * 16; k += Ops::lanes) Ops::store(moments.totals + k, Ops::zero());
    for (std::int64_t w = 0; w < words; w += 2) {
        const int count = words - w >= 2 ? 2 : 1;
        for (int g = 0; g < 8 * count; ++g) {
            build_row_table<Int32Sums<Ops>>(numbers + (w * 8 + g) * 4 * 16, 16, job.partial + g * 256);
        }
        const std::uint32_t* source = job.source + (first_word + w) * job.source_stride + input;
        if (count == 2) {
            multiply_rows<Ops, 2>(source, job.source_stride, end - input, job.partial, moments.totals);
        } else {
            multiply_rows<Ops, 1>(source, job.source_stride, end - input, job.partial, moments.totals);
        }
    }
    alignas(64) double column[16];
    moment_columns(moments, unit, column);
    for (std::int64_t i = input; i < end; ++i) {
        take_totals<Ops>(moments, i, unit, moments.hidden - unit, moments.totals + (i - input) * 16, column);
    }
}

template <class Sums>
void moments_rows(const RbmJob& job, const RbmMomentsJob& moments, std::int64_t first_word, std::int64_t last_word,
                  std::int64_t first, std::int64_t last) noexcept {
    using Ops = typename Sums::Ops;
    const std::int64_t words = last_word - first_word, chains = words * rbm_chains;
    const bool means = moments.drawn == nullptr;
    if (means) make_rbm_index<Sums>(job, first_word, words, 16, job.index);
    for (std::int64_t unit = first; unit < last; unit += rbm_row_units) {
        for (int u = 0; means && u < rbm_row_units; u += Sums::units_of_row) {
            sum_rows<Sums>(job, (unit + u) / Sums::units_of_row * 16, chains,
                           job.sums + u / Sums::units_of_row * chains * 16);
        }
        if (means) row_numbers<Ops, Sums>(job, moments, first_word, chains);
        if (!means) drawn_row_numbers<Ops>(moments, unit, first_word, chains);
        for (int half = 0; half < 2 && unit + half * 16 < moments.hidden; ++half) {
            const std::uint32_t* numbers = moments.numbers + half * chains * 16;
            const std::int64_t own = unit + half * 16;
            for (std::int64_t j = 0; j < 16 && own + j < moments.hidden; ++j) {
                std::uint32_t total = 0;
                for (std::int64_t c = 0; c < chains; ++c) total += numbers[c * 16 + j];
                moments.hidden_totals[own + j] += total;
            }
            for (std::int64_t i = 0; i < moments.visible; i += rbm_moment_inputs) {
                const std::int64_t end =
                    i + rbm_moment_inputs < moments.visible ? i + rbm_moment_inputs : moments.visible;
                multiply_row_units<Ops>(job, moments, first_word, words, own, numbers, i, end);
            }
        }
    }
}

/// Adds how often the units of the source are on to `counts`, padded to 16; `chosen`: bits of the chains that count.
template <class Ops>
void count_source(const RbmJob& job, const std::uint32_t* chosen, std::int64_t units, std::int64_t words,
                  std::uint32_t* counts) noexcept {
    for (std::int64_t j = 0; j < units; j += Ops::lanes) {
        auto sum = Ops::zero();
        const std::uint32_t* source = job.source + j;
        for (std::int64_t w = 0; w < words; ++w, source += job.source_stride) {
            sum = Ops::add(sum, count_lane_bits<Ops>(Ops::bit_and(Ops::load(source), Ops::broadcast(chosen[w]))));
        }
        Ops::store(counts + j, sum);
    }
}

}  // namespace
}  // namespace kadanoff
