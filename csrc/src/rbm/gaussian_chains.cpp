#include "rbm/gaussian_chains.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>

#include "checks.hpp"
#include "kadanoff/error.hpp"
#include "parallel.hpp"

namespace kadanoff {

namespace {

/// Weights times chains that take longer than it takes to start a thread.
constexpr double min_parallel_work = 4e6;
constexpr double largest_sum = 1e18;  ///< so that no product of two layers leaves float32
constexpr double smallest_scale = 1e-9, largest_scale = 1e9;

GaussianKernel choose_kernel(Isa isa) {
#if defined(KADANOFF_X86_KERNELS)
    if (isa == Isa::avx512) return avx512_gaussian();
    if (isa == Isa::avx2) return avx2_gaussian();
#endif
    static_cast<void>(isa);
    return scalar_gaussian();
}

std::int64_t panels_of(std::int64_t units) { return (units + gaussian_panel - 1) / gaussian_panel; }

double weight(const GaussianRbm& rbm, bool to_visible, std::int64_t i, std::int64_t j) {
    const double w = rbm.weights[static_cast<std::size_t>(i * rbm.hidden + j)];
    const double scale = rbm.visible_scale[static_cast<std::size_t>(i)];
    return to_visible ? w * scale : w / scale;
}

void put(AlignedWords& words, std::int64_t place, double value) {
    words.data()[place] = std::bit_cast<std::uint32_t>(static_cast<float>(value));
}

GaussianDirection make_direction(const GaussianRbm& rbm, bool to_visible) {
    const std::int64_t units = to_visible ? rbm.visible : rbm.hidden, inputs = to_visible ? rbm.hidden : rbm.visible;
    const std::int64_t panels = panels_of(units), padded = panels * gaussian_panel;
    check_memory(4.0 * static_cast<double>(padded) * static_cast<double>(inputs));
    GaussianDirection result{inputs, panels, AlignedWords(static_cast<std::size_t>(padded * inputs)),
                             AlignedWords(static_cast<std::size_t>(padded)),
                             AlignedWords(static_cast<std::size_t>(padded))};
    const std::vector<float>& bias = to_visible ? rbm.visible_bias : rbm.hidden_bias;
    for (std::int64_t u = 0; u < units; ++u) {
        put(result.bias, u, bias[static_cast<std::size_t>(u)]);
        if (to_visible) put(result.scale, u, rbm.visible_scale[static_cast<std::size_t>(u)]);
        const std::int64_t first = u / gaussian_panel * inputs * gaussian_panel + u % gaussian_panel;
        for (std::int64_t k = 0; k < inputs; ++k) {
            const double w = to_visible ? weight(rbm, true, u, k) : weight(rbm, false, k, u);
            put(result.weights, first + k * gaussian_panel, w);
        }
    }
    return result;
}

void check_numbers(const char* what, const std::vector<float>& numbers, std::int64_t count) {
    if (static_cast<std::int64_t>(numbers.size()) != count) {
        throw InvalidArgument(std::string("[GaussianRBM] expected ") + std::to_string(count) + " " + what + ", got " +
                              std::to_string(numbers.size()));
    }
    for (const float number : numbers) {
        if (!std::isfinite(number)) {
            throw InvalidArgument(std::string("[GaussianRBM] expected finite ") + what + ", got " + text(number));
        }
    }
}

}  // namespace

void check_gaussian_rbm(const GaussianRbm& rbm) {
    for (const std::int64_t units : {rbm.visible, rbm.hidden}) {
        if (units < 1 || units > (std::int64_t{1} << 20)) {
            throw InvalidArgument("[GaussianRBM] expected 1 to 2^20 units in a layer, got " + std::to_string(units));
        }
    }
    check_numbers("weights", rbm.weights, rbm.visible * rbm.hidden);
    check_numbers("visible biases", rbm.visible_bias, rbm.visible);
    check_numbers("hidden biases", rbm.hidden_bias, rbm.hidden);
    check_numbers("visible scales", rbm.visible_scale, rbm.visible);
    for (const float scale : rbm.visible_scale) {
        if (!(scale >= static_cast<float>(smallest_scale) && scale <= static_cast<float>(largest_scale))) {
            throw InvalidArgument("[GaussianRBM] expected visible scales in [1e-9, 1e9], got " + text(scale));
        }
    }
    std::vector<double> visible(rbm.visible_bias.begin(), rbm.visible_bias.end());
    std::vector<double> hidden(rbm.hidden_bias.begin(), rbm.hidden_bias.end());
    for (double& sum : visible) sum = std::fabs(sum);
    for (double& sum : hidden) sum = std::fabs(sum);
    for (std::int64_t i = 0; i < rbm.visible; ++i) {
        for (std::int64_t j = 0; j < rbm.hidden; ++j) {
            visible[static_cast<std::size_t>(i)] += std::fabs(weight(rbm, true, i, j));
            hidden[static_cast<std::size_t>(j)] += std::fabs(weight(rbm, false, i, j));
        }
    }
    const double largest =
        std::max(*std::max_element(visible.begin(), visible.end()), *std::max_element(hidden.begin(), hidden.end()));
    if (largest > largest_sum) {
        throw InvalidArgument("[GaussianRBM] expected terms of a unit that add up to at most 1e18, got " +
                              text(static_cast<double>(static_cast<float>(largest))));
    }
}

GaussianGibbsSampler::Chains::Chains(const GaussianRbm& rbm, const GibbsOptions& options)
    : seed_(options.seed),
      threads_(resolve_threads(options.threads)),
      chains_(options.chains),
      visible_units_(rbm.visible),
      hidden_units_(rbm.hidden),
      visible_stride_(panels_of(rbm.visible) * gaussian_panel),
      hidden_stride_(panels_of(rbm.hidden) * gaussian_panel),
      spin_(rbm.hidden_units == Units::spin),
      isa_(active_isa()),
      kernel_(choose_kernel(isa_)),
      to_hidden_(make_direction(rbm, false)),
      to_visible_(make_direction(rbm, true)),
      visible_(
          (check_memory(4.0 * static_cast<double>(chains_) * static_cast<double>(visible_stride_ + hidden_stride_)),
           static_cast<std::size_t>(chains_ * visible_stride_))),
      hidden_(static_cast<std::size_t>(chains_ * hidden_stride_)) {
    set_beta(options.beta);
    kernel_.hidden(job(0, false, false), 0, chains_);
    kernel_.visible(job(0, true, false), 0, chains_);
}

GaussianJob GaussianGibbsSampler::Chains::job(std::uint64_t step, bool visible, bool linked) {
    const GaussianDirection& direction = visible ? to_visible_ : to_hidden_;
    GaussianJob result{};
    result.source = visible ? hidden_.data() : visible_.data();
    result.target = visible ? visible_.data() : hidden_.data();
    result.clamped = visible && clamped_ != nullptr ? clamped_->data() : nullptr;
    result.source_stride = visible ? hidden_stride_ : visible_stride_;
    result.target_stride = visible ? visible_stride_ : hidden_stride_;
    result.inputs = linked ? direction.inputs : 0;
    result.panels = direction.panels;
    result.weights = direction.weights.data();
    result.bias = direction.bias.data();
    result.slope = slope_.data();
    result.drive = drive_.data();
    result.lower = std::bit_cast<std::uint32_t>(spin_ ? -1.0f : 0.0f);
    result.scale = direction.scale.data();
    result.noise = noise_.data();
    result.key = {seed_, step, 0, Stream::gaussian_rbm, (visible ? 1u : 0u) + (linked ? 0u : 2u)};
    return result;
}

void GaussianGibbsSampler::Chains::advance(std::uint64_t step, std::int64_t count, bool draw_hidden,
                                           bool draw_visible) {
    const double work =
        static_cast<double>(visible_units_ * hidden_units_) * static_cast<double>(chains_) * static_cast<double>(count);
    const std::int64_t blocks = (chains_ + gaussian_chains - 1) / gaussian_chains;
    const std::int64_t workers =
        work < min_parallel_work ? 1 : std::clamp<std::int64_t>(blocks, 1, static_cast<std::int64_t>(threads_));
    run_parallel(static_cast<int>(workers), [&](int worker) {
        const auto cut = [&](std::int64_t part) {
            return std::min(chains_, blocks * part / workers * gaussian_chains);
        };
        const std::int64_t first = cut(worker), last = cut(worker + 1);
        for (std::int64_t s = 0; s < count; ++s) {
            const std::uint64_t now = step + static_cast<std::uint64_t>(s);
            if (draw_hidden) kernel_.hidden(job(now, false, true), first, last);
            if (draw_visible) kernel_.visible(job(now, true, true), first, last);
        }
    });
}

void GaussianGibbsSampler::Chains::read_visible(float* out) const {
    for (std::int64_t c = 0; c < chains_; ++c) {
        const std::uint32_t* row = visible_.data() + c * visible_stride_;
        for (std::int64_t i = 0; i < visible_units_; ++i) *out++ = std::bit_cast<float>(row[i]);
    }
}

void GaussianGibbsSampler::Chains::read_hidden(std::uint8_t* out) const {
    for (std::int64_t c = 0; c < chains_; ++c) {
        const std::uint32_t* row = hidden_.data() + c * hidden_stride_;
        for (std::int64_t j = 0; j < hidden_units_; ++j) *out++ = std::bit_cast<float>(row[j]) > 0.0f ? 1 : 0;
    }
}

void GaussianGibbsSampler::Chains::write_visible(const float* values) {
    const float* end = values + chains_ * visible_units_;
    const float* wrong =
        std::find_if(values, end, [](float v) { return !(std::fabs(v) <= static_cast<float>(largest_sum)); });
    if (wrong != end) throw InvalidArgument("[visible] expected values in [-1e18, 1e18], got " + text(*wrong));
    for (std::int64_t c = 0; c < chains_; ++c) {
        std::uint32_t* row = visible_.data() + c * visible_stride_;
        for (std::int64_t i = 0; i < visible_units_; ++i) row[i] = std::bit_cast<std::uint32_t>(*values++);
    }
}

namespace {

void check_bits(const char* what, const std::uint8_t* bits, std::int64_t count) {
    const std::uint8_t* wrong = std::find_if(bits, bits + count, [](std::uint8_t bit) { return bit > 1; });
    if (wrong != bits + count) {
        throw InvalidArgument(std::string("[") + what + "] expected values 0 and 1, got " + std::to_string(*wrong));
    }
}

}  // namespace

void GaussianGibbsSampler::Chains::write_hidden(const std::uint8_t* bits) {
    check_bits("hidden", bits, chains_ * hidden_units_);
    const float lower = spin_ ? -1.0f : 0.0f;
    for (std::int64_t c = 0; c < chains_; ++c) {
        std::uint32_t* row = hidden_.data() + c * hidden_stride_;
        for (std::int64_t j = 0; j < hidden_units_; ++j) {
            row[j] = std::bit_cast<std::uint32_t>(*bits++ != 0 ? 1.0f : lower);
        }
    }
}

void GaussianGibbsSampler::Chains::set_clamped(const std::uint8_t* mask) {
    std::unique_ptr<AlignedWords> clamped;
    if (mask != nullptr) {
        check_bits("clamp", mask, chains_ * visible_units_);
        check_memory(4.0 * static_cast<double>(chains_) * static_cast<double>(visible_stride_));
        clamped = std::make_unique<AlignedWords>(static_cast<std::size_t>(chains_ * visible_stride_));
        for (std::int64_t c = 0; c < chains_; ++c) {
            std::uint32_t* row = clamped->data() + c * visible_stride_;
            for (std::int64_t i = 0; i < visible_units_; ++i) row[i] = *mask++ != 0 ? ~0u : 0u;
        }
    }
    clamped_ = std::move(clamped);
}

void GaussianGibbsSampler::Chains::set_beta(const std::vector<double>& beta) {
    const auto count = static_cast<std::size_t>(chains_);
    std::vector<double> slope(count);
    std::vector<float> drive(count), noise(count);
    for (std::size_t c = 0; c < count; ++c) {
        const double own = beta[beta.size() == 1 ? 0 : c];
        slope[c] = (spin_ ? 2.0 : 1.0) * own;
        drive[c] = static_cast<float>(slope[c] * log2_e);
        noise[c] = static_cast<float>(1.0 / std::sqrt(own));
    }
    slope_ = std::move(slope);
    drive_ = std::move(drive);
    noise_ = std::move(noise);
}

void GaussianGibbsSampler::Chains::set_rbm(const GaussianRbm& rbm) {
    GaussianDirection to_hidden = make_direction(rbm, false);
    to_visible_ = make_direction(rbm, true);
    to_hidden_ = std::move(to_hidden);
}

}  // namespace kadanoff
