#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "check.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/isa.hpp"
#include "kadanoff/rbm.hpp"
#include "kadanoff/rng/word_pair_ops.hpp"
#include "kadanoff/update/probability.hpp"
#include "kadanoff/update/rbm_draw.hpp"
#include "rbm/logistic.hpp"
#include "rbm_machines.hpp"
#include "reference_rbm.hpp"
#include "trajectory.hpp"

namespace {

using kadanoff::GibbsOptions;
using kadanoff::GibbsSampler;
using kadanoff::InvalidArgument;
using kadanoff::Precision;
using kadanoff::Rbm;
using kadanoff::Units;

/// Steps every instruction set beside the reference.
void check_equal(const Rbm& rbm, std::int64_t chains, Precision precision, int steps = 2, bool clamp = false) {
    GibbsOptions options;
    options.chains = chains;
    options.beta = betas(chains);
    options.seed = 0x123456789ABCDEFu;
    options.precision = precision;
    options.threads = 1;
    ReferenceGibbs reference(rbm, options);
    if (clamp) {
        reference.clamped.resize(reference.visible.size());
        for (std::size_t i = 0; i < reference.clamped.size(); ++i) reference.clamped[i] = i % 3 == 0;
    }
    std::vector<GibbsSampler> samplers;
    for (const kadanoff::Isa isa : kadanoff::available_isas()) {
        const IsaSetting setting(kadanoff::name(isa));
        samplers.emplace_back(rbm, options);
        if (clamp) samplers.back().set_clamped(reference.clamped.data());
        CHECK_EQUAL(samplers.back().kernel(), std::string("rbm-") + kadanoff::name(isa));
        CHECK_EQUAL(samplers.back().scale(), reference.scale);
        CHECK_EQUAL(differences(visible_of(samplers.back()), reference.visible), 0);
    }
    for (int s = 0; s < steps; ++s) {
        reference.step();
        for (GibbsSampler& sampler : samplers) {
            sampler.run(1);
            CHECK_EQUAL(differences(hidden_of(sampler), reference.hidden), 0);
            CHECK_EQUAL(differences(visible_of(sampler), reference.visible), 0);
        }
    }
}

constexpr Precision precisions[] = {Precision::float32, Precision::fixed16};

// --- the bound that leaves decisions to the exact threshold

/// Every y that a sum may be given must stand for first bits in the bound's window.
template <class Logistic>
void check_bound(kadanoff::DriveError error, std::uint32_t window_limit) {
    const kadanoff::RbmLogistic logistic = kadanoff::make_rbm_logistic(error);
    const Logistic bound(logistic);
    const std::uint32_t window = bound.window & 0xFFFFu;
    CHECK(window <= window_limit);
    for (std::uint32_t y = 0; y < 32768; ++y) {
        const double low = bound.bound(kadanoff::WordPairOps::broadcast_pair(y)) & 0xFFFFu;
        for (const double off : {-error.below - y * 6e-5, 0.0, error.above + y * 6e-5}) {
            const double drive = std::max(0.0, y + off) * 0.6931471805599453 / 2048.0;
            const double weight = y == 32767 && off > 0.0 ? 0.0 : std::exp(-drive);
            const double top = std::floor(65536.0 * weight / (1.0 + weight));
            if (!CHECK(low <= top) || !CHECK(top <= low + window)) return;
        }
    }
}

}  // namespace

TEST_CASE(bounds_hold_for_every_drive) {
    using kadanoff::WordPairOps;
    check_bound<kadanoff::QuadraticLogistic<WordPairOps>>(kadanoff::fixed16_error, 20);
    check_bound<kadanoff::QuadraticLogistic<WordPairOps>>(kadanoff::float32_error, 20);
    check_bound<kadanoff::CubicLogistic<WordPairOps>>(kadanoff::fixed16_error, 40);
    check_bound<kadanoff::CubicLogistic<WordPairOps>>(kadanoff::float32_error, 40);
}

TEST_CASE(instruction_sets_keep_the_contract) {
    for (const Precision precision : precisions) {
        check_equal(machine(20, 40, 0.8), 64, precision, 4);
        check_equal(machine(200, 130, 0.2), 70, precision);
        check_equal(machine(64, 64, 3.0), 300, precision);
        check_equal(machine(33, 5, 20.0), 130, precision);
        check_equal(machine(7, 98, 1.0), 1060, precision, 1);
        check_equal(machine(1, 1, 1.0), 1, precision, 8);
    }
}

TEST_CASE(spins_keep_the_contract) {
    for (const Precision precision : precisions) {
        for (const auto& [v, h] : {std::pair(Units::spin, Units::binary), std::pair(Units::binary, Units::spin),
                                   std::pair(Units::spin, Units::spin)}) {
            Rbm rbm = machine(30, 21, 0.3);
            rbm.visible_units = v;
            rbm.hidden_units = h;
            check_equal(rbm, 40, precision, 3);
        }
    }
}

TEST_CASE(extreme_weights_keep_the_contract) {
    for (const double size : {1e30, 1e-30}) check_equal(machine(33, 40, size), 70, Precision::float32);
    for (const double size : {1e-6, 20.0}) check_equal(machine(33, 40, size), 70, Precision::fixed16);
    for (const Precision precision : precisions) {
        check_equal(machine(12, 13, 0.0), 40, precision);
        Rbm rbm = machine(9, 10, 0.0);
        rbm.weights[5] = 2.0f;
        rbm.visible_bias[3] = -1.0f;
        check_equal(rbm, 40, precision);
    }
}

