#include "kadanoff/rbm_annealing.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <utility>

#include "checks.hpp"
#include "kadanoff/error.hpp"
#include "pace.hpp"
#include "parallel.hpp"
#include "rbm/annealed_chains.hpp"
#include "rbm/choose_kernel.hpp"
#include "rbm/logistic.hpp"
#include "rbm/one_plus_exp.hpp"

namespace kadanoff {

namespace {

/// Passes have seeds of their own, which are not those of a GibbsSampler either.
std::uint64_t seed_of(const RbmAnnealingOptions& options) {
    const DrawKey key{options.seed, 0, 0, Stream::rbm_annealing, 0};
    const Block<WordOps> block = draw<WordOps>(key, options.pass, 0);
    return static_cast<std::uint64_t>(block.word[1]) << 32 | block.word[0];
}

std::uint32_t float_bits(double value) {
    constexpr double largest = 3e38;
    return std::bit_cast<std::uint32_t>(static_cast<float>(std::clamp(value, -largest, largest)));
}

void check_options(const Rbm& rbm, const std::vector<float>& base_bias, const RbmAnnealingOptions& options) {
    check_rbm(rbm);
    const auto count = static_cast<std::int64_t>(base_bias.size());
    const auto is_finite = [](float bias) { return std::isfinite(bias); };
    if (count != rbm.visible || !std::all_of(base_bias.begin(), base_bias.end(), is_finite)) {
        throw InvalidArgument("[RbmAnnealing] expected " + std::to_string(rbm.visible) + " finite biases, got " +
                              std::to_string(count));
    }
    if (options.chains < 1 || options.chains > (std::int64_t{1} << 31)) {
        throw InvalidArgument("[RbmAnnealing] expected 1 to 2^31 chains, got " + std::to_string(options.chains));
    }
    if (!(options.beta > 0.0 && options.beta <= largest_parameter)) {
        throw InvalidArgument("[RbmAnnealing] expected beta in (0, 1e12], got " + text(options.beta));
    }
    if (options.threads < 0 || options.threads > 4096) {
        throw InvalidArgument("[RbmAnnealing] expected 1 to 4096 threads, got " + std::to_string(options.threads));
    }
    // Each thread has numbers for all chains.
    check_memory(static_cast<double>(options.chains) *
                 (100.0 * resolve_threads(options.threads) +
                  static_cast<double>(padded_units(rbm.visible) + padded_units(rbm.hidden)) / 8.0));
}

}  // namespace

/// The words of chains, shared among threads that never wait for each other.
class RbmAnnealing::Work {
public:
    Work(const Rbm& rbm, const std::vector<float>& base_bias, const RbmAnnealingOptions& options)
        : beta_(options.beta),
          seed_(seed_of(options)),
          visible_units_(rbm.visible_units),
          hidden_units_(rbm.hidden_units),
          kernel_(choose_rbm_kernel(active_isa(), false)),
          logistic_(make_rbm_logistic(float32_error)),
          machine_(std::make_unique<RbmMachine>(rbm, Precision::float32, kernel_)),
          visible_(rbm.visible, options.chains),
          hidden_(rbm.hidden, options.chains),
          base_(base_bias.begin(), base_bias.end()),
          gathered_(static_cast<std::size_t>(options.chains)) {
        if (rbm.visible_units == Units::spin) {
            for (double& bias : base_) {
                base_offset_ -= bias;
                bias *= 2.0;
            }
        }
        const std::int64_t blocks = (visible_.words() + kernel_.words - 1) / kernel_.words;
        workers_ = static_cast<int>(std::min<std::int64_t>(blocks, resolve_threads(options.threads)));
        for (int w = 0; w < workers_; ++w) bias_.emplace_back(static_cast<std::size_t>(padded_units(rbm.visible)));
        make_chains();
    }

    RbmLayer& visible() { return visible_; }

    double log_base() const {
        double result = base_offset_ + static_cast<double>(hidden_.units()) * log_one_plus_exp(0.0);
        for (const double bias : base_) result += log_one_plus_exp(bias);
        return result;
    }

    void log_weights(double* out) const {
        std::vector<double> now(gathered_.size());
        for (const auto& chains : chains_) chains->log_weights(now.data());
        for (std::size_t c = 0; c < now.size(); ++c) out[c] = gathered_[c] + (now[c] + offset_);
    }

    void start() {
        std::fill(gathered_.begin(), gathered_.end(), 0.0);
        offset_ = 0.0;
        make_chains();
        std::fill_n(hidden_.data(), hidden_.words() * hidden_.stride(), 0u);
        run_parallel(workers_,
                     [&](int worker) { chains_[index(worker)]->draw_visible(step_, 1.0, bias_of(worker, 0.0, 1.0)); });
        ++step_;
    }

    bool run(const std::vector<double>& mixtures, const Poll& poll) {
        Pace pace;
        for (std::size_t done = 1; done < mixtures.size();) {
            const auto left = static_cast<std::int64_t>(mixtures.size() - done);
            const auto now = static_cast<std::size_t>(poll ? std::min(left, pace.budget()) : left);
            pace.timed(static_cast<std::int64_t>(now),
                       [&] { run_parallel(workers_, [&](int worker) { advance(mixtures, done, now, worker); }); });
            done += now;
            step_ += now;
            if (poll && !poll()) return false;
        }
        offset_ += (mixtures.back() - mixtures.front()) * (beta_ * machine_->offset() - base_offset_);
        return true;
    }

