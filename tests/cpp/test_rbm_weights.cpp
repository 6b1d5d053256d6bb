#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "check.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/isa.hpp"
#include "kadanoff/rbm.hpp"
#include "rbm/annealed_chains.hpp"
#include "rbm/choose_kernel.hpp"
#include "rbm/logistic.hpp"
#include "rbm_machines.hpp"
#include "trajectory.hpp"

namespace {

using kadanoff::GibbsOptions;
using kadanoff::GibbsSampler;
using kadanoff::Isa;
using kadanoff::Precision;
using kadanoff::Rbm;
using kadanoff::RbmLayer;
using kadanoff::Units;

double softplus(double d) { return std::max(d, 0.0) + std::log1p(std::exp(-std::fabs(d))); }

/// What `log_weight` is to return, term by term; units are 0 and 1, numbers of int16 rounded as the sampler does.
std::vector<double> plain_weights(const Rbm& rbm, const GibbsSampler& sampler, const std::vector<double>& beta) {
    const double scale = sampler.options().precision == Precision::fixed16 ? sampler.scale() : 0.0;
    const auto number = [&](double x) { return scale == 0.0 ? x : std::nearbyint(scale * x) / scale; };
    const auto v = visible_of(sampler);
    std::vector<double> result;
    for (std::int64_t c = 0; c < sampler.options().chains; ++c) {
        const double own = beta[beta.size() == 1 ? 0 : static_cast<std::size_t>(c)];
        double total = 0.0;
        for (std::int64_t j = 0; j < rbm.hidden; ++j) {
            double x = number(rbm.hidden_bias[static_cast<std::size_t>(j)]);
            for (std::int64_t i = 0; i < rbm.visible; ++i) {
                const double w = number(rbm.weights[static_cast<std::size_t>(i * rbm.hidden + j)]);
                x += v[static_cast<std::size_t>(c * rbm.visible + i)] * w;
            }
            total += softplus(own * x);
        }
        for (std::int64_t i = 0; i < rbm.visible; ++i) {
            const double a = number(rbm.visible_bias[static_cast<std::size_t>(i)]);
            total += own * v[static_cast<std::size_t>(c * rbm.visible + i)] * a;
        }
        result.push_back(total);
    }
    return result;
}

void check_weights(const Rbm& rbm, std::int64_t chains, Precision precision, double tolerance) {
    GibbsOptions options;
    options.chains = chains;
    options.beta = betas(chains);
    options.seed = 5;
    options.precision = precision;
    std::vector<double> first;
    for (const Isa isa : kadanoff::available_isas()) {
        for (const int threads : {1, 3}) {
            const IsaSetting setting(kadanoff::name(isa));
            options.threads = threads;
            GibbsSampler sampler(rbm, options);
            std::vector<double> weights(static_cast<std::size_t>(chains));
            sampler.log_weight(options.beta, weights.data());
            if (first.empty()) {
                first = weights;
                const auto plain = plain_weights(rbm, sampler, options.beta);
                for (std::size_t c = 0; c < plain.size(); ++c) {
                    if (!CHECK(std::fabs(weights[c] - plain[c]) <= tolerance * (1.0 + std::fabs(plain[c])))) return;
                }
            }
            if (!CHECK(weights == first)) return;
        }
    }
}

struct Stage {
    kadanoff::RbmKernel kernel;
    kadanoff::RbmMachine machine;
    kadanoff::RbmLogistic logistic;
    RbmLayer visible, hidden;

