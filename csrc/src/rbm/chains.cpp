#include "rbm/chains.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "checks.hpp"
#include "parallel.hpp"
#include "rbm/choose_kernel.hpp"
#include "rbm/logistic.hpp"
#include "rbm/weighing.hpp"

namespace kadanoff {

namespace {

/// Weights times words of chains that take longer than it takes to start a thread.
constexpr double min_parallel_work = 1.5e6;

/// The best kernel that fills no tables when weights change: what weighs states where a device draws them.
constexpr Isa without_tables = Isa::avx2;

}  // namespace

GibbsSampler::Chains::Chains(const Rbm& rbm, const GibbsOptions& options)
    : precision_(options.precision),
      seed_(options.seed),
      threads_(resolve_threads(options.threads)),
      chains_(options.chains),
      isa_(active_isa()),
      kernel_(choose_rbm_kernel(options.device == Device::cpu ? isa_ : std::min(isa_, without_tables),
                                precision_ == Precision::fixed16)),
      machine_(rbm, precision_, kernel_),
      logistic_(make_rbm_logistic(precision_ == Precision::fixed16 ? fixed16_error : float32_error)),
      visible_((check_memory(static_cast<double>(options.chains) *
                             (8.0 + static_cast<double>(padded_units(rbm.visible) + padded_units(rbm.hidden)) / 8.0)),
                rbm.visible),
               options.chains),
      hidden_(rbm.hidden, options.chains),
      drives_(precision_, options.beta, chains_, machine_.scale()) {
    hidden_.start(seed_, 0);
    visible_.start(seed_, 1);
    if (options.device == Device::cpu) return;
    backend_ = make_cuda_rbm({rbm.visible, rbm.hidden, chains_, precision_, seed_});
    backend_->set_machine(machine_);
    backend_->set_slopes(drives_.view().slope);
    backend_->write(false, hidden_.data());
    backend_->write(true, visible_.data());
}

const RbmLayer& GibbsSampler::Chains::layer(bool visible) const {
    RbmLayer& layer = visible ? visible_ : hidden_;
    if (std::exchange(stale_[visible], false)) backend_->read(visible, layer.data());
    return layer;
}

void GibbsSampler::Chains::read(bool visible, std::uint8_t* bits) const {
    if (backend_ != nullptr && backend_->owns(bits)) return backend_->unpack(visible, bits);
    layer(visible).unpack(bits);
}

void GibbsSampler::Chains::write(bool visible, const std::uint8_t* bits) {
    RbmLayer& layer = visible ? visible_ : hidden_;
    layer.pack(visible ? "visible" : "hidden", bits);
    stale_[visible] = false;
    if (backend_ != nullptr) backend_->write(visible, layer.data());
}

void GibbsSampler::Chains::set_beta(const std::vector<double>& beta) {
    drives_ = ChainDrives(precision_, beta, chains_, machine_.scale());
    if (backend_ != nullptr) backend_->set_slopes(drives_.view().slope);
}

void GibbsSampler::Chains::set_rbm(const Rbm& rbm, const std::vector<double>& beta) {
    const BinaryRbm binary(rbm, precision_);
    drives_ = ChainDrives(precision_, beta, chains_, binary.scale);
    machine_.assign(binary);
    if (backend_ == nullptr) return;
    for (const bool visible : {false, true}) machine_.make_ready(visible, threads_);
    backend_->set_machine(machine_);
    backend_->set_slopes(drives_.view().slope);
}

void GibbsSampler::Chains::set_clamped(const std::uint8_t* mask) {
    std::unique_ptr<RbmLayer> clamped;
    if (mask != nullptr) {
        clamped = std::make_unique<RbmLayer>(visible_.units(), chains_);
        clamped->pack("clamp", mask);
    }
    clamped_ = std::move(clamped);
    if (backend_ != nullptr) backend_->set_clamped(clamped_ == nullptr ? nullptr : clamped_->data());
}

RbmJob GibbsSampler::Chains::job(std::uint64_t step, bool visible, RbmThreadScratch& scratch) {
    const RbmLayer& source = visible ? hidden_ : visible_;
    RbmLayer& target = visible ? visible_ : hidden_;
    RbmJob result{};
    (visible ? machine_.to_visible() : machine_.to_hidden()).place(result);
    result.source = source.data();
    result.source_stride = source.stride();
    result.target = target.data();
    result.target_stride = target.stride();
    result.clamped = visible && clamped_ != nullptr ? clamped_->data() : nullptr;
    result.drives = drives_.view();
    result.logistic = &logistic_;
    result.key = {seed_, step, 0, Stream::rbm_units, visible ? 1u : 0u};
    scratch.place(result);
    return result;
}

void GibbsSampler::Chains::draw_layer(std::uint64_t step, bool visible, const Share& share, RbmThreadScratch& scratch) {
    kernel_.update(job(step, visible, scratch), share.first_word, share.last_word, share.first_unit, share.last_unit);
}

/// Whole blocks of chains, or whole tiles of units.
GibbsSampler::Chains::Share GibbsSampler::Chains::share(std::int64_t units, int worker, int workers,
                                                        bool by_chains) const {
    const auto cut = [&](std::int64_t items, std::int64_t together, int part) {
        const std::int64_t blocks = (items + together - 1) / together;
        return std::min(items, blocks * part / workers * together);
    };
    const std::int64_t words = visible_.words(), padded = (units + kernel_.tile - 1) / kernel_.tile * kernel_.tile;
    if (by_chains) return {cut(words, kernel_.words, worker), cut(words, kernel_.words, worker + 1), 0, padded};
    return {0, words, cut(padded, kernel_.tile, worker), cut(padded, kernel_.tile, worker + 1)};
}

void GibbsSampler::Chains::reserve_scratch(int workers) {
    while (scratch_.size() < static_cast<std::size_t>(workers)) scratch_.emplace_back(machine_);
}

void GibbsSampler::Chains::advance(std::uint64_t step, std::int64_t count, bool draw_hidden, bool draw_visible) {
    if (backend_ == nullptr) return advance_here(step, count, draw_hidden, draw_visible);
    stale_[0] |= draw_hidden;
    stale_[1] |= draw_visible;
    backend_->advance(step, count, draw_hidden, draw_visible);
}

void GibbsSampler::Chains::advance_here(std::uint64_t step, std::int64_t count, bool draw_hidden, bool draw_visible) {
    const std::int64_t blocks = (visible_.words() + kernel_.words - 1) / kernel_.words;
    const std::int64_t tiles = std::min(visible_.units(), hidden_.units()) / kernel_.tile;
    const double work = static_cast<double>(visible_.units() * hidden_.units()) *
                        static_cast<double>(visible_.words()) * static_cast<double>(count);
    int workers = work < min_parallel_work ? 1 : threads_;
    const bool by_chains = workers == 1 || blocks >= 2 * static_cast<std::int64_t>(workers) || blocks >= tiles;
    workers = static_cast<int>(std::clamp<std::int64_t>(by_chains ? blocks : tiles, 1, workers));
    reserve_scratch(workers);
    if (draw_hidden) machine_.make_ready(false, threads_);
    if (draw_visible) machine_.make_ready(true, threads_);
    PhasedWork meeting(workers);
    run_parallel(workers, [&](int worker) {
        for (std::int64_t s = 0; s < count; ++s) {
            for (const bool visible : {false, true}) {
                if (!(visible ? draw_visible : draw_hidden)) continue;
                const std::int64_t units = visible ? visible_.units() : hidden_.units();
                draw_layer(step + static_cast<std::uint64_t>(s), visible, share(units, worker, workers, by_chains),
                           scratch_[static_cast<std::size_t>(worker)]);
                if (!by_chains) meeting.phase(0, [](std::int64_t) {});
            }
        }
    });
}

int GibbsSampler::Chains::workers_for(double work) const {
    const std::int64_t blocks = (visible_.words() + kernel_.words - 1) / kernel_.words;
    return work < min_parallel_work ? 1 : static_cast<int>(std::min<std::int64_t>(blocks, threads_));
}

void GibbsSampler::Chains::log_weight(const std::vector<double>& beta, double* out) {
    const double work = static_cast<double>(visible_.units() * hidden_.units()) * static_cast<double>(visible_.words());
    const int workers = workers_for(work);
    reserve_scratch(workers);
    layer(true);  // from the device
    machine_.make_ready(false, threads_);
    WeighingNumbers numbers(chains_, hidden_.units());
    const auto beta_of = [&](std::int64_t chain) {
        return beta[beta.size() == 1 ? 0 : static_cast<std::size_t>(chain)];
    };
    const double unit = 1.0 / machine_.scale();
    for (std::int64_t c = 0; c < chains_; ++c) numbers.set_slope(0, rbm_place(c), beta_of(c) * unit);
    std::vector<double> logs(static_cast<std::size_t>(visible_.words() * rbm_chains)), terms(logs.size());
    const RbmWeighing view = numbers.view();
    run_parallel(workers, [&](int worker) {
        const Share own = share(hidden_.units(), worker, workers, true);
        RbmJob work_of = job(0, false, scratch_[static_cast<std::size_t>(worker)]);
        work_of.weighing = &view;
        const std::int64_t first = own.first_word * rbm_chains, last = own.last_word * rbm_chains;
        for (std::int64_t u = 0; u < own.last_unit; u += rbm_weighed_units) {
            kernel_.weigh(work_of, own.first_word, own.last_word, u, std::min(own.last_unit, u + rbm_weighed_units));
            for (std::int64_t i = first; i < last; ++i) logs[static_cast<std::size_t>(i)] += log_of(view.product[0][i]);
            numbers.clear_products(first, last);
        }
        kernel_.sum_source(work_of, machine_.visible_terms().data(), visible_.units(), own.first_word, own.last_word,
                           terms.data());
    });
    for (std::int64_t c = 0; c < chains_; ++c) {
        const auto place = static_cast<std::size_t>(rbm_place(c));
        const double largest = machine_.offset() + (terms[place] + unit * numbers.positive(rbm_place(c)));
        out[c] = beta_of(c) * largest + logs[place];
    }
}

void GibbsSampler::Chains::moments(const std::uint8_t* chosen, HiddenMoments hidden, double* visible_out,
                                   double* hidden_out, double* products) {
    const bool means = hidden == HiddenMoments::mean;
    MomentSums sums(machine_, chains_, chosen, means ? rbm_mean_one : 1.0);
    const std::int64_t tiles = (hidden_.units() + kernel_.tile - 1) / kernel_.tile;
    const double work = static_cast<double>(visible_.units() * hidden_.units()) * static_cast<double>(visible_.words());
    const int workers = work < min_parallel_work ? 1 : static_cast<int>(std::min<std::int64_t>(tiles, threads_));
    reserve_scratch(workers);
    if (means) machine_.make_ready(false, threads_);
    layer(true);  // from the device
    if (!means) layer(false);
    while (moment_scratch_.size() < static_cast<std::size_t>(workers)) moment_scratch_.emplace_back();
    sums.count_visible(kernel_, job(0, false, scratch_[0]), visible_out);
    std::vector<std::uint32_t> rate(static_cast<std::size_t>(visible_.words() * rbm_chains));
    for (std::size_t c = 0; c < rate.size(); ++c) {
        const double slope = drives_.view().slope[c] * log2_e;
        rate[static_cast<std::size_t>(rbm_place(static_cast<std::int64_t>(c)))] =
            std::bit_cast<std::uint32_t>(static_cast<float>(slope));
    }
    run_parallel(workers, [&](int worker) {
        const Share own = share(hidden_.units(), worker, workers, false);
        const RbmJob work_of = job(0, false, scratch_[static_cast<std::size_t>(worker)]);
        RbmMomentsJob moments{};
        sums.place(moments, products);
        moments.rate = rate.data();
        moments.drawn = means ? nullptr : hidden_.data();
        moments.drawn_stride = hidden_.stride();
        moment_scratch_[static_cast<std::size_t>(worker)].place(moments);
        for (std::int64_t w = sums.first_word(); w < sums.last_word(); w += rbm_words_at_once) {
            const std::int64_t end = std::min(w + rbm_words_at_once, sums.last_word());
            moments.first = w == sums.first_word();
            moments.last = end == sums.last_word();
            kernel_.moments(work_of, moments, w, end, own.first_unit, own.last_unit);
        }
    });
    sums.finish_hidden(hidden_out);
}

}  // namespace kadanoff
