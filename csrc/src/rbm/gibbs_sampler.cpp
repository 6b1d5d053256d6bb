#include <algorithm>
#include <string>
#include <utility>

#include "backend/cuda.hpp"
#include "checks.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/rbm.hpp"
#include "pace.hpp"
#include "rbm/chains.hpp"

namespace kadanoff {

namespace {

void check_options(const GibbsOptions& options) {
    if (options.chains < 1 || options.chains > (std::int64_t{1} << 31)) {
        throw InvalidArgument("[GibbsSampler] expected 1 to 2^31 chains, got " + std::to_string(options.chains));
    }
    if (options.threads < 0 || options.threads > 4096) {
        throw InvalidArgument("[GibbsSampler] expected 1 to 4096 threads, got " + std::to_string(options.threads));
    }
    if (options.device == Device::cuda) require_cuda("GibbsSampler");
}

void check_chain_betas(const char* call, const std::vector<double>& beta, std::int64_t chains) {
    const auto count = static_cast<std::int64_t>(beta.size());
    const std::string where = std::string("[") + call + "]";
    if (count != 1 && count != chains) {
        throw InvalidArgument(where + " expected one beta or one per chain (" + std::to_string(chains) + "), got " +
                              std::to_string(count));
    }
    for (const double value : beta) {
        if (!(value >= 0.0 && value <= largest_parameter)) {
            throw InvalidArgument(where + " expected beta in [0, 1e12], got " + text(value));
        }
    }
}

}  // namespace

GibbsSampler::GibbsSampler(const Rbm& rbm, const GibbsOptions& options) : options_(options) {
    check_rbm(rbm);
    check_options(options);
    check_chain_betas("GibbsSampler", options.beta, options.chains);
    chains_ = std::make_unique<Chains>(rbm, options);
}

GibbsSampler::~GibbsSampler() = default;
GibbsSampler::GibbsSampler(GibbsSampler&&) noexcept = default;
GibbsSampler& GibbsSampler::operator=(GibbsSampler&&) noexcept = default;

bool GibbsSampler::run(std::int64_t steps, const Poll& poll) {
    if (steps < 0 || steps > static_cast<std::int64_t>(max_sweeps) - step_) {
        throw InvalidArgument("[run] expected 0 to 2^40 steps in all, got " + std::to_string(steps));
    }
    Pace pace;
    for (std::int64_t left = steps; left > 0;) {
        const std::int64_t now = poll ? std::min(left, pace.budget()) : left;
        pace.timed(now, [&] { chains_->advance(static_cast<std::uint64_t>(step_), now); });
        step_ += now;
        left -= now;
        if (poll && !poll()) return left == 0;
    }
    return true;
}

void GibbsSampler::draw(bool hidden, bool visible) {
    if (step_ == static_cast<std::int64_t>(max_sweeps)) {
        throw InvalidArgument("[GibbsSampler] expected at most 2^40 steps in all, got one more");
    }
    chains_->advance(static_cast<std::uint64_t>(step_), 1, hidden, visible);
    ++step_;
}

void GibbsSampler::draw_hidden() { draw(true, false); }
void GibbsSampler::draw_visible() { draw(false, true); }

void GibbsSampler::visible(std::uint8_t* out) const { chains_->read(true, out); }
void GibbsSampler::hidden(std::uint8_t* out) const { chains_->read(false, out); }
void GibbsSampler::set_visible(const std::uint8_t* bits) { chains_->write(true, bits); }
void GibbsSampler::set_hidden(const std::uint8_t* bits) { chains_->write(false, bits); }
void GibbsSampler::set_clamped(const std::uint8_t* mask) { chains_->set_clamped(mask); }

void GibbsSampler::set_beta(const std::vector<double>& beta) {
    check_chain_betas("GibbsSampler", beta, options_.chains);
    chains_->set_beta(beta);
    options_.beta = beta;
}

void GibbsSampler::set_rbm(const Rbm& rbm) {
    check_rbm(rbm);
    if (rbm.visible != visible_units() || rbm.hidden != hidden_units()) {
        throw InvalidArgument("[GibbsSampler] expected a machine of " + std::to_string(visible_units()) + " and " +
                              std::to_string(hidden_units()) + " units, got " + std::to_string(rbm.visible) + " and " +
                              std::to_string(rbm.hidden));
    }
    chains_->set_rbm(rbm, options_.beta);
}

void GibbsSampler::set_step(std::int64_t step) {
    if (step < 0 || step > static_cast<std::int64_t>(max_sweeps)) {
        throw InvalidArgument("[GibbsSampler] expected a step number in [0, 2^40], got " + std::to_string(step));
    }
    step_ = step;
}

void GibbsSampler::log_weight(const std::vector<double>& beta, double* out) const {
    check_chain_betas("log_weight", beta, options_.chains);
    chains_->log_weight(beta, out);
}

void GibbsSampler::moments(const std::uint8_t* chosen, HiddenMoments hidden_moments, double* visible, double* hidden,
                           double* products) const {
    chains_->moments(chosen, hidden_moments, visible, hidden, products);
}

double GibbsSampler::scale() const { return chains_->scale(); }
std::int64_t GibbsSampler::visible_units() const { return chains_->units(true); }
std::int64_t GibbsSampler::hidden_units() const { return chains_->units(false); }
std::string GibbsSampler::kernel() const { return chains_->kernel(); }

}  // namespace kadanoff
