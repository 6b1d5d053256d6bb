#include <algorithm>
#include <cmath>

#include "engine/graph_engine.hpp"
#include "engine/packed_tables.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/isa.hpp"
#include "kernels/packed.hpp"

namespace kadanoff {

namespace {

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

SiteBlocks sort_sites(const EngineRequest& request, std::int64_t alignment) {
    const auto phases = site_phases(request.lattice, request.options.order);
    return make_site_blocks(request.lattice, request.lattice.bonds(), phases, alignment);
}

/// Bit k of a word is replica k: any graph, couplings of one size and either sign, one field, a beta per replica.
class PackedEngine final : public GraphEngine {
public:
    PackedEngine(const EngineRequest& request, const Ising& model, const std::vector<Bond>& bonds)
        : GraphEngine(request, (request.options.replicas + 31) / 32, sort_sites),
          isa_(active_isa()),
          rule_(find_rule(request.options.update)),
          model_{std::fabs(model.coupling[0]), model.field[0]},
          count_(choose_count(isa_, direct())) {
        check_degrees();
        set_couplings(model.coupling, bonds);
        for (const SiteBlock& block : sites_.blocks) table_for(block.degree);
        set_beta(request.options.beta);
        write(graph_start(request).data());
    }

    void set_beta(const std::vector<double>& beta) override {
        std::vector<double> each = beta;
        if (each.size() == 1) each.assign(static_cast<std::size_t>(packing_.replicas), beta[0]);
        for (DegreeTable& table : tables_) table.tables.set_beta(each);
    }

    /// Bits beyond the last replica are swept along; they are not told.
    void read(std::uint32_t* words) const override {
        const std::int64_t used = packing_.row_words();
        const std::uint32_t last = ones >> (31 - (packing_.replicas - 1) % 32);
        for (std::int64_t i = 0; i < packing_.sites; ++i) {
            for (std::int64_t w = 0; w < used; w += width_) {
                std::copy_n(spins_of(i, w), std::min(width_, used - w), words + i * used + w);
            }
            words[(i + 1) * used - 1] &= last;
        }
    }

    void write(const std::uint32_t* words) override {
        packing_.check(words);
        const std::int64_t used = packing_.row_words();
        for (std::int64_t i = 0; i < packing_.sites; ++i) {
            for (std::int64_t w = 0; w < used; w += width_) {
                std::copy_n(words + i * used + w, std::min(width_, used - w), spins_of(i, w));
            }
        }
    }

    std::string kernel() const override { return std::string("packed-") + name(isa_); }

private:
    struct DegreeTable {
        PackedTables tables;
        PackedKernel kernel;
    };
    void check_degrees() const {
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
        if (!mixed) bond_negative_.clear();
        sites_.bond = {};
        bonds_ = static_cast<std::int64_t>(bonds.size());
    }

    /// The table and kernel for sites of that degree, made at the first call.
    const DegreeTable& table_for(int degree) {
        for (const DegreeTable& table : tables_) {
            if (table.tables.degree() == degree) return table;
        }
        const PackedChoice choice{rule_, model_.field == 0.0, degree, direct()};
        tables_.push_back({PackedTables(rule_, degree, model_, words_), choose_kernel(isa_, choice)});
        return tables_.back();
    }

    void update(const SiteBlock& block, std::int64_t words, std::uint64_t sweep, std::int64_t group, std::int64_t first,
                std::int64_t last) override {
        const DegreeTable& table = table_for(block.degree);
        PackedJob job{};
        place(job, block, words, sweep, group);
        job.negative = negative_.empty() ? nullptr : negative_.data() + block.first_slot;
        job.flip = flip_;
        job.table = table.tables.view();
        visit_type(Rules{}, rule_, [&](auto tag) { job.key.stream = decltype(tag)::type::packed_stream; });
        table.kernel.update(job, first, last);
    }

    /// Adds up 16 words of replicas and writes totals[replica * stride].
    void measure_words(std::int64_t words, Totals* totals, std::int64_t stride) const override {
        const std::uint32_t* spins = block_spins(words);
        alignas(64) std::uint32_t unequal[32 * packed_lanes], up[32 * packed_lanes];
        count_({spins, first_.data(), second_.data(), bond_negative_.empty() ? nullptr : bond_negative_.data(), bonds_,
                width_, shift_},
               unequal);
        count_({spins, nullptr, nullptr, nullptr, sites_.positions, width_, shift_}, up);
        const double coupling = flip_ == 0 ? model_.coupling : -model_.coupling;
        const std::int64_t lanes = width_;
        for (std::int64_t lane = 0; lane < lanes; ++lane) {
            for (std::int64_t bit = 0; bit < 32; ++bit) {
                const std::int64_t replica = (words * packed_lanes + lane) * 32 + bit;
                if (replica >= packing_.replicas) return;
                std::uint64_t differ = 0, ups = 0;
                for (std::int64_t l = lane; l < packed_lanes; l += lanes) {
                    differ += unequal[bit * packed_lanes + l];
                    ups += up[bit * packed_lanes + l];
                }
                const auto bond_sum = static_cast<double>(bonds_ - 2 * static_cast<std::int64_t>(differ));
                const auto spin = static_cast<double>(2 * static_cast<std::int64_t>(ups) - packing_.sites);
                totals[replica * stride] = {-coupling * bond_sum - model_.field * spin, spin};
            }
        }
    }

    Isa isa_;
    int rule_;
    UniformIsing model_;  ///< of the size of the couplings
    PackedCount count_;
    std::int64_t bonds_ = 0;
    std::uint32_t flip_ = 0;
    std::vector<std::uint32_t> negative_;                        ///< like SiteBlocks::neighbour
    std::vector<std::uint32_t> first_, second_, bond_negative_;  ///< of each bond
    std::vector<DegreeTable> tables_;
};

}  // namespace

std::unique_ptr<Engine> make_packed_engine(const EngineRequest& request) {
    return std::make_unique<PackedEngine>(request, std::get<Ising>(request.model), request.lattice.bonds());
}

}  // namespace kadanoff
