#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>

#include "aligned_words.hpp"
#include "checks.hpp"
#include "engine/engine.hpp"
#include "engine/graph_start.hpp"
#include "engine/packed_tables.hpp"
#include "engine/site_order.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/isa.hpp"
#include "kernels/packed.hpp"
#include "parallel.hpp"
#include "site_blocks.hpp"

namespace kadanoff {

namespace {

/// Below this many stripes of a phase a worker waits for its neighbours longer than it works.
constexpr std::int64_t min_stripes_per_worker = 4;
/// Pieces of a phase for each worker: enough that one slowed down by the machine can take fewer.
constexpr std::int64_t pieces_per_worker = 8;
/// Vector updates that take longer than it takes to start a thread.
constexpr double min_parallel_vectors = 20000;
constexpr std::uint32_t ones = ~std::uint32_t{0};

PackedKernel choose_kernel(Isa isa, PackedChoice choice) {
#if defined(KADANOFF_X86_KERNELS)
    if (isa == Isa::avx512) return avx512_packed(choice);
    if (isa == Isa::avx2) return avx2_packed(choice);
#endif
    static_cast<void>(isa);
    return scalar_packed(choice);
}

PackedCount choose_count(Isa isa, bool direct) {
#if defined(KADANOFF_X86_KERNELS)
    if (isa == Isa::avx512) return avx512_packed_count(direct);
    if (isa == Isa::avx2) return avx2_packed_count(direct);
#endif
    static_cast<void>(isa);
    return scalar_packed_count(direct);
}

/// Words of a position: a power of two below 16, or a multiple of 16.
std::int64_t padded_words(std::int64_t replicas) {
    const std::int64_t words = (replicas + 31) / 32;
    if (words > packed_lanes / 2) return (words + packed_lanes - 1) / packed_lanes * packed_lanes;
    std::int64_t power = 1;
    while (power < words) power *= 2;
    return power;
}

int log2_words(std::int64_t words) {
    int shift = 0;
    while (shift < 4 && (std::int64_t{1} << shift) < words) ++shift;
    return shift;
}

/// Bit k of a word is replica k: any graph, couplings of one size and either sign, one field, a beta per replica.
class PackedEngine final : public Engine {
public:
    PackedEngine(const EngineRequest& request, const Ising& model, const std::vector<Bond>& bonds)
        : packing_(request),
          options_(request.options),
          threads_(resolve_threads(request.options.threads)),
          isa_(active_isa()),
          rule_(find_rule(request.options.update)),
          model_{std::fabs(model.coupling[0]), model.field[0]},
          words_(padded_words(request.options.replicas)),
          shift_(log2_words(words_)),
          sites_(make_site_blocks(request.lattice, bonds, request.options.order, packed_lanes >> shift_)),
          count_(choose_count(isa_, shift_ == 4)),
          buffer_words_(sites_.positions * words_ + packed_lanes),
          source_(static_cast<std::size_t>(buffer_words_)),
          target_(static_cast<std::size_t>(request.options.order == "parallel" ? buffer_words_ : 0)) {
        check_size();
        set_couplings(model.coupling, bonds);
        for (const SiteBlock& block : sites_.blocks) table_for(block.degree);
        set_beta(request.options.beta);
        write(graph_start(request).data());
    }

    void advance(std::uint64_t sweep, std::int64_t draws, std::int64_t every, Totals* totals) override {
        const double vectors =
            static_cast<double>(sites_.positions * words_) / packed_lanes * static_cast<double>(draws * every);
        const std::int64_t threads = vectors < min_parallel_vectors ? 1 : threads_;
        std::int64_t stripes = 0;
        for (const SiteBlock& block : sites_.blocks) stripes += (block.sites + stripe_sites - 1) / stripe_sites;
        const std::int64_t sharing =
            std::min<std::int64_t>(threads, stripes * word_blocks() / sites_.phases() / min_stripes_per_worker);
        if (word_blocks() >= threads || sharing <= word_blocks()) {
            advance_by_words(sweep, draws, every, totals, std::min(threads, word_blocks()));
        } else {
            advance_by_stripe(sweep, draws, every, totals, sharing);
        }
    }

    void measure(Totals* totals) override {
        for (std::int64_t w = 0; w < word_blocks(); ++w) measure_words(w, totals, 1);
    }

