#include "engine/table_sets.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>

#include "checks.hpp"
#include "kadanoff/update/plain_real.hpp"
#include "parallel.hpp"

namespace kadanoff {

namespace {

/// Rows that take longer to make than a thread to start, and a share of them.
constexpr std::int64_t min_parallel_rows = 20000;
constexpr std::int64_t sites_per_piece = 4096;

}  // namespace

TableSets::TableSets(SiteBlocks& sites, const Ising& model, std::int64_t words, bool uses_spin, int threads)
    : sites_(sites), words_(words), threads_(threads), rows_(0) {
    coupling_.reserve(sites.bond.size());
    for (const std::uint32_t bond : sites.bond) coupling_.push_back(model.coupling[bond]);
    sites.bond = {};
    std::int64_t fields = 0;
    for (const SiteBlock& block : sites.blocks) {
        first_field_.push_back(fields);
        first_row_.push_back(rows_of_set_);
        fields += block.stride;
        rows_of_set_ += table_kinds(uses_spin) * table_quarters(block.degree) * block.stride;
    }
    std::vector<double> field_at(static_cast<std::size_t>(sites.positions), 0.0);
    for (std::size_t i = 0; i < sites.position.size(); ++i) {
        field_at[sites.position[i]] = model.field[static_cast<std::int64_t>(i)];
    }
    field_.assign(static_cast<std::size_t>(fields), 0.0);
    for (std::size_t b = 0; b < sites.blocks.size(); ++b) {
        const SiteBlock& block = sites.blocks[b];
        std::copy_n(field_at.begin() + block.first, block.sites, field_.begin() + first_field_[b]);
    }
    symmetric_ = std::all_of(field_.begin(), field_.end(), [](double h) { return h == 0.0; });
    members_.resize(static_cast<std::size_t>((words + packed_lanes - 1) / packed_lanes));
}

/// A block of sites, with the place of set 0.
TableBuild TableSets::build_of(std::size_t block) {
    const SiteBlock& sites = sites_.blocks[block];
    const auto step = static_cast<std::int64_t>(beta_of_set_.size()) * row_words;
    return {coupling_.data() + sites.first_slot,
            field_.data() + first_field_[block],
            sites.stride,
            sites.degree,
            0.0,
            rows_.data() + first_row_[block] * step,
            step,
            symmetric_};
}

void TableSets::make(const std::vector<std::int64_t>& sets, decltype(TableKernel::build) build) {
    struct Piece {
        std::int64_t set;
        std::size_t block;
        std::int64_t first, last;
    };
    std::vector<Piece> pieces;
    std::int64_t rows = 0;
    for (const std::int64_t set : sets) {
        for (std::size_t b = 0; b < sites_.blocks.size(); ++b) {
            const SiteBlock& block = sites_.blocks[b];
            rows += block.sites * table_quarters(block.degree);
            for (std::int64_t j = 0; j < block.sites; j += sites_per_piece) {
                pieces.push_back({set, b, j, std::min(block.sites, j + sites_per_piece)});
            }
        }
    }
    std::atomic<std::size_t> next{0};
    run_parallel(rows < min_parallel_rows ? 1 : threads_, [&](int) {
        for (std::size_t p = next++; p < pieces.size(); p = next++) {
            const Piece& piece = pieces[p];
            TableBuild own = build_of(piece.block);
            own.scale = 2.0 * log2_e * beta_of_set_[static_cast<std::size_t>(piece.set)];
            own.row += piece.set * row_words;
            build(own, piece.first, piece.last);
        }
    });
}

/// The set of each of the temperatures; sets that are not in use make room for new ones.
std::vector<std::int64_t> TableSets::sets_for(const std::vector<double>& distinct, decltype(TableKernel::build) build) {
    constexpr std::int64_t none = -1;
    if (distinct.size() > beta_of_set_.size()) {
        const std::int64_t words = static_cast<std::int64_t>(distinct.size()) * rows_of_set_ * row_words;
        check_memory(4.0 * static_cast<double>(words));
        rows_ = AlignedWords(static_cast<std::size_t>(words));
        beta_of_set_.assign(distinct.size(), std::nan(""));
    }
    std::vector<std::int64_t> sets(distinct.size(), none), made;
    std::vector<bool> used(beta_of_set_.size(), false);
    for (std::size_t d = 0; d < distinct.size(); ++d) {
        const auto found = std::find(beta_of_set_.begin(), beta_of_set_.end(), distinct[d]);
        if (found == beta_of_set_.end()) continue;
        sets[d] = found - beta_of_set_.begin();
        used[static_cast<std::size_t>(sets[d])] = true;
    }
    std::size_t free = 0;
    for (std::size_t d = 0; d < distinct.size(); ++d) {
        if (sets[d] != none) continue;
        while (used[free]) ++free;
        used[free] = true;
        beta_of_set_[free] = distinct[d];
        sets[d] = static_cast<std::int64_t>(free);
        made.push_back(sets[d]);
    }
    if (!made.empty()) make(made, build);
    return sets;
}

void TableSets::set_beta(const std::vector<double>& beta, decltype(TableKernel::build) build) {
    std::vector<double> distinct = beta;
    std::sort(distinct.begin(), distinct.end());
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    const std::vector<std::int64_t> sets = sets_for(distinct, build);
    scale_.assign(static_cast<std::size_t>(words_ * replicas_per_word), 2.0 * log2_e * beta.back());
    if (distinct.size() == 1) {
        for (Members& members : members_) members = {{sets[0] * row_words}, {}};
        return;
    }
    std::vector<std::int64_t> set_of_replica;
    for (std::size_t r = 0; r < scale_.size(); ++r) {
        const double own = beta[std::min(r, beta.size() - 1)];
        const auto place = std::lower_bound(distinct.begin(), distinct.end(), own) - distinct.begin();
        set_of_replica.push_back(sets[static_cast<std::size_t>(place)]);
        scale_[r] = 2.0 * log2_e * own;
    }
    deal_out(set_of_replica);
}

void TableSets::deal_out(const std::vector<std::int64_t>& set_of_replica) {
    constexpr std::int64_t at_once = packed_lanes * replicas_per_word;
    for (std::size_t m = 0; m < members_.size(); ++m) {
        const auto begin = set_of_replica.begin() + static_cast<std::int64_t>(m) * at_once;
        std::vector<std::int64_t> sets(begin, begin + at_once);
        std::sort(sets.begin(), sets.end());
        sets.erase(std::unique(sets.begin(), sets.end()), sets.end());
        Members& members = members_[m];
        members.place.clear();
        for (const std::int64_t set : sets) members.place.push_back(set * row_words);
        members.bytes.assign(sets.size() * packed_lanes, 0);
        for (std::int64_t r = 0; r < at_once; ++r) {
            const auto own = std::lower_bound(sets.begin(), sets.end(), begin[r]) - sets.begin();
            members.bytes[static_cast<std::size_t>(own * packed_lanes + r / replicas_per_word)] |=
                0xFFu << (8 * (r % replicas_per_word));
        }
    }
}

void TableSets::place(TableJob& job, std::size_t block, std::int64_t words) {
    const Members& members = members_[static_cast<std::size_t>(words)];
    job.model = build_of(block);
    job.set = members.place.data();
    job.sets = static_cast<int>(members.place.size());
    job.member = members.bytes.data();
    job.scale = scale_.data();
}

}  // namespace kadanoff
