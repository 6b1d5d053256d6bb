#include "rbm/annealed_chains.hpp"

#include <algorithm>

namespace kadanoff {

namespace {

/// A ratio of weights beyond 2^+-500 is turned into its logarithm. One step of rbm_weighed_units units changes it by
/// less than 2^+-480, so that it never leaves float64.
constexpr double largest_ratio = 0x1p500;

}  // namespace

AnnealedChains::AnnealedChains(const RbmMachine& machine, Precision precision, const RbmKernel& kernel,
                               const RbmLogistic& logistic, std::uint64_t seed, RbmLayer& visible, RbmLayer& hidden,
                               std::int64_t first_word, std::int64_t last_word)
    : machine_(machine),
      kernel_(kernel),
      logistic_(logistic),
      seed_(seed),
      visible_(visible),
      hidden_(hidden),
      first_word_(first_word),
      last_word_(last_word),
      drives_(precision, {0.0}, visible.words() * rbm_chains, machine.scale()),
      scratch_(machine),
      weighing_(visible.words() * rbm_chains, hidden.units()),
      ratio_(static_cast<std::size_t>(visible.words() * rbm_chains), 1.0),
      log_weight_(ratio_.size(), 0.0),
      sums_(ratio_.size(), 0.0) {}

RbmJob AnnealedChains::job(std::uint64_t step, bool visible) {
    RbmJob result{};
    (visible ? machine_.to_visible() : machine_.to_hidden()).place(result);
    const RbmLayer& source = visible ? hidden_ : visible_;
    RbmLayer& target = visible ? visible_ : hidden_;
    result.source = source.data();
    result.source_stride = source.stride();
    result.target = target.data();
    result.target_stride = target.stride();
    result.drives = drives_.view();
    result.logistic = &logistic_;
    result.key = {seed_, step, 0, Stream::rbm_units, visible ? 1u : 0u};
    scratch_.place(result);
    return result;
}

void AnnealedChains::draw_hidden(std::uint64_t step, double from, double to) {
    drives_.set_all(to, first_word_, last_word_);
    const double unit = 1.0 / machine_.scale();
    const std::int64_t first = first_word_ * rbm_chains, last = last_word_ * rbm_chains;
    for (std::int64_t place = first; place < last; ++place) {
        weighing_.set_slope(0, place, from * unit);
        weighing_.set_slope(1, place, to * unit);
    }
    weighing_.clear(first, last);
    const RbmWeighing view = weighing_.view();
    RbmJob work = job(step, false);
    work.weighing = &view;
    const std::int64_t end = (hidden_.units() + kernel_.tile - 1) / kernel_.tile * kernel_.tile;
    for (std::int64_t unit_now = 0; unit_now < end; unit_now += rbm_weighed_units) {
        kernel_.anneal(work, first_word_, last_word_, unit_now, std::min(end, unit_now + rbm_weighed_units));
        take_products();
    }
    for (std::int64_t place = first; place < last; ++place) {
        log_weight_[static_cast<std::size_t>(place)] += weighing_.positive(place) * unit * (to - from);
    }
}

void AnnealedChains::take_products() {
    for (std::int64_t place = first_word_ * rbm_chains; place < last_word_ * rbm_chains; ++place) {
        double& ratio = ratio_[static_cast<std::size_t>(place)];
        ratio *= weighing_.product(1, place) / weighing_.product(0, place);
        if (ratio > largest_ratio || ratio < 1.0 / largest_ratio) {
            log_weight_[static_cast<std::size_t>(place)] += log_of(ratio);
            ratio = 1.0;
        }
    }
    weighing_.clear_products(first_word_ * rbm_chains, last_word_ * rbm_chains);
}

void AnnealedChains::draw_visible(std::uint64_t step, double beta, const std::uint32_t* bias) {
    drives_.set_all(beta, first_word_, last_word_);
    RbmJob work = job(step, true);
    if (bias != nullptr) work.bias = bias;
    const std::int64_t end = (visible_.units() + kernel_.tile - 1) / kernel_.tile * kernel_.tile;
    kernel_.update(work, first_word_, last_word_, 0, end);
}

void AnnealedChains::add_visible(const std::vector<double>& numbers, double factor) {
    kernel_.sum_source(job(0, false), numbers.data(), visible_.units(), first_word_, last_word_, sums_.data());
    for (std::int64_t place = first_word_ * rbm_chains; place < last_word_ * rbm_chains; ++place) {
        log_weight_[static_cast<std::size_t>(place)] += factor * sums_[static_cast<std::size_t>(place)];
    }
}

void AnnealedChains::log_weights(double* out) const {
    const std::int64_t last = std::min(last_word_ * rbm_chains, visible_.chains());
    for (std::int64_t chain = first_word_ * rbm_chains; chain < last; ++chain) {
        const auto place = static_cast<std::size_t>(rbm_place(chain));
        out[chain] = log_weight_[place] + log_of(ratio_[place]);
    }
}

}  // namespace kadanoff