TEST_CASE(clamped_units_stay_and_the_others_do_not_notice) {
    for (const Precision precision : precisions) check_equal(machine(50, 31, 0.5), 70, precision, 3, true);
}

TEST_CASE(chains_do_not_depend_on_threads) {
    for (const Precision precision : precisions) {
        for (const std::int64_t chains : {40, 1000}) {
            Bytes expected_visible, expected_hidden;
            for (const int threads : {1, 2, 5}) {
                GibbsOptions options;
                options.chains = chains;
                options.seed = 7;
                options.precision = precision;
                options.threads = threads;
                GibbsSampler sampler(machine(300, 210, 0.1), options);
                sampler.run(20);
                sampler.run(1);
                if (threads == 1) {
                    expected_visible = visible_of(sampler);
                    expected_hidden = hidden_of(sampler);
                }
                CHECK_EQUAL(differences(visible_of(sampler), expected_visible), 0);
                CHECK_EQUAL(differences(hidden_of(sampler), expected_hidden), 0);
            }
        }
    }
}

TEST_CASE(chains_do_not_depend_on_how_many_there_are) {
    const Rbm rbm = machine(60, 45, 0.3);
    GibbsOptions options;
    options.seed = 5;
    options.chains = 1200;
    GibbsSampler all(rbm, options);
    all.run(3);
    const Bytes expected = visible_of(all);
    for (const std::int64_t chains : {1, 33, 100, 1025}) {
        options.chains = chains;
        GibbsSampler some(rbm, options);
        some.run(3);
        const Bytes state = visible_of(some);
        CHECK(std::equal(state.begin(), state.end(), expected.begin()));
    }
}

TEST_CASE(a_run_goes_on_from_its_state_and_step) {
    const Rbm rbm = machine(40, 30, 0.5);
    GibbsOptions options;
    options.chains = 50;
    options.seed = 3;
    GibbsSampler whole(rbm, options), first(rbm, options), second(machine(40, 30, 0.1), options);
    whole.run(9);
    first.run(4);
    second.set_rbm(rbm);
    second.set_visible(visible_of(first).data());
    second.set_hidden(hidden_of(first).data());
    second.set_step(first.step());
    second.run(5);
    CHECK_EQUAL(second.step(), 9);
    CHECK_EQUAL(differences(visible_of(second), visible_of(whole)), 0);
    CHECK_EQUAL(differences(hidden_of(second), hidden_of(whole)), 0);
}

TEST_CASE(a_poll_stops_a_run_after_whole_steps) {
    GibbsOptions options;
    options.chains = 64;
    GibbsSampler sampler(machine(20, 20, 0.1), options);
    CHECK(!sampler.run(1000000, [] { return false; }));
    CHECK(sampler.step() > 0 && sampler.step() < 1000000);
}

TEST_CASE(wrong_arguments_say_what_was_expected) {
    const Rbm rbm = machine(4, 3, 1.0);
    GibbsOptions options;
    options.chains = 0;
    CHECK_THROWS(InvalidArgument, "[GibbsSampler] expected 1 to 2^31 chains, got 0", GibbsSampler(rbm, options));
    options.chains = 2;
    options.beta = {1.0, -1.0};
    CHECK_THROWS(InvalidArgument, "[GibbsSampler] expected beta in [0, 1e12], got -1", GibbsSampler(rbm, options));
    options.beta = {1.0, 1.0, 1.0};
    CHECK_THROWS(InvalidArgument, "[GibbsSampler] expected one beta or one per chain (2), got 3",
                 GibbsSampler(rbm, options));
    options.beta = {1.0};
    Rbm wrong = rbm;
    wrong.weights.pop_back();
    CHECK_THROWS(InvalidArgument, "[RBM] expected 12 weights, got 11", GibbsSampler(wrong, options));
    wrong = rbm;
    wrong.hidden_bias[1] = std::numeric_limits<float>::infinity();
    CHECK_THROWS(InvalidArgument, "[RBM] expected finite hidden biases, got inf", GibbsSampler(wrong, options));
    wrong = rbm;
    wrong.weights[2] = 3e38f;
    CHECK_THROWS(InvalidArgument, "[RBM] expected weights and biases of a unit that add up to at most 1e37, got about",
                 GibbsSampler(wrong, options));
    GibbsSampler sampler(rbm, options);
    const Bytes before = visible_of(sampler), bad(8, 2);
    CHECK_THROWS(InvalidArgument, "[visible] expected values 0 and 1, got 2", sampler.set_visible(bad.data()));
    CHECK_EQUAL(differences(visible_of(sampler), before), 0);
    CHECK_THROWS(InvalidArgument, "[run] expected 0 to 2^40 steps in all, got -1", sampler.run(-1));
    CHECK_THROWS(InvalidArgument, "[GibbsSampler] expected a machine of 4 and 3 units, got 3 and 3",
                 sampler.set_rbm(machine(3, 3, 1.0)));
    options.precision = Precision::fixed16;
    options.beta = {100000.0};
    CHECK_THROWS(InvalidArgument, "[GibbsSampler] expected beta times the sum of a unit's terms below about 44000",
                 GibbsSampler(rbm, options));
}
