#include <algorithm>
#include <utility>

#include "engine/graph_engine.hpp"
#include "engine/packed_tables.hpp"
#include "kadanoff/isa.hpp"
#include "kadanoff/lattice/colouring.hpp"
#include "kernels/plain.hpp"
#include "plaquettes.hpp"

namespace kadanoff {

namespace {

constexpr std::size_t load_slack = 16;  ///< entries that a vector load may read beyond the last one

PlainKernel choose_kernel(Isa isa, int rule, bool direct) {
#if defined(KADANOFF_X86_KERNELS)
    if (isa == Isa::avx512) return avx512_plain(rule, direct);
    if (isa == Isa::avx2) return avx2_plain(rule, direct);
#endif
    static_cast<void>(isa);
    return scalar_plain(rule, direct);
}

/// With plaquettes, the sites of one are neighbours too: they must not be updated together.
SiteBlocks sort_sites(const EngineRequest& request, std::int64_t alignment) {
    const auto& model = std::get<Ising>(request.model);
    if (model.plaquette == 0.0 || request.options.order != "sublattice") return sorted_sites(request, alignment);
    const auto phases = colour(Lattice::graph(request.lattice.sites(), plaquette_conflicts(request.lattice))).colour;
    return make_site_blocks(request.lattice, request.lattice.bonds(), phases, alignment);
}

/// Couplings, fields and plaquettes of any size: a word of 32 bits for each spin, a register of 16 replicas of one
/// site, or of fewer of several.
class PlainEngine final : public GraphEngine {
public:
    PlainEngine(const EngineRequest& request, const Ising& model)
        : GraphEngine(request, request.options.replicas, sort_sites),
          isa_(active_isa()),
          rule_(find_rule(request.options.update)),
          kernel_(choose_kernel(isa_, rule_, direct())),
          plaquette_(model.plaquette) {
        set_bonds(request.lattice, model.coupling);
        set_fields(model.field);
        if (model.plaquette != 0.0) set_plaquettes(request.lattice);
        set_beta(request.options.beta);
        write(graph_start(request).data());
    }

    void set_beta(const std::vector<double>& beta) override { scale_ = scales(beta, 2.0 * log2_e); }

    void read(std::uint32_t* words) const override {
        for (std::int64_t i = 0; i < packing_.sites; ++i) {
            std::uint32_t* out = words + i * packing_.row_words();
            std::fill_n(out, packing_.row_words(), 0);
            for (std::int64_t r = 0; r < packing_.replicas; ++r) {
                out[r / 32] |= static_cast<std::uint32_t>(*spins_of(i, r) == 0) << (r % 32);
            }
        }
    }

    void write(const std::uint32_t* words) override {
        packing_.check(words);
        for (std::int64_t i = 0; i < packing_.sites; ++i) {
            const std::uint32_t* in = words + i * packing_.row_words();
            for (std::int64_t r = 0; r < packing_.replicas; ++r) {
                *spins_of(i, r) = (in[r / 32] >> (r % 32)) & 1 ? 0 : sign_bit;
            }
        }
    }

    std::string kernel() const override { return std::string("plain-") + name(isa_); }

private:
    std::uint32_t position(std::int64_t site) const { return sites_.position[static_cast<std::size_t>(site)]; }

    void set_bonds(const Lattice& lattice, const Values& coupling) {
        for (const Bond& bond : lattice.bonds()) {
            bond_end_[0].push_back(position(bond.first));
            bond_end_[1].push_back(position(bond.second));
        }
        bond_weight_ = coupling.all();
        coupling_.reserve(sites_.bond.size());
        for (const std::uint32_t bond : sites_.bond) coupling_.push_back(float_bits(coupling[bond]));
        sites_.bond = {};
    }

    void set_fields(const Values& field) {
        field_weight_ = field.all();
        std::int64_t size = 0;
        for (const SiteBlock& block : sites_.blocks) {
            first_field_.push_back(size);
            size += block.stride;
        }
        field_.assign(static_cast<std::size_t>(size) + load_slack, float_bits(field[0]));
        if (field.uniform()) return;
        std::vector<std::int64_t> site_at(static_cast<std::size_t>(sites_.positions), 0);
        for (std::int64_t i = 0; i < packing_.sites; ++i) site_at[position(i)] = i;
        for (std::size_t b = 0; b < sites_.blocks.size(); ++b) {
            const SiteBlock& block = sites_.blocks[b];
            for (std::int64_t j = 0; j < block.sites; ++j) {
                field_[static_cast<std::size_t>(first_field_[b] + j)] =
                    float_bits(field[site_at[static_cast<std::size_t>(block.first + j)]]);
            }
        }
    }