    void set_beta(const std::vector<double>& beta) override {
        std::vector<double> each = beta;
        if (each.size() == 1) each.assign(static_cast<std::size_t>(packing_.replicas), beta[0]);
        for (DegreeTable& table : tables_) table.tables.set_beta(each);
    }

    std::int64_t packed_size() const override { return packing_.size(); }

    void read(std::uint32_t* words) const override {
        for (std::int64_t i = 0; i < packing_.sites; ++i) {
            std::copy_n(row(i), packing_.row_words(), words + i * packing_.row_words());
        }
    }

    void write(const std::uint32_t* words) override {
        packing_.check(words);
        for (std::int64_t i = 0; i < packing_.sites; ++i) {
            std::copy_n(words + i * packing_.row_words(), packing_.row_words(), const_cast<std::uint32_t*>(row(i)));
        }
    }

    void unpack(std::int8_t* spins) const override {
        std::vector<std::uint32_t> words(static_cast<std::size_t>(packing_.size()));
        read(words.data());
        packing_.unpack(words.data(), spins);
    }

    void pack(const std::int8_t* spins) override {
        std::vector<std::uint32_t> words(static_cast<std::size_t>(packing_.size()));
        packing_.pack(spins, words.data());
        write(words.data());
    }

    std::string kernel() const override { return std::string("packed-") + name(isa_); }

private:
    struct DegreeTable {
        PackedTables tables;
        PackedKernel kernel;
    };
    /// Stripes [first, last) of a block, in one block of words.
    struct Piece {
        std::int64_t block, words, first, last;
    };

    std::int64_t word_blocks() const { return std::max<std::int64_t>(1, words_ / packed_lanes); }

    const std::uint32_t* row(std::int64_t site) const {
        return source_.data() + static_cast<std::int64_t>(sites_.position[static_cast<std::size_t>(site)]) * words_;
    }

    void check_size() const {
        if (buffer_words_ >= (std::int64_t{1} << 31) && shift_ < 4) {
            throw InvalidArgument("[Sampler] expected at most 2^31 words of spins for fewer than 512 replicas, got " +
                                  std::to_string(buffer_words_));
        }
        for (const SiteBlock& block : sites_.blocks) {
            if (block.degree > max_counted) {
                throw InvalidArgument(
                    "[Sampler] expected at most 255 neighbours of a site for the packed kernel, got " +
                    std::to_string(block.degree));
            }
        }
    }

    void set_couplings(const Values& coupling, const std::vector<Bond>& bonds) {
        const bool mixed = std::any_of(coupling.all().begin(), coupling.all().end(),
                                       [&](double j) { return (j < 0) != (coupling[0] < 0); });
        flip_ = !mixed && coupling[0] < 0 ? ones : 0;
        for (const Bond& bond : bonds) {
            first_.push_back(sites_.position[static_cast<std::size_t>(bond.first)]);
            second_.push_back(sites_.position[static_cast<std::size_t>(bond.second)]);
        }
        if (mixed) {
            for (std::int64_t b = 0; b < coupling.size(); ++b) bond_negative_.push_back(coupling[b] < 0 ? ones : 0);
            for (const std::uint32_t bond : sites_.bond) negative_.push_back(bond_negative_[bond]);
        }
        for (auto* list : {&first_, &second_, &bond_negative_}) list->resize(list->size() + packed_lanes);
        positions_ = sites_.position;
        positions_.resize(positions_.size() + packed_lanes);
        if (!mixed) bond_negative_.clear();
        sites_.bond = {};
        bonds_ = static_cast<std::int64_t>(bonds.size());
    }

    /// The table and kernel for sites of that degree, made at the first call.
    const DegreeTable& table_for(int degree) {
        for (const DegreeTable& table : tables_) {
            if (table.tables.degree() == degree) return table;
        }
        const PackedChoice choice{rule_, model_.field == 0.0, degree, shift_ == 4};
        tables_.push_back({PackedTables(rule_, degree, model_, words_), choose_kernel(isa_, choice)});
        return tables_.back();
    }

