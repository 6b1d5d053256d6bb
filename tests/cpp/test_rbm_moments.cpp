#include <algorithm>
#include <cmath>
#include <vector>

#include "check.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/isa.hpp"
#include "kadanoff/rbm.hpp"
#include "kadanoff/rng/word_pair_ops.hpp"
#include "kernels/rbm_inl.hpp"
#include "rbm_machines.hpp"
#include "trajectory.hpp"

namespace {

using kadanoff::GibbsOptions;
using kadanoff::GibbsSampler;
using kadanoff::HiddenMoments;
using kadanoff::Precision;
using kadanoff::Rbm;
using kadanoff::Units;

std::size_t at(std::int64_t i) { return static_cast<std::size_t>(i); }

struct Averages {
    std::vector<double> visible, hidden, products;

    explicit Averages(const Rbm& rbm)
        : visible(at(rbm.visible)), hidden(at(rbm.hidden)), products(rbm.weights.size()) {}
    bool operator==(const Averages&) const = default;
};

Averages averages(const Rbm& rbm, const GibbsSampler& sampler, const std::uint8_t* chosen, HiddenMoments kind) {
    Averages result(rbm);
    sampler.moments(chosen, kind, result.visible.data(), result.hidden.data(), result.products.data());
    return result;
}

double value(Units units, double bit) { return units == Units::spin ? 2.0 * bit - 1.0 : bit; }

/// Hidden units of a chain: as drawn, or their means, term by term.
std::vector<double> hidden_units(const Rbm& rbm, const GibbsSampler& sampler, std::int64_t chain,
                                 const std::vector<double>& v, HiddenMoments kind) {
    const double beta = sampler.options().beta[at(chain)];
    const double scale = sampler.options().precision == Precision::fixed16 ? sampler.scale() : 0.0;
    const auto number = [&](double x) { return scale == 0.0 ? x : std::nearbyint(scale * x) / scale; };
    const Bytes drawn = hidden_of(sampler);
    std::vector<double> result;
    for (std::int64_t j = 0; j < rbm.hidden; ++j) {
        double x = number(rbm.hidden_bias[at(j)]);
        for (std::int64_t i = 0; i < rbm.visible; ++i) x += v[at(i)] * number(rbm.weights[at(i * rbm.hidden + j)]);
        const double odds = (rbm.hidden_units == Units::spin ? 2.0 : 1.0) * beta * x;
        const double bit =
            kind == HiddenMoments::mean ? 1.0 / (1.0 + std::exp(-odds)) : drawn[at(chain * rbm.hidden + j)];
        result.push_back(value(rbm.hidden_units, bit));
    }
    return result;
}

Averages plain_averages(const Rbm& rbm, const GibbsSampler& sampler, const Bytes& chosen, HiddenMoments kind) {
    const Bytes bits = visible_of(sampler);
    Averages result(rbm);
    double count = 0.0;
    for (std::int64_t c = 0; c < sampler.options().chains; ++c) {
        if (chosen[at(c)] == 0) continue;
        count += 1.0;
        std::vector<double> v;
        for (std::int64_t i = 0; i < rbm.visible; ++i) {
            v.push_back(value(rbm.visible_units, bits[at(c * rbm.visible + i)]));
            result.visible[at(i)] += v.back();
        }
        const std::vector<double> h = hidden_units(rbm, sampler, c, v, kind);
        for (std::int64_t j = 0; j < rbm.hidden; ++j) {
            result.hidden[at(j)] += h[at(j)];
            for (std::int64_t i = 0; i < rbm.visible; ++i) {
                result.products[at(i * rbm.hidden + j)] += v[at(i)] * h[at(j)];
            }
        }
    }
    for (std::vector<double>* part : {&result.visible, &result.hidden, &result.products}) {
        for (double& x : *part) x /= count;
    }
    return result;
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
    double result = 0.0;
    for (std::size_t i = 0; i < a.size(); ++i) result = std::fmax(result, std::fabs(a[i] - b[i]));
    return result;
}

/// `tolerance`: of means; counts of drawn units are exact.
void check_averages(const Rbm& rbm, std::int64_t chains, Precision precision, double tolerance) {
    GibbsOptions options;
    options.chains = chains;
    options.beta = betas(chains);
    options.seed = 11;
    options.precision = precision;
    Bytes all(at(chains), 1), some(at(chains), 0);
    for (std::int64_t c = 0; c < chains; ++c) some[at(c)] = c % 3 == 1 || c == chains - 1;
    for (const HiddenMoments kind : {HiddenMoments::mean, HiddenMoments::sampled}) {
        const double allowed = kind == HiddenMoments::mean ? tolerance : 1e-14;
        std::vector<Averages> first;
        for (const kadanoff::Isa isa : kadanoff::available_isas()) {
            for (const int threads : {1, 3}) {
                const IsaSetting setting(kadanoff::name(isa));
                options.threads = threads;
                GibbsSampler sampler(rbm, options);
                sampler.run(1);
                const std::vector<Averages> got{averages(rbm, sampler, nullptr, kind),
                                                averages(rbm, sampler, some.data(), kind)};
                if (first.empty()) {
                    first = got;
                    const Averages plain[] = {plain_averages(rbm, sampler, all, kind),
                                              plain_averages(rbm, sampler, some, kind)};
                    for (const std::size_t k : {0u, 1u}) {
                        CHECK(distance(got[k].visible, plain[k].visible) <= 1e-14);
                        CHECK(distance(got[k].hidden, plain[k].hidden) <= allowed);
                        CHECK(distance(got[k].products, plain[k].products) <= allowed);
                    }
                }
                if (!CHECK(got == first)) return;
            }
        }
    }
}

constexpr Precision precisions[] = {Precision::float32, Precision::fixed16};

}  // namespace

