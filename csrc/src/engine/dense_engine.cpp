#include <algorithm>
#include <atomic>
#include <memory>

#include "aligned_words.hpp"
#include "checks.hpp"
#include "engine/graph_spins.hpp"
#include "engine/packed_tables.hpp"
#include "engine/site_order.hpp"
#include "kadanoff/isa.hpp"
#include "kernels/dense.hpp"
#include "parallel.hpp"

namespace kadanoff {

namespace {

/// Words looked up that take longer than it takes to start a thread.
constexpr double min_parallel_words = 25000;

DenseKernel choose_kernel(Isa isa, int rule) {
#if defined(KADANOFF_X86_KERNELS)
    if (isa == Isa::avx512) return avx512_dense(rule);
    if (isa == Isa::avx2) return avx2_dense(rule);
#endif
    static_cast<void>(isa);
    return scalar_dense(rule);
}

/// Sites phase by phase; within one, by number.
std::vector<std::uint32_t> fixed_order(const EngineRequest& request) {
    const std::vector<std::uint32_t> phase = site_phases(request.lattice, request.options.order);
    std::vector<std::uint32_t> sites(phase.size());
    for (std::size_t i = 0; i < sites.size(); ++i) sites[i] = static_cast<std::uint32_t>(i);
    std::stable_sort(sites.begin(), sites.end(), [&](auto a, auto b) { return phase[a] < phase[b]; });
    return sites;
}

/// A model in which most sites are neighbours: a site's local field is summed up from tables of what four others exert
/// on it, and sites are updated one by one.
class DenseEngine final : public GraphSpins {
public:
    DenseEngine(const EngineRequest& request, const Ising& model)
        : GraphSpins(request),
          options_(request.options),
          isa_(active_isa()),
          rule_(find_rule(request.options.update)),
          kernel_(choose_kernel(isa_, rule_)),
          row_words_((packing_.sites + word_sites - 1) / word_sites),
          blocks_((packing_.replicas + dense_replicas - 1) / dense_replicas),
          threads_(resolve_threads(request.options.threads)),
          at_once_(request.options.order == "parallel"),
          order_(request.options.order == "random" ? std::vector<std::uint32_t>() : fixed_order(request)),
          spins_(spin_words()),
          next_spins_(at_once_ ? spin_words() : 0) {
        const double sites = static_cast<double>(packing_.sites);
        check_memory(8.0 * sites * sites + 4.0 * nibble_cases * sites * static_cast<double>(dense_parts * row_words_));
        fill_couplings(request.lattice, model);
        fill_tables();
        set_beta(request.options.beta);
        write(graph_start(request).data());
    }

    void advance(std::uint64_t sweep, std::int64_t draws, std::int64_t every, Totals* totals) override {
        const double words = static_cast<double>(packing_.sites * row_words_ * blocks_ * draws * every);
        const std::int64_t workers = words < min_parallel_words ? 1 : std::min<std::int64_t>(threads_, blocks_);
        // Blocks that take turns at a site; a share for each worker comes first.
        const std::int64_t together = std::clamp<std::int64_t>(blocks_ / workers, 1, dense_together / dense_replicas);
        std::atomic<std::int64_t> next{0};
        run_parallel(static_cast<int>(workers), [&](int) {
            std::vector<std::uint32_t> order = order_;
            for (std::int64_t b = next.fetch_add(together); b < blocks_; b = next.fetch_add(together)) {
                const std::int64_t last = std::min(b + together, blocks_);
                for (std::int64_t s = 0; s < draws * every; ++s) {
                    const std::uint64_t now = sweep + static_cast<std::uint64_t>(s);
                    if (order_.empty()) order = site_order(options_.seed, now, packing_.sites);
                    sweep_blocks(b, last, now, order);
                    if (totals == nullptr || (s + 1) % every != 0) continue;
                    for (std::int64_t m = b; m < last; ++m) measure_block(m, totals + s / every, draws);
                }
            }
        });
    }

    void measure(Totals* totals) override {
        for (std::int64_t block = 0; block < blocks_; ++block) measure_block(block, totals, 1);
    }

    void set_beta(const std::vector<double>& beta) override {
        scale_.resize(static_cast<std::size_t>(blocks_ * dense_replicas));
        for (std::size_t r = 0; r < scale_.size(); ++r) {
            scale_[r] = float_bits(2.0 * log2_e * beta[std::min(r, beta.size() - 1)]);
        }
    }

    void read(std::uint32_t* words) const override {
        std::fill_n(words, packing_.size(), 0);
        for (std::int64_t i = 0; i < packing_.sites; ++i) {
            std::uint32_t* out = words + i * packing_.row_words();
            for (std::int64_t r = 0; r < packing_.replicas; ++r) {
                const std::uint32_t word = spins_.data()[dense_place(row_words_, i / word_sites, r)];
                if ((word & dense_bit(i)) != 0) out[r / 32] |= std::uint32_t{1} << (r % 32);
            }
        }
    }