    /// Sites with equally many neighbours are corners of equally many plaquettes.
    void set_plaquettes(const Lattice& lattice) {
        const std::vector<Plaquette> all = plaquettes(lattice);
        std::vector<std::vector<std::uint32_t>> corners(static_cast<std::size_t>(sites_.positions));
        for (const Plaquette& plaquette : all) {
            for (std::size_t own = 0; own < 4; ++own) {
                corner_[own].push_back(position(plaquette[own]));
                auto& list = corners[position(plaquette[own])];
                for (std::size_t other = 1; other < 4; ++other) list.push_back(position(plaquette[(own + other) % 4]));
            }
        }
        for (const SiteBlock& block : sites_.blocks) {
            const auto size = static_cast<std::int64_t>(corners[static_cast<std::size_t>(block.first)].size());
            first_corner_.push_back(static_cast<std::int64_t>(slots_.size()));
            slots_.resize(slots_.size() + static_cast<std::size_t>(size * block.stride), 0);
            for (std::int64_t j = 0; j < block.sites; ++j) {
                const auto& list = corners[static_cast<std::size_t>(block.first + j)];
                for (std::size_t c = 0; c < list.size(); ++c) {
                    slots_[static_cast<std::size_t>(first_corner_.back() + static_cast<std::int64_t>(c) * block.stride +
                                                    j)] = list[c];
                }
            }
            plaquettes_.push_back(static_cast<int>(size / 3));
        }
        slots_.resize(slots_.size() + load_slack, 0);
    }

    void update(const SiteBlock& block, std::int64_t words, std::uint64_t sweep, std::int64_t group, std::int64_t first,
                std::int64_t last) override {
        const auto number = static_cast<std::size_t>(&block - sites_.blocks.data());
        PlainJob job{};
        place(job, block, words, sweep, group);
        job.coupling = coupling_.data() + block.first_slot;
        job.field = field_.data() + first_field_[number];
        if (!slots_.empty()) {
            job.corner = slots_.data() + first_corner_[number];
            job.plaquettes = plaquettes_[number];
            job.plaquette = static_cast<float>(plaquette_);
        }
        job.scale = scale_.data();
        visit_type(Rules{}, rule_, [&](auto tag) { job.key.stream = decltype(tag)::type::plain_stream; });
        kernel_.update(job, first, last);
    }

    void measure_words(std::int64_t words, Totals* totals, std::int64_t stride) const override {
        double bonds[packed_lanes] = {}, fields[packed_lanes] = {}, squares[packed_lanes] = {}, spin[packed_lanes] = {};
        const std::uint32_t* spins = block_spins(words);
        constexpr double one = 1.0;
        const auto sum = [&](const std::vector<std::uint32_t>* ends, int corners, const double* weight,
                             std::size_t weights, double* out) {
            PlainSum items{spins, {}, weight, weights == 1 ? 0 : 1, static_cast<std::int64_t>(ends[0].size()), width_};
            for (int c = 0; c < corners; ++c) items.position[c] = ends[c].data();
            kernel_.sum(items, corners, out);
        };
        sum(bond_end_, 2, bond_weight_.data(), bond_weight_.size(), bonds);
        sum(&sites_.position, 1, field_weight_.data(), field_weight_.size(), fields);
        sum(&sites_.position, 1, &one, 1, spin);
        if (!slots_.empty()) sum(corner_, 4, &plaquette_, 1, squares);
        const std::int64_t first = words * packed_lanes;
        const std::int64_t count = std::min(width_, packing_.replicas - first);
        for (std::int64_t l = 0; l < count; ++l) {
            totals[(first + l) * stride] = {-bonds[l] - fields[l] - squares[l], spin[l]};
        }
    }

    Isa isa_;
    int rule_;
    PlainKernel kernel_;
    double plaquette_;
    std::vector<std::uint32_t> coupling_;  ///< bits of floats, like SiteBlocks::neighbour
    std::vector<std::uint32_t> field_;     ///< bits of floats, block by block
    std::vector<std::int64_t> first_field_;
    std::vector<std::uint32_t> slots_;  ///< other corners of the plaquettes of every site
    std::vector<std::int64_t> first_corner_;
    std::vector<int> plaquettes_;  ///< at the sites of every block
    std::vector<std::uint32_t> scale_;
    std::vector<std::uint32_t> bond_end_[2], corner_[4];  ///< positions
    std::vector<double> bond_weight_, field_weight_;
};

}  // namespace

std::unique_ptr<Engine> make_plain_engine(const EngineRequest& request) {
    return std::make_unique<PlainEngine>(request, std::get<Ising>(request.model));
}

}  // namespace kadanoff