TEST_CASE(averages_are_those_of_plain_sums) {
    for (const Precision precision : precisions) {
        check_averages(machine(20, 40, 0.8), 64, precision, 2e-6);
        check_averages(machine(100, 130, 0.2), 70, precision, 2e-6);
        check_averages(machine(64, 64, 3.0), 33, precision, 4e-6);
        check_averages(machine(1030, 17, 0.1), 40, precision, 4e-6);
        check_averages(machine(7, 50, 1.0), 2100, precision, 2e-6);
        check_averages(machine(1, 1, 1.0), 1, precision, 2e-6);
        check_averages(machine(12, 13, 0.0), 40, precision, 1e-14);
    }
}

TEST_CASE(averages_of_spins_are_those_of_plain_sums) {
    for (const auto& [v, h] : {std::pair(Units::spin, Units::binary), std::pair(Units::binary, Units::spin),
                               std::pair(Units::spin, Units::spin)}) {
        Rbm rbm = machine(30, 21, 0.3);
        rbm.visible_units = v;
        rbm.hidden_units = h;
        check_averages(rbm, 40, Precision::float32, 4e-6);
        check_averages(rbm, 40, Precision::fixed16, 2e-3);  // rounded as bits, not as spins
    }
}

TEST_CASE(averages_of_huge_weights_saturate) {
    Rbm rbm = machine(9, 4, 0.0);
    for (std::int64_t i = 0; i < rbm.visible; ++i) {
        rbm.weights[at(i * rbm.hidden + 1)] = 1e30f;
        rbm.weights[at(i * rbm.hidden + 2)] = -1e30f;
    }
    rbm.visible_bias.assign(at(rbm.visible), 60.0f);  // all units are on
    GibbsOptions options;
    options.chains = 50;
    for (const kadanoff::Isa isa : kadanoff::available_isas()) {
        const IsaSetting setting(kadanoff::name(isa));
        GibbsSampler sampler(rbm, options);
        const Bytes on(at(options.chains * rbm.visible), 1);
        sampler.set_visible(on.data());
        const Averages got = averages(rbm, sampler, nullptr, HiddenMoments::mean);
        CHECK(got.hidden == std::vector<double>({0.5, 1.0, 0.0, 0.5}));
        for (std::size_t k = 0; k < got.products.size(); ++k) CHECK_EQUAL(got.products[k], got.hidden[k % 4]);
    }
}

TEST_CASE(averages_want_a_chain) {
    const Rbm rbm = machine(4, 3, 1.0);
    GibbsOptions options;
    options.chains = 2;
    const GibbsSampler sampler(rbm, options);
    const std::uint8_t none[2] = {0, 0};
    CHECK_THROWS(kadanoff::InvalidArgument, "[moments] expected at least one chain, got none",
                 averages(rbm, sampler, none, HiddenMoments::mean));
}

TEST_CASE(means_are_logistic_functions_of_sums) {
    using kadanoff::WordOps;
    for (float x = -40.0f; x < 40.0f; x += 0.013f) {
        const std::uint32_t number = kadanoff::mean_number<WordOps>(x, static_cast<float>(kadanoff::log2_e));
        const double exact = 0x1p20 / (1.0 + std::exp(-static_cast<double>(x)));
        if (!CHECK(std::fabs(number - exact) < 0.8)) return;
        CHECK_EQUAL(number + kadanoff::mean_number<WordOps>(-x, static_cast<float>(kadanoff::log2_e)), 1u << 20);
    }
}
