#pragma once

#include <cstdint>
#include <vector>

#include "kadanoff/rbm.hpp"
#include "kadanoff/update/rbm_moments.hpp"
#include "rbm/drives.hpp"
#include "rbm/machine.hpp"

namespace kadanoff {

/// Scratch of one thread.
class MomentScratch {
public:
    MomentScratch()
        : numbers_(static_cast<std::size_t>(RbmMomentScratch::numbers)),
          tables_(static_cast<std::size_t>(RbmMomentScratch::tables)),
          totals_(static_cast<std::size_t>(RbmMomentScratch::products)) {}

    void place(RbmMomentsJob& job) {
        job.numbers = numbers_.data();
        job.tables = tables_.data();
        job.totals = totals_.data();
    }

private:
    AlignedWords numbers_, tables_, totals_;
};

/// The chains that count, and what turns totals of bits and of numbers into averages of units.
class MomentSums {
public:
    /// `chosen`: a byte for each chain, 0 or 1; null: all. `one`: the number of a hidden unit that is on.
    /// Throws InvalidArgument if none is chosen.
    MomentSums(const RbmMachine& machine, std::int64_t chains, const std::uint8_t* chosen, double one);

    /// Words with chains that count lie in [first_word, last_word).
    std::int64_t first_word() const { return first_word_; }
    std::int64_t last_word() const { return last_word_; }

    /// Counts the visible units, and writes their averages.
    void count_visible(const RbmKernel& kernel, const RbmJob& job, double* averages);
    /// `products` take the totals of the hidden units, which `job` adds up, and the products.
    void place(RbmMomentsJob& job, double* products);
    /// Once they are added up.
    void finish_hidden(double* averages) const;

private:
    const RbmMachine& machine_;
    double count_ = 0.0, one_;
    std::int64_t first_word_, last_word_;
    std::vector<std::uint32_t> chosen_bits_, chosen_;  ///< bits of a word; all ones or 0 at rbm_place
    std::vector<double> row_, hidden_totals_;
};

}  // namespace kadanoff
