#include <algorithm>

#include "engine/graph_engine.hpp"
#include "engine/packed_tables.hpp"
#include "engine/table_sets.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/isa.hpp"
#include "parallel.hpp"

namespace kadanoff {

namespace {

/// A position fills a register: where it held several sites, they would have to be gathered, which is slower.
std::int64_t words_of(const EngineRequest& request) {
    return std::max((request.options.replicas + replicas_per_word - 1) / replicas_per_word, packed_lanes);
}

TableKernel choose_kernel(Isa isa, TableChoice choice) {
#if defined(KADANOFF_X86_KERNELS)
    if (isa == Isa::avx512) return avx512_table(choice);
    if (isa == Isa::avx2) return avx2_table(choice);
#endif
    static_cast<void>(isa);
    return scalar_table(choice);
}

bool uses_spin(int rule) {
    bool result = false;
    visit_type(Rules{}, rule, [&](auto tag) { result = decltype(tag)::type::uses_spin; });
    return result;
}

/// Couplings and fields of any size on sites with few neighbours: a byte for each spin, 64 replicas in a register, and
/// for each site a table of what may happen to it.
class TableEngine final : public GraphEngine {
public:
    TableEngine(const EngineRequest& request, const Ising& model)
        : GraphEngine(request, words_of(request), sorted_sites),
          isa_(active_isa()),
          rule_(find_rule(request.options.update)),
          sets_(sites_, model, words_, uses_spin(rule_), resolve_threads(request.options.threads)) {
        for (const SiteBlock& block : sites_.blocks) {
            for (const bool one : {false, true}) {
                kernels_.push_back(choose_kernel(isa_, {rule_, block.degree, one}));
            }
        }
        list_bonds(request.lattice, model);
        set_beta(request.options.beta);
        write(graph_start(request).data());
    }

    void set_beta(const std::vector<double>& beta) override { sets_.set_beta(beta, kernels_[0].build); }

    void read(std::uint32_t* words) const override {
        for (std::int64_t i = 0; i < packing_.sites; ++i) {
            std::uint32_t* out = words + i * packing_.row_words();
            std::fill_n(out, packing_.row_words(), 0);
            for (std::int64_t r = 0; r < packing_.replicas; ++r) {
                const std::uint32_t word = *spins_of(i, r / replicas_per_word);
                out[r / 32] |= ((word >> (8 * (r % replicas_per_word))) & 1) << (r % 32);
            }
        }
    }

    void write(const std::uint32_t* words) override {
        packing_.check(words);
        for (std::int64_t i = 0; i < packing_.sites; ++i) {
            const std::uint32_t* in = words + i * packing_.row_words();
            for (std::int64_t r = 0; r < packing_.replicas; ++r) {
                const std::uint32_t byte = 0xFFu << (8 * (r % replicas_per_word));
                std::uint32_t& word = *spins_of(i, r / replicas_per_word);
                word = (in[r / 32] >> (r % 32)) & 1 ? word | byte : word & ~byte;
            }
        }
    }

    std::string kernel() const override { return std::string("table-") + name(isa_); }

private:
    void list_bonds(const Lattice& lattice, const Ising& model) {
        for (const Bond& bond : lattice.bonds()) {
            first_.push_back(sites_.position[static_cast<std::size_t>(bond.first)]);
            second_.push_back(sites_.position[static_cast<std::size_t>(bond.second)]);
        }
        bond_weight_ = model.coupling.all();
        field_weight_ = model.field.all();
        for (std::int64_t b = 0; b < lattice.bond_count(); ++b) satisfied_ += model.coupling[b];
        for (std::int64_t i = 0; i < lattice.sites(); ++i) aligned_ += model.field[i];
    }

    void update(const SiteBlock& block, std::int64_t words, std::uint64_t sweep, std::int64_t group, std::int64_t first,
                std::int64_t last) override {
        const auto number = static_cast<std::size_t>(&block - sites_.blocks.data());
        TableJob job{};
        place(job, block, words, sweep, group);
        sets_.place(job, number, words);
        visit_type(Rules{}, rule_, [&](auto tag) { job.key.stream = decltype(tag)::type::table_stream; });
        kernels_[2 * number + (job.sets == 1 ? 1 : 0)].update(job, first, last);
    }

    /// Energies are those of all spins up, plus what every unequal bond and every spin down costs.
    void measure_words(std::int64_t words, Totals* totals, std::int64_t stride) const override {
        constexpr std::int64_t at_once = packed_lanes * replicas_per_word;
        constexpr double one = 1.0;
        double unequal[at_once], against[at_once] = {}, down[at_once];
        const auto sum = [&](const std::vector<std::uint32_t>& first, const std::uint32_t* second, const double* weight,
                             std::size_t weights, double* out) {
            kernels_[0].sum({block_spins(words), first.data(), second, weight, weights == 1 ? 0 : 1,
                             static_cast<std::int64_t>(first.size())},
                            out);
        };
        sum(first_, second_.data(), bond_weight_.data(), bond_weight_.size(), unequal);
        sum(sites_.position, nullptr, &one, 1, down);
        if (field_weight_.size() > 1 || field_weight_[0] != 0.0) {
            sum(sites_.position, nullptr, field_weight_.data(), field_weight_.size(), against);
        }
        const auto sites = static_cast<double>(packing_.sites);
        const std::int64_t begin = words * at_once;
        for (std::int64_t k = 0; k < std::min(at_once, packing_.replicas - begin); ++k) {
            totals[(begin + k) * stride] = {2.0 * (unequal[k] + against[k]) - satisfied_ - aligned_,
                                            sites - 2.0 * down[k]};
        }
    }

    Isa isa_;
    int rule_;
    TableSets sets_;
    std::vector<TableKernel> kernels_;           ///< [2 * block + (all replicas at one temperature)]
    std::vector<std::uint32_t> first_, second_;  ///< positions of each bond
    std::vector<double> bond_weight_, field_weight_;
    double satisfied_ = 0.0, aligned_ = 0.0;  ///< sums of the couplings and of the fields
};

}  // namespace

std::unique_ptr<Engine> make_table_engine(const EngineRequest& request) {
    return std::make_unique<TableEngine>(request, std::get<Ising>(request.model));
}

}  // namespace kadanoff
