#include <bit>
#include <string>
#include <utility>
#include <vector>

#include "check.hpp"
#include "kadanoff/rng/word_pair_ops.hpp"
#include "kernels/rbm_inl.hpp"
#include "rbm/drives.hpp"
#include "rbm/layer.hpp"
#include "rbm/logistic.hpp"
#include "rbm/machine.hpp"
#include "rbm/moments.hpp"
#include "rbm/thread_scratch.hpp"

namespace {

using kadanoff::Precision;
using kadanoff::Rbm;
using kadanoff::RbmKernel;
using kadanoff::RbmLayer;
using kadanoff::WordPairOps;

std::vector<float> numbers(std::int64_t count, std::uint32_t which) {
    std::vector<float> result;
    for (std::int64_t i = 0; i < count; ++i) {
        const auto block =
            kadanoff::philox4x32<kadanoff::WordOps>({{static_cast<std::uint32_t>(i), which, 0, 0}}, 3, 4);
        result.push_back(static_cast<float>(block.word[0] * 0x1p-32 - 0.5));
    }
    return result;
}

kadanoff::AlignedWords words(std::int64_t count) { return kadanoff::AlignedWords(static_cast<std::size_t>(count)); }

/// The hidden layer that a kernel draws from a random visible one, in pieces of chains and units.
std::vector<std::uint8_t> hidden(const RbmKernel& kernel, Precision precision) {
    constexpr std::int64_t visible_units = 70, hidden_units = 110, chains = 200;
    const Rbm rbm{visible_units, hidden_units, numbers(visible_units * hidden_units, 0), numbers(visible_units, 1),
                  numbers(hidden_units, 2)};
    const kadanoff::RbmMachine machine(rbm, precision, kernel);
    const kadanoff::ChainDrives drives(precision, {1.0}, chains, machine.scale());
    const bool fixed16 = precision == Precision::fixed16;
    const kadanoff::RbmLogistic logistic =
        kadanoff::make_rbm_logistic(fixed16 ? kadanoff::fixed16_error : kadanoff::float32_error);
    RbmLayer source(visible_units, chains), target(hidden_units, chains);
    source.start(1, 1);
    auto index = words(kadanoff::RbmScratch::index(machine.to_hidden().groups));
    auto state = words(kadanoff::RbmScratch::state), sums = words(kadanoff::RbmScratch::sums);
    auto partial = words(kadanoff::RbmScratch::partial);
    kadanoff::RbmJob job{};
    machine.to_hidden().place(job);
    job.source = source.data();
    job.target = target.data();
    job.source_stride = source.stride();
    job.target_stride = target.stride();
    job.drives = drives.view();
    job.logistic = &logistic;
    job.key.seed = 1;
    job.index = index.data();
    job.state = state.data();
    job.sums = sums.data();
    job.partial = partial.data();
    const std::int64_t end = (hidden_units + kernel.tile - 1) / kernel.tile * kernel.tile;
    for (const auto& [first, last] : {std::pair<std::int64_t, std::int64_t>(0, kernel.tile), {kernel.tile, end}}) {
        kernel.update(job, 0, 5, first, last);
        kernel.update(job, 5, target.words(), first, last);
    }
    std::vector<std::uint8_t> result(static_cast<std::size_t>(hidden_units * chains));
    target.unpack(result.data());
    return result;
}

/// Averages that a kernel adds up from a random visible layer, in pieces of chains and units.
std::vector<double> averages(const RbmKernel& kernel, Precision precision, bool means) {
    constexpr std::int64_t visible_units = 70, hidden_units = 110, chains = 200;
    const Rbm rbm{visible_units, hidden_units, numbers(visible_units * hidden_units, 0), numbers(visible_units, 1),
                  numbers(hidden_units, 2)};
    const kadanoff::RbmMachine machine(rbm, precision, kernel);
    RbmLayer source(visible_units, chains), drawn(hidden_units, chains);
    source.start(1, 1);
    drawn.start(1, 0);
    kadanoff::RbmThreadScratch scratch(machine);
    kadanoff::MomentScratch moment_scratch;
    kadanoff::MomentSums sums(machine, chains, nullptr, means ? kadanoff::rbm_mean_one : 1.0);
    std::vector<double> result(static_cast<std::size_t>(visible_units * hidden_units + hidden_units + visible_units));
    kadanoff::RbmJob job{};
    machine.to_hidden().place(job);
    job.source = source.data();
    job.source_stride = source.stride();
    scratch.place(job);
    sums.count_visible(kernel, job, result.data());
    kadanoff::RbmMomentsJob moments{};
    sums.place(moments, result.data() + visible_units);
    moment_scratch.place(moments);
    const auto slope = static_cast<float>(kadanoff::log2_e / machine.scale());
    const std::vector<std::uint32_t> rate(7 * 32, std::bit_cast<std::uint32_t>(slope));
    moments.rate = rate.data();
    moments.drawn = means ? nullptr : drawn.data();
    moments.drawn_stride = drawn.stride();
    const std::int64_t end = (hidden_units + kernel.tile - 1) / kernel.tile * kernel.tile;
    for (const auto& [first, last] : {std::pair<std::int64_t, std::int64_t>(0, kernel.tile), {kernel.tile, end}}) {
        for (const auto& [word, last_word] : {std::pair<std::int64_t, std::int64_t>(0, 5), {5, 7}}) {
            moments.first = word == 0;
            moments.last = last_word == 7;
            kernel.moments(job, moments, word, last_word, first, last);
        }
    }
    sums.finish_hidden(result.data() + visible_units + visible_units * hidden_units);
    return result;
}

}  // namespace

TEST_CASE(tables_in_registers_and_in_rows_add_up_the_same) {
    for (const Precision precision : {Precision::float32, Precision::fixed16}) {
        const bool fixed16 = precision == Precision::fixed16;
        for (const bool means : {true, false}) {
            const auto rows = averages(kadanoff::scalar_rbm(fixed16), precision, means);
            CHECK(rows == averages(kadanoff::select_rbm_registers<WordPairOps>(fixed16), precision, means));
            CHECK(rows != averages(kadanoff::scalar_rbm(fixed16), precision, !means));
        }
    }
}

TEST_CASE(tables_in_registers_and_in_rows_draw_the_same) {
    for (const Precision precision : {Precision::float32, Precision::fixed16}) {
        const bool fixed16 = precision == Precision::fixed16;
        const auto rows = hidden(kadanoff::scalar_rbm(fixed16), precision);
        CHECK(rows == hidden(kadanoff::select_rbm_registers<WordPairOps>(fixed16), precision));
        using Cubic = kadanoff::CubicLogistic<WordPairOps>;
        CHECK(rows == hidden(kadanoff::select_rbm_rows<WordPairOps, Cubic>(fixed16), precision));
    }
}

TEST_CASE(a_window_too_small_is_noticed) {
    using Cubic = kadanoff::CubicLogistic<WordPairOps>;
    struct Narrow : Cubic {
        explicit Narrow(const kadanoff::RbmLogistic& logistic) : Cubic(logistic) {
            window = WordPairOps::broadcast_pair(4);
        }
    };
    const auto rows = hidden(kadanoff::scalar_rbm(true), Precision::fixed16);
    CHECK(rows != hidden(kadanoff::select_rbm_rows<WordPairOps, Narrow>(true), Precision::fixed16));
}