    void write(const std::uint32_t* words) override {
        packing_.check(words);
        std::fill_n(spins_.data(), spin_words(), 0);
        for (std::int64_t i = 0; i < packing_.sites; ++i) {
            const std::uint32_t* in = words + i * packing_.row_words();
            for (std::int64_t r = 0; r < packing_.replicas; ++r) {
                if (((in[r / 32] >> (r % 32)) & 1) == 0) continue;
                spins_.data()[dense_place(row_words_, i / word_sites, r)] |= dense_bit(i);
            }
        }
    }

    std::string kernel() const override { return std::string("dense-") + name(isa_); }

private:
    std::int64_t block_words() const { return dense_block_words(row_words_); }
    std::size_t spin_words() const { return static_cast<std::size_t>(blocks_ * block_words()); }
    std::int64_t replicas_in(std::int64_t block) const {
        return std::min(dense_replicas, packing_.replicas - block * dense_replicas);
    }

    void fill_couplings(const Lattice& lattice, const Ising& model) {
        const auto n = static_cast<std::size_t>(packing_.sites);
        coupling_.assign(n * n, 0.0);
        std::int64_t number = 0;
        for (const Bond& bond : lattice.bonds()) {
            const double coupling = model.coupling[number++];
            const auto i = static_cast<std::size_t>(bond.first), j = static_cast<std::size_t>(bond.second);
            coupling_[i * n + j] += coupling;
            coupling_[j * n + i] += coupling;
            satisfied_ += coupling;
        }
        for (std::int64_t i = 0; i < packing_.sites; ++i) {
            field_.push_back(model.field[i]);
            field32_.push_back(static_cast<float>(model.field[i]));
            aligned_ += model.field[i];
        }
    }

    void fill_tables() {
        const auto n = static_cast<std::size_t>(packing_.sites),
                   nibbles = static_cast<std::size_t>(dense_parts * row_words_);
        table_ = AlignedWords(n * nibbles * nibble_cases);
        std::uint32_t* out = table_.data();
        for (std::size_t i = 0; i < n; ++i) {
            for (std::size_t first = 0; first < nibbles * nibble_sites; first += nibble_sites) {
                for (unsigned number = 0; number < nibble_cases; ++number) {
                    double sum = 0.0;
                    for (std::size_t k = 0; k < nibble_sites && first + k < n; ++k) {
                        const double coupling = coupling_[i * n + first + k];
                        sum += (number >> k) & 1 ? coupling : -coupling;
                    }
                    *out++ = float_bits(sum);
                }
            }
        }
    }

    void sweep_blocks(std::int64_t first, std::int64_t last, std::uint64_t sweep,
                      const std::vector<std::uint32_t>& order) {
        DenseJob job{};
        job.source = spins_.data() + first * block_words();
        job.target = (at_once_ ? next_spins_.data() : spins_.data()) + first * block_words();
        job.words = row_words_;
        job.replicas = std::min(last * dense_replicas, packing_.replicas) - first * dense_replicas;
        job.table = reinterpret_cast<const float*>(table_.data());
        job.field = field32_.data();
        job.visit = order.data();
        job.visits = static_cast<std::int64_t>(order.size());
        job.scale = scale_.data() + first * dense_replicas;
        job.first_replica = static_cast<std::uint32_t>(first * dense_replicas);
        job.key.seed = options_.seed;
        job.key.sweep = sweep;
        visit_type(Rules{}, rule_, [&](auto tag) { job.key.stream = decltype(tag)::type::dense_stream; });
        kernel_.sweep(job);
        if (at_once_) std::copy_n(job.target, (last - first) * block_words(), spins_.data() + first * block_words());
    }

    /// Energies are those of all spins up, plus what every unequal pair and every spin down costs.
    void measure_block(std::int64_t block, Totals* totals, std::int64_t stride) const {
        std::vector<std::uint32_t> scratch(static_cast<std::size_t>(packing_.sites * packed_lanes));
        DenseSums sums;
        kernel_.measure(
            {spins_.data() + block * block_words(), packing_.sites, coupling_.data(), field_.data(), scratch.data()},
            replicas_in(block), sums);
        for (std::int64_t r = 0; r < replicas_in(block); ++r) {
            totals[(block * dense_replicas + r) * stride] = {
                2.0 * (sums.pairs[r] + sums.fields[r]) - satisfied_ - aligned_,
                static_cast<double>(packing_.sites) - 2.0 * sums.down[r]};
        }
    }

    SamplerOptions options_;
    Isa isa_;
    int rule_;
    DenseKernel kernel_;
    std::int64_t row_words_;  ///< of a replica
    std::int64_t blocks_;     ///< of 64 replicas
    int threads_;
    bool at_once_;                      ///< all sites see the spins before the sweep
    std::vector<std::uint32_t> order_;  ///< empty: another one for every sweep
    AlignedWords spins_, next_spins_;   ///< see dense_sweep.hpp
    AlignedWords table_{0};             ///< floats, see DenseJob
    std::vector<float> field32_;
    std::vector<double> coupling_;  ///< (site, site)
    std::vector<double> field_;
    double satisfied_ = 0.0, aligned_ = 0.0;  ///< sums of the couplings and of the fields
    std::vector<std::uint32_t> scale_;
};

}  // namespace

std::unique_ptr<Engine> make_dense_engine(const EngineRequest& request) {
    return std::make_unique<DenseEngine>(request, std::get<Ising>(request.model));
}

}  // namespace kadanoff
