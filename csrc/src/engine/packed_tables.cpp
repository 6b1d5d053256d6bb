#include "engine/packed_tables.hpp"

#include <algorithm>
#include <string>

#include "kadanoff/registry.hpp"

namespace kadanoff {

namespace {

/// Temperatures whose thresholds are kept.
constexpr std::size_t max_known = 4096;

constexpr std::uint32_t ones = ~std::uint32_t{0};

}  // namespace

int find_rule(const std::string& update) {
    int found = -1;
    for (int rule = 0; rule < Rules::size; ++rule) {
        visit_type(Rules{}, rule, [&](auto tag) {
            if (update == decltype(tag)::type::name) found = rule;
        });
    }
    return found;
}

PackedTables::PackedTables(int rule, int degree, const UniformIsing& model, std::int64_t words)
    : rule_(rule), degree_(degree), model_(model), words_(words), width_(std::max(words, packed_lanes)) {
    if (model.field == 0.0) {
        classes_ = (degree + 1) / 2;
    } else {
        visit_type(Rules{}, rule, [&](auto tag) {
            using Rule = typename decltype(tag)::type;
            for (int spin = 0; spin < (Rule::uses_spin ? 2 : 1); ++spin) {
                for (int up = 0; up <= degree; ++up) {
                    const double field = model.local_field(up, degree);
                    // A Metropolis flip that gains energy needs no random number at any temperature.
                    if (Rule::uses_spin && (spin == 1 ? field : -field) <= 0.0) continue;
                    count_.push_back(up);
                    spin_.push_back(Rule::uses_spin ? spin : 2);
                    base_.push_back(Rule::uses_spin ? spin : field > 0.0);
                }
            }
        });
        classes_ = static_cast<int>(count_.size());
    }
    const auto classes = static_cast<std::size_t>(std::max(classes_, 1));
    plane_.assign(uniform_planes * classes * static_cast<std::size_t>(width_), 0);
    threshold_.assign(classes * static_cast<std::size_t>(words_ * 32), 0);
}

const std::vector<std::uint64_t>& PackedTables::thresholds(double beta) {
    const auto found = known_.find(beta);
    if (found != known_.end()) return found->second;
    if (known_.size() >= max_known) known_.clear();
    std::vector<std::uint64_t> result(static_cast<std::size_t>(classes_));
    visit_type(Rules{}, rule_, [&](auto tag) {
        using Rule = typename decltype(tag)::type;
        for (int c = 0; c < classes_; ++c) {
            const auto index = static_cast<std::size_t>(c);
            const bool symmetric = model_.field == 0.0;
            const double field =
                symmetric ? model_.coupling * (degree_ - 2 * c) : model_.local_field(count_[index], degree_);
            const double drive = 2.0 * beta * field;
            result[index] = threshold(Rule::decide(symmetric || spin_[index] == 1, drive).probability);
        }
    });
    return known_.emplace(beta, std::move(result)).first->second;
}

void PackedTables::set_beta(const std::vector<double>& beta) {
    if (classes_ == 0 || beta == beta_) return;
    if (std::all_of(beta.begin(), beta.end(), [&](double b) { return b == beta[0]; })) {
        set_all(thresholds(beta[0]));
    } else {
        for (std::size_t r = 0; r < beta.size(); ++r) {
            if (beta_.empty() || beta[r] != beta_[r]) set_one(static_cast<std::int64_t>(r), thresholds(beta[r]));
        }
    }
    beta_ = beta;
}

void PackedTables::set_all(const std::vector<std::uint64_t>& thresholds) {
    const std::int64_t replicas = words_ * 32;
    for (std::int64_t c = 0; c < classes_; ++c) {
        const std::uint64_t t = thresholds[static_cast<std::size_t>(c)];
        std::fill_n(threshold_.begin() + c * replicas, replicas, t);
        for (std::int64_t k = 0; k < uniform_planes; ++k) {
            std::fill_n(plane_.begin() + (k * classes_ + c) * width_, width_, (t >> (63 - k)) & 1 ? ones : 0);
        }
    }
}

void PackedTables::set_one(std::int64_t replica, const std::vector<std::uint64_t>& thresholds) {
    const std::uint32_t bit = std::uint32_t{1} << (replica % 32);
    for (std::int64_t c = 0; c < classes_; ++c) {
        const std::uint64_t t = thresholds[static_cast<std::size_t>(c)];
        std::uint64_t& own = threshold_[static_cast<std::size_t>(c * words_ * 32 + replica)];
        const std::uint64_t changed = own ^ t;
        if (changed == 0) continue;
        own = t;
        for (std::int64_t k = 0; k < uniform_planes; ++k) {
            if (((changed >> (63 - k)) & 1) == 0) continue;
            const std::int64_t row = (k * classes_ + c) * width_;
            for (std::int64_t w = replica / 32; w < width_; w += words_)
                plane_[static_cast<std::size_t>(row + w)] ^= bit;
        }
    }
}

PackedTable PackedTables::view() const {
    return {classes_, plane_.data(), width_, threshold_.data(), words_ * 32, count_.data(), spin_.data(), base_.data()};
}

}  // namespace kadanoff
