#include "rbm/moments.hpp"

#include <algorithm>
#include <bit>

#include "kadanoff/error.hpp"

namespace kadanoff {

MomentSums::MomentSums(const RbmMachine& machine, std::int64_t chains, const std::uint8_t* chosen, double one)
    : machine_(machine),
      one_(one),
      chosen_bits_(static_cast<std::size_t>((chains + rbm_chains - 1) / rbm_chains)),
      chosen_(chosen_bits_.size() * rbm_chains),
      row_(static_cast<std::size_t>(machine.to_visible().units)),
      hidden_totals_(static_cast<std::size_t>(machine.to_hidden().units)) {
    first_word_ = static_cast<std::int64_t>(chosen_bits_.size());
    last_word_ = 0;
    for (std::int64_t c = 0; c < chains; ++c) {
        if (chosen != nullptr && chosen[c] == 0) continue;
        count_ += 1.0;
        chosen_[static_cast<std::size_t>(rbm_place(c))] = ~0u;
        chosen_bits_[static_cast<std::size_t>(c / rbm_chains)] |= 1u << (c % rbm_chains);
        first_word_ = std::min(first_word_, c / rbm_chains);
        last_word_ = c / rbm_chains + 1;
    }
    if (count_ == 0.0) throw InvalidArgument("[moments] expected at least one chain, got none");
}

void MomentSums::count_visible(const RbmKernel& kernel, const RbmJob& job, double* averages) {
    const std::int64_t units = machine_.to_visible().units, words = last_word_ - first_word_;
    AlignedWords counts(static_cast<std::size_t>((units + 15) / 16 * 16));
    RbmJob from_first = job;
    from_first.source += first_word_ * job.source_stride;
    kernel.count_source(from_first, chosen_bits_.data() + first_word_, units, words, counts.data());
    const Encoding v = machine_.visible_encoding(), h = machine_.hidden_encoding();
    for (std::int64_t i = 0; i < units; ++i) {
        const double total = counts.data()[i];
        row_[static_cast<std::size_t>(i)] = v.factor * h.lower * one_ * total;
        averages[i] = (v.factor * total + v.lower * count_) / count_;
    }
}

void MomentSums::place(RbmMomentsJob& job, double* products) {
    const Encoding v = machine_.visible_encoding(), h = machine_.hidden_encoding();
    job.visible = machine_.to_visible().units;
    job.hidden = machine_.to_hidden().units;
    job.chosen = chosen_.data();
    job.hidden_totals = hidden_totals_.data();
    job.products = products;
    job.factor = v.factor * h.factor;
    job.column_factor = v.lower * h.factor;
    job.constant = v.lower * h.lower * one_ * count_;
    job.divisor = one_ * count_;
    job.row = row_.data();
}

void MomentSums::finish_hidden(double* averages) const {
    const Encoding h = machine_.hidden_encoding();
    for (std::size_t j = 0; j < hidden_totals_.size(); ++j) {
        averages[j] = (h.factor * hidden_totals_[j] + h.lower * one_ * count_) / (one_ * count_);
    }
}

}  // namespace kadanoff
