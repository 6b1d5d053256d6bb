#include <algorithm>
#include <string>
#include <utility>

#include "checks.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/gaussian_rbm.hpp"
#include "pace.hpp"
#include "rbm/gaussian_chains.hpp"

namespace kadanoff {

namespace {

void check_options(const GibbsOptions& options) {
    if (options.chains < 1 || options.chains > (std::int64_t{1} << 31)) {
        throw InvalidArgument("[GibbsSampler] expected 1 to 2^31 chains, got " + std::to_string(options.chains));
    }
    if (options.threads < 0 || options.threads > 4096) {
        throw InvalidArgument("[GibbsSampler] expected 1 to 4096 threads, got " + std::to_string(options.threads));
    }
    if (options.device != Device::cpu) {
        throw Unavailable("[GibbsSampler] expected device cpu for Gaussian units, got cuda");
    }
    if (options.precision != Precision::float32) {
        throw InvalidArgument("[GibbsSampler] expected precision float32 for Gaussian units, got fixed16");
    }
}

void check_chain_betas(const std::vector<double>& beta, std::int64_t chains) {
    const auto count = static_cast<std::int64_t>(beta.size());
    if (count != 1 && count != chains) {
        throw InvalidArgument("[GibbsSampler] expected one beta or one per chain (" + std::to_string(chains) +
                              "), got " + std::to_string(count));
    }
    for (const double value : beta) {
        if (!(value >= 1.0 / largest_parameter && value <= largest_parameter)) {
            throw InvalidArgument("[GibbsSampler] expected beta in [1e-12, 1e12] for Gaussian units, got " +
                                  text(value));
        }
    }
}

}  // namespace

GaussianGibbsSampler::GaussianGibbsSampler(const GaussianRbm& rbm, const GibbsOptions& options) : options_(options) {
    check_gaussian_rbm(rbm);
    check_options(options);
    check_chain_betas(options.beta, options.chains);
    chains_ = std::make_unique<Chains>(rbm, options);
}

GaussianGibbsSampler::~GaussianGibbsSampler() = default;
GaussianGibbsSampler::GaussianGibbsSampler(GaussianGibbsSampler&&) noexcept = default;
GaussianGibbsSampler& GaussianGibbsSampler::operator=(GaussianGibbsSampler&&) noexcept = default;

bool GaussianGibbsSampler::run(std::int64_t steps, const Poll& poll) {
    if (steps < 0 || steps > static_cast<std::int64_t>(max_sweeps) - step_) {
        throw InvalidArgument("[run] expected 0 to 2^40 steps in all, got " + std::to_string(steps));
    }
    Pace pace;
    for (std::int64_t left = steps; left > 0;) {
        const std::int64_t now = poll ? std::min(left, pace.budget()) : left;
        pace.timed(now, [&] { chains_->advance(static_cast<std::uint64_t>(step_), now, true, true); });
        step_ += now;
        left -= now;
        if (poll && !poll()) return left == 0;
    }
    return true;
}

void GaussianGibbsSampler::draw(bool hidden, bool visible) {
    if (step_ == static_cast<std::int64_t>(max_sweeps)) {
        throw InvalidArgument("[GibbsSampler] expected at most 2^40 steps in all, got one more");
    }
    chains_->advance(static_cast<std::uint64_t>(step_), 1, hidden, visible);
    ++step_;
}

void GaussianGibbsSampler::draw_hidden() { draw(true, false); }
void GaussianGibbsSampler::draw_visible() { draw(false, true); }

void GaussianGibbsSampler::visible(float* out) const { chains_->read_visible(out); }
void GaussianGibbsSampler::hidden(std::uint8_t* out) const { chains_->read_hidden(out); }
void GaussianGibbsSampler::set_visible(const float* values) { chains_->write_visible(values); }
void GaussianGibbsSampler::set_hidden(const std::uint8_t* bits) { chains_->write_hidden(bits); }
void GaussianGibbsSampler::set_clamped(const std::uint8_t* mask) { chains_->set_clamped(mask); }

void GaussianGibbsSampler::set_beta(const std::vector<double>& beta) {
    check_chain_betas(beta, options_.chains);
    chains_->set_beta(beta);
    options_.beta = beta;
}

void GaussianGibbsSampler::set_rbm(const GaussianRbm& rbm) {
    check_gaussian_rbm(rbm);
    if (rbm.visible != visible_units() || rbm.hidden != hidden_units()) {
        throw InvalidArgument("[GibbsSampler] expected a machine of " + std::to_string(visible_units()) + " and " +
                              std::to_string(hidden_units()) + " units, got " + std::to_string(rbm.visible) + " and " +
                              std::to_string(rbm.hidden));
    }
    if ((rbm.hidden_units == Units::spin) != chains_->spin()) {
        throw InvalidArgument("[GibbsSampler] expected a machine with hidden units of the same values, got another");
    }
    chains_->set_rbm(rbm);
}

void GaussianGibbsSampler::set_step(std::int64_t step) {
    if (step < 0 || step > static_cast<std::int64_t>(max_sweeps)) {
        throw InvalidArgument("[GibbsSampler] expected a step number in [0, 2^40], got " + std::to_string(step));
    }
    step_ = step;
}

std::int64_t GaussianGibbsSampler::visible_units() const { return chains_->visible_units(); }
std::int64_t GaussianGibbsSampler::hidden_units() const { return chains_->hidden_units(); }
std::string GaussianGibbsSampler::kernel() const { return chains_->kernel(); }

}  // namespace kadanoff