    PackedJob job(const SiteBlock& block, std::int64_t words, std::uint64_t sweep, std::int64_t group) {
        PackedJob job{};
        const std::int64_t offset = words * packed_lanes;
        job.source = source_.data() + offset;
        job.target = (options_.order == "parallel" ? target_.data() : source_.data()) + offset;
        job.neighbour = sites_.neighbour.data() + block.first_slot;
        job.negative = negative_.empty() ? nullptr : negative_.data() + block.first_slot;
        job.flip = flip_;
        job.stride = block.stride;
        job.first = block.first;
        job.sites = block.sites;
        job.degree = block.degree;
        job.words = words_;
        job.shift = shift_;
        job.first_word = static_cast<std::uint32_t>(offset);
        job.first_group = static_cast<std::uint32_t>(group);
        job.table = table_for(block.degree).tables.view();
        visit_type(Rules{}, rule_, [&](auto tag) { job.key.stream = decltype(tag)::type::packed_stream; });
        job.key.seed = options_.seed;
        job.key.sweep = sweep;
        return job;
    }

    void update(const Piece& piece, std::uint64_t sweep) {
        const SiteBlock& block = sites_.blocks[static_cast<std::size_t>(piece.block)];
        table_for(block.degree).kernel.update(job(block, piece.words, sweep, block.group), piece.first, piece.last);
    }

    /// All stripes of a block.
    Piece whole(std::int64_t block, std::int64_t words) const {
        const std::int64_t sites = sites_.blocks[static_cast<std::size_t>(block)].sites;
        return {block, words, 0, (sites + stripe_sites - 1) / stripe_sites};
    }

    /// One sweep of one block of words on one thread.
    void sweep_words(std::uint64_t sweep, std::int64_t words) {
        if (options_.order == "random") {
            const std::vector<std::uint32_t> order = site_order(options_.seed, sweep, packing_.sites);
            for (std::size_t k = 0; k < order.size(); ++k) {
                const SiteBlock& block = sites_.blocks[order[k]];  // one per site, by number
                const auto group = static_cast<std::int64_t>(k) * site_streams;
                table_for(block.degree).kernel.update(job(block, words, sweep, group), 0, 1);
            }
            return;
        }
        for (std::int64_t b = 0; b < static_cast<std::int64_t>(sites_.blocks.size()); ++b) {
            update(whole(b, words), sweep);
        }
    }

    /// Workers take whole blocks of words and never wait for each other.
    void advance_by_words(std::uint64_t sweep, std::int64_t draws, std::int64_t every, Totals* totals,
                          std::int64_t workers) {
        // All words of a parallel update share the exchange of source and target: sweep by sweep then.
        if (options_.order == "parallel") return advance_parallel(sweep, draws, every, totals, workers);
        std::atomic<std::int64_t> next{0};
        run_parallel(static_cast<int>(workers), [&](int) {
            for (std::int64_t w = next++; w < word_blocks(); w = next++) {
                for (std::int64_t draw = 0; draw < draws; ++draw) {
                    const std::uint64_t first = sweep + static_cast<std::uint64_t>(draw * every);
                    for (std::int64_t s = 0; s < every; ++s) sweep_words(first + static_cast<std::uint64_t>(s), w);
                    if (totals != nullptr) measure_words(w, totals + draw, draws);
                }
            }
        });
    }

    void advance_parallel(std::uint64_t sweep, std::int64_t draws, std::int64_t every, Totals* totals,
                          std::int64_t workers) {
        PhasedWork work(static_cast<int>(workers));
        run_parallel(static_cast<int>(workers), [&](int worker) {
            for (std::int64_t s = 0; s < draws * every; ++s) {
                work.phase(word_blocks(),
                           [&](std::int64_t w) { sweep_words(sweep + static_cast<std::uint64_t>(s), w); });
                if (worker == 0) std::swap(source_, target_);
                work.phase(0, [](std::int64_t) {});
                if (totals == nullptr || (s + 1) % every != 0) continue;
                work.phase(word_blocks(), [&](std::int64_t w) { measure_words(w, totals + s / every, draws); });
            }
        });
    }