    void bridge(const Rbm& next) {
        if (next.visible != visible_.units() || next.hidden != hidden_.units() ||
            next.visible_units != visible_units_ || next.hidden_units != hidden_units_) {
            throw InvalidArgument("[RbmAnnealing] expected a machine of the same layers");
        }
        auto machine = std::make_unique<RbmMachine>(next, Precision::float32, kernel_);
        // Units drawn at beta = 0 on the way are drawn again.
        run_parallel(workers_, [&](int worker) {
            AnnealedChains& chains = *chains_[index(worker)];
            chains.draw_hidden(step_, beta_, 0.0);
            chains.add_visible(machine_->visible_terms(), -beta_);
        });
        log_weights(gathered_.data());
        offset_ = beta_ * (machine->offset() - machine_->offset());
        chains_.clear();
        machine_ = std::move(machine);
        make_chains();
        run_parallel(workers_, [&](int worker) {
            AnnealedChains& chains = *chains_[index(worker)];
            chains.add_visible(machine_->visible_terms(), beta_);
            chains.draw_hidden(step_ + 1, 0.0, beta_);
            chains.draw_visible(step_ + 1, beta_);
        });
        step_ += 2;
    }

private:
    static std::size_t index(int worker) { return static_cast<std::size_t>(worker); }

    void make_chains() {
        chains_.clear();
        const std::int64_t blocks = (visible_.words() + kernel_.words - 1) / kernel_.words;
        const auto cut = [&](int part) { return std::min(visible_.words(), blocks * part / workers_ * kernel_.words); };
        for (int w = 0; w < workers_; ++w) {
            chains_.push_back(std::make_unique<AnnealedChains>(*machine_, Precision::float32, kernel_, logistic_, seed_,
                                                               visible_, hidden_, cut(w), cut(w + 1)));
        }
        terms_.resize(base_.size());
        for (std::size_t i = 0; i < base_.size(); ++i) {
            terms_[i] = beta_ * machine_->visible_terms()[i] - base_[i];
        }
    }

    /// Visible biases of which a sum, times `slope`, is the log-odds of mixture `s`.
    const std::uint32_t* bias_of(int worker, double s, double slope) {
        AlignedWords& row = bias_[index(worker)];
        const std::vector<double>& own = machine_->visible_terms();
        for (std::size_t i = 0; i < base_.size(); ++i) {
            row.data()[i] = float_bits((s > 0.0 ? own[i] : 0.0) + (1.0 - s) / slope * base_[i]);
        }
        return row.data();
    }

    void advance(const std::vector<double>& mixtures, std::size_t first, std::size_t count, int worker) {
        AnnealedChains& chains = *chains_[index(worker)];
        for (std::size_t k = first; k < first + count; ++k) {
            const double from = mixtures[k - 1], to = mixtures[k];
            const std::uint64_t step = step_ + (k - first);
            chains.add_visible(terms_, to - from);
            chains.draw_hidden(step, beta_ * from, beta_ * to);
            if (to > 0.0) chains.draw_visible(step, beta_ * to, bias_of(worker, to, beta_ * to));
        }
    }

    double beta_;
    std::uint64_t seed_;
    Units visible_units_, hidden_units_;
    RbmKernel kernel_;
    RbmLogistic logistic_;
    std::unique_ptr<RbmMachine> machine_;
    RbmLayer visible_, hidden_;
    std::vector<double> base_;  ///< a0 of units of 0 and 1
    double base_offset_ = 0.0;
    std::vector<double> terms_;     ///< of visible units that are on, in ln(p_1 / p_0)
    std::vector<double> gathered_;  ///< ln of weights, with former machines
    double offset_ = 0.0;           ///< of all chains' weights since then
    std::uint64_t step_ = 0;
    int workers_ = 1;
    std::vector<AlignedWords> bias_;
    std::vector<std::unique_ptr<AnnealedChains>> chains_;
};

RbmAnnealing::RbmAnnealing(const Rbm& rbm, const std::vector<float>& base_bias, const RbmAnnealingOptions& options)
    : options_(options) {
    check_options(rbm, base_bias, options);
    work_ = std::make_unique<Work>(rbm, base_bias, options);
}

RbmAnnealing::~RbmAnnealing() = default;
RbmAnnealing::RbmAnnealing(RbmAnnealing&&) noexcept = default;
RbmAnnealing& RbmAnnealing::operator=(RbmAnnealing&&) noexcept = default;

void RbmAnnealing::start() { work_->start(); }

bool RbmAnnealing::run(const std::vector<double>& mixtures, const Poll& poll) {
    for (const double s : mixtures) {
        if (!(s >= 0.0 && s <= 1.0)) {
            throw InvalidArgument("[RbmAnnealing] expected mixtures in [0, 1], got " + text(s));
        }
    }
    return mixtures.empty() || work_->run(mixtures, poll);
}

void RbmAnnealing::bridge(const Rbm& next) {
    check_rbm(next);
    work_->bridge(next);
}

void RbmAnnealing::log_weights(double* out) const { work_->log_weights(out); }
double RbmAnnealing::log_base() const { return work_->log_base(); }
void RbmAnnealing::visible(std::uint8_t* out) const { work_->visible().unpack(out); }
void RbmAnnealing::set_visible(const std::uint8_t* bits) { work_->visible().pack("visible", bits); }
std::int64_t RbmAnnealing::visible_units() const { return work_->visible().units(); }

}  // namespace kadanoff