    Stage(const Rbm& rbm, std::int64_t chains, Precision precision)
        : kernel(kadanoff::choose_rbm_kernel(kadanoff::active_isa(), precision == Precision::fixed16)),
          machine(rbm, precision, kernel),
          logistic(kadanoff::make_rbm_logistic(precision == Precision::fixed16 ? kadanoff::fixed16_error
                                                                               : kadanoff::float32_error)),
          visible(rbm.visible, chains),
          hidden(rbm.hidden, chains) {
        hidden.start(5, 0);
        visible.start(5, 1);
    }
    kadanoff::AnnealedChains chains(Precision precision, std::int64_t first_word, std::int64_t last_word) {
        return {machine, precision, kernel, logistic, 5, visible, hidden, first_word, last_word};
    }
};

constexpr double path[] = {0.0, 0.1, 0.35, 0.3, 1.0};

/// Two threads' chains through `path`, as a GibbsSampler goes, and the weights that the sampler tells.
void check_annealing(const Rbm& rbm, std::int64_t chains, Precision precision, std::vector<double>& same) {
    GibbsOptions options;
    options.chains = chains;
    options.seed = 5;
    options.precision = precision;
    GibbsSampler sampler(rbm, options);
    Stage stage(rbm, chains, precision);
    const std::int64_t words = stage.visible.words(), middle = words / 2;
    kadanoff::AnnealedChains parts[] = {stage.chains(precision, 0, middle), stage.chains(precision, middle, words)};
    std::vector<double> expected(static_cast<std::size_t>(chains)), low(expected), high(expected), got(expected);
    for (std::uint64_t step = 0; step + 1 < std::size(path); ++step) {
        const double from = path[step], to = path[step + 1];
        sampler.log_weight({from}, low.data());
        sampler.log_weight({to}, high.data());
        const double offset = stage.machine.offset() * (to - from);
        for (std::size_t c = 0; c < expected.size(); ++c) expected[c] += high[c] - low[c] - offset;
        sampler.set_beta({to});
        sampler.run(1);
        for (kadanoff::AnnealedChains& part : parts) {
            part.add_visible(stage.machine.visible_terms(), to - from);
            part.draw_hidden(step, from, to);
            part.draw_visible(step, to);
        }
        std::vector<std::uint8_t> visible(static_cast<std::size_t>(chains * rbm.visible));
        stage.visible.unpack(visible.data());
        if (!CHECK(visible == visible_of(sampler))) return;
    }
    for (const kadanoff::AnnealedChains& part : parts) part.log_weights(got.data());
    for (std::size_t c = 0; c < expected.size(); ++c) {
        if (!CHECK(std::fabs(got[c] - expected[c]) <= 1e-11 * (1.0 + std::fabs(expected[c])))) return;
    }
    if (same.empty()) same = got;
    CHECK(same == got);
}

}  // namespace

TEST_CASE(logarithms_are_those_of_long_double) {
    double worst = 0.0;
    for (double x = 1e-150; x < 1e150; x *= 1.0371) {
        for (const double y : {x, 1.0 + x, 1.0 - 0.4 / (1.0 + x)}) {
            const auto exact = static_cast<double>(std::log(static_cast<long double>(y)));
            worst = std::max(
                worst, exact == 0.0 ? std::fabs(kadanoff::log_of(y)) : std::fabs(kadanoff::log_of(y) / exact - 1.0));
        }
    }
    CHECK(worst < 1e-15);
    CHECK_EQUAL(kadanoff::log_of(1.0), 0.0);
}

TEST_CASE(weights_are_those_of_plain_sums) {
    for (const auto& [precision, tolerance] : {std::pair(Precision::float32, 2e-6), {Precision::fixed16, 1e-13}}) {
        check_weights(machine(20, 40, 0.8), 64, precision, tolerance);
        check_weights(machine(200, 130, 0.2), 70, precision, tolerance);
        check_weights(machine(7, 1100, 1.0), 1060, precision, tolerance);
        check_weights(machine(33, 5, 20.0), 130, precision, tolerance);
        check_weights(machine(1, 1, 1.0), 1, precision, tolerance);
        check_weights(machine(9, 500, 0.0), 33, precision, 1e-14);
    }
    check_weights(machine(33, 40, 1e30), 70, Precision::float32, 2e-6);
}

TEST_CASE(weights_along_a_path_are_differences_of_weights) {
    for (const Precision precision : {Precision::float32, Precision::fixed16}) {
        for (Rbm rbm : {machine(20, 40, 0.8), machine(70, 1100, 0.2), machine(300, 5, 5.0)}) {
            for (const Units units : {Units::binary, Units::spin}) {
                rbm.visible_units = rbm.hidden_units = units;
                std::vector<double> same;
                for (const Isa isa : kadanoff::available_isas()) {
                    const IsaSetting setting(kadanoff::name(isa));
                    check_annealing(rbm, 170, precision, same);
                }
            }
        }
    }
}

TEST_CASE(weights_want_one_beta_or_one_per_chain) {
    GibbsOptions options;
    options.chains = 2;
    GibbsSampler sampler(machine(4, 3, 1.0), options);
    double out[2];
    CHECK_THROWS(kadanoff::InvalidArgument, "[log_weight] expected one beta or one per chain (2), got 3",
                 sampler.log_weight({1.0, 1.0, 1.0}, out));
    CHECK_THROWS(kadanoff::InvalidArgument, "[log_weight] expected beta in [0, 1e12], got nan",
                 sampler.log_weight({std::numeric_limits<double>::quiet_NaN()}, out));
}
