#include "bench.hpp"
#include "kadanoff/rng/xoshiro.hpp"
#include "primitives.hpp"

namespace bench {

namespace {

using kadanoff::Block;
using kadanoff::Isa;
using kadanoff::WordOps;

Block<WordOps> block_at(std::uint32_t first, std::uint32_t second) {
    return kadanoff::philox4x32<WordOps>({{first, second, 0, 0}}, 1, 2);
}

/// What Primitives::philox must give.
std::uint32_t philox_by_word(std::int64_t blocks, int lanes) {
    std::uint32_t sum = 0;
    for (std::int64_t i = 0; i < blocks; ++i) {
        for (int lane = 0; lane < lanes; ++lane) {
            for (const std::uint32_t word : block_at(static_cast<std::uint32_t>(i + lane), 0).word) sum ^= word;
        }
    }
    return sum;
}

/// What Primitives::xoshiro must give.
std::uint32_t xoshiro_by_word(std::int64_t words, int lanes) {
    std::uint32_t sum = 0;
    for (std::uint32_t lane = 0; lane < static_cast<std::uint32_t>(lanes); ++lane) {
        kadanoff::Xoshiro128pp<WordOps> a(block_at(lane, 0)), b(block_at(lane, 1));
        for (std::int64_t i = 0; i < words; ++i) sum ^= a.next() ^ b.next();
    }
    return sum;
}

void run_generator(benchmark::State& state, std::uint32_t (*generate)(std::int64_t) noexcept, std::uint32_t expected,
                   std::int64_t checked, std::int64_t bytes_per_step) {
    if (generate(checked) != expected) {
        state.SkipWithError("the words are not those of the scalar generator");
        return;
    }
    constexpr std::int64_t steps = 4096;
    for ([[maybe_unused]] auto step : state) benchmark::DoNotOptimize(generate(steps));
    state.counters["GB/s"] = giga_rate(static_cast<double>(steps * bytes_per_step * state.iterations()));
}

}  // namespace

void register_random_numbers() {
    constexpr std::int64_t checked = 100;
    for (const Isa isa : kadanoff::available_isas()) {
        const Primitives here = primitives(isa);
        const std::string suffix = kadanoff::name(isa);
        add("philox/" + suffix, [=](benchmark::State& state) {
            run_generator(state, here.philox, philox_by_word(checked, here.lanes), checked,
                          std::int64_t{16} * here.lanes);
        });
        add("xoshiro/" + suffix, [=](benchmark::State& state) {
            run_generator(state, here.xoshiro, xoshiro_by_word(checked, here.lanes), checked,
                          std::int64_t{8} * here.lanes);
        });
    }
}

}  // namespace bench