    /// Workers share the stripes of every phase, and meet after it.
    void advance_by_stripe(std::uint64_t sweep, std::int64_t draws, std::int64_t every, Totals* totals,
                           std::int64_t workers) {
        const std::vector<std::vector<Piece>> phases = pieces(workers);
        PhasedWork work(static_cast<int>(workers));
        run_parallel(static_cast<int>(workers), [&](int worker) {
            for (std::int64_t s = 0; s < draws * every; ++s) {
                for (const std::vector<Piece>& phase : phases) {
                    work.phase(static_cast<std::int64_t>(phase.size()), [&](std::int64_t piece) {
                        update(phase[static_cast<std::size_t>(piece)], sweep + static_cast<std::uint64_t>(s));
                    });
                }
                if (options_.order == "parallel") {
                    if (worker == 0) std::swap(source_, target_);
                    work.phase(0, [](std::int64_t) {});
                }
                if (totals == nullptr || (s + 1) % every != 0) continue;
                work.phase(word_blocks(), [&](std::int64_t w) { measure_words(w, totals + s / every, draws); });
            }
        });
    }

    std::vector<std::vector<Piece>> pieces(std::int64_t workers) const {
        std::vector<std::vector<Piece>> phases;
        for (std::int64_t p = 0; p < sites_.phases(); ++p) {
            const auto phase = static_cast<std::size_t>(p);
            std::vector<Piece> wholes;
            std::int64_t stripes = 0;
            for (std::int64_t b = sites_.phase_begin[phase]; b < sites_.phase_begin[phase + 1]; ++b) {
                for (std::int64_t w = 0; w < word_blocks(); ++w) {
                    wholes.push_back(whole(b, w));
                    stripes += wholes.back().last;
                }
            }
            const std::int64_t step = std::max<std::int64_t>(1, stripes / (workers * pieces_per_worker));
            phases.emplace_back();
            for (const Piece& all : wholes) {
                for (std::int64_t s = 0; s < all.last; s += step) {
                    phases.back().push_back({all.block, all.words, s, std::min(all.last, s + step)});
                }
            }
        }
        return phases;
    }

    /// Adds up 16 words of replicas and writes totals[replica * stride].
    void measure_words(std::int64_t words, Totals* totals, std::int64_t stride) const {
        const std::uint32_t* spins = source_.data() + words * packed_lanes;
        std::vector<std::uint64_t> unequal(32 * packed_lanes, 0), up(32 * packed_lanes, 0);
        count_({spins, first_.data(), second_.data(), bond_negative_.empty() ? nullptr : bond_negative_.data(), bonds_,
                words_, shift_},
               unequal.data());
        count_({spins, positions_.data(), nullptr, nullptr, packing_.sites, words_, shift_}, up.data());
        const double coupling = flip_ == 0 ? model_.coupling : -model_.coupling;
        const std::int64_t lanes = std::min(words_, packed_lanes);
        for (std::int64_t lane = 0; lane < lanes; ++lane) {
            for (std::int64_t bit = 0; bit < 32; ++bit) {
                const std::int64_t replica = (words * packed_lanes + lane) * 32 + bit;
                if (replica >= packing_.replicas) return;
                std::uint64_t differ = 0, ups = 0;
                for (std::int64_t l = lane; l < packed_lanes; l += lanes) {
                    differ += unequal[static_cast<std::size_t>(bit * packed_lanes + l)];
                    ups += up[static_cast<std::size_t>(bit * packed_lanes + l)];
                }
                const auto bond_sum = static_cast<double>(bonds_ - 2 * static_cast<std::int64_t>(differ));
                const auto spin = static_cast<double>(2 * static_cast<std::int64_t>(ups) - packing_.sites);
                totals[replica * stride] = {-coupling * bond_sum - model_.field * spin, spin};
            }
        }
    }

    GraphPacking packing_;
    SamplerOptions options_;
    int threads_;
    Isa isa_;
    int rule_;
    UniformIsing model_;  ///< of the size of the couplings
    std::int64_t words_;  ///< of a position
    int shift_;
    SiteBlocks sites_;
    PackedCount count_;
    std::int64_t buffer_words_;
    AlignedWords source_, target_;
    std::int64_t bonds_ = 0;
    std::uint32_t flip_ = 0;
    std::vector<std::uint32_t> negative_;                        ///< like SiteBlocks::neighbour
    std::vector<std::uint32_t> first_, second_, bond_negative_;  ///< of each bond
    std::vector<std::uint32_t> positions_;                       ///< of each site
    std::vector<DegreeTable> tables_;
};

}  // namespace

std::unique_ptr<Engine> make_packed_engine(const EngineRequest& request) {
    return std::make_unique<PackedEngine>(request, std::get<Ising>(request.model), request.lattice.bonds());
}

}  // namespace kadanoff
