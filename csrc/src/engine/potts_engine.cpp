#include <algorithm>

#include "engine/graph_engine.hpp"
#include "kadanoff/isa.hpp"
#include "kernels/potts.hpp"

namespace kadanoff {

namespace {

PottsKernel choose_kernel(Isa isa, bool metropolis, bool direct) {
#if defined(KADANOFF_X86_KERNELS)
    if (isa == Isa::avx512) return avx512_potts(metropolis, direct);
    if (isa == Isa::avx2) return avx2_potts(metropolis, direct);
#endif
    static_cast<void>(isa);
    return scalar_potts(metropolis, direct);
}

/// Potts spins on any graph: a word of 32 bits for each, a register of 16 replicas of one site or of fewer of several.
class PottsEngine final : public GraphEngine {
public:
    PottsEngine(const EngineRequest& request, const Potts& model)
        : GraphEngine(request, request.options.replicas, sorted_sites),
          isa_(active_isa()),
          metropolis_(request.options.update == PottsMetropolis::name),
          kernel_(choose_kernel(isa_, metropolis_, direct())),
          states_(model.states),
          weight_(model.coupling.all()) {
        for (const Bond& bond : request.lattice.bonds()) {
            first_.push_back(sites_.position[static_cast<std::size_t>(bond.first)]);
            second_.push_back(sites_.position[static_cast<std::size_t>(bond.second)]);
        }
        for (const std::uint32_t bond : sites_.bond) coupling_.push_back(float_bits(model.coupling[bond]));
        sites_.bond = {};
        set_beta(request.options.beta);
        write(graph_start(request).data());
    }

    void set_beta(const std::vector<double>& beta) override { scale_ = scales(beta, log2_e); }

    void read(std::uint32_t* words) const override {
        for (std::int64_t i = 0; i < packing_.sites; ++i) {
            std::uint32_t* out = words + i * packing_.row_words();
            std::fill_n(out, packing_.row_words(), 0);
            for (std::int64_t r = 0; r < packing_.replicas; ++r) out[r / 4] |= *spins_of(i, r) << (8 * (r % 4));
        }
    }

    void write(const std::uint32_t* words) override {
        packing_.check(words);
        for (std::int64_t i = 0; i < packing_.sites; ++i) {
            const std::uint32_t* in = words + i * packing_.row_words();
            for (std::int64_t r = 0; r < packing_.replicas; ++r) *spins_of(i, r) = (in[r / 4] >> (8 * (r % 4))) & 255u;
        }
    }

    std::string kernel() const override { return std::string("potts-") + name(isa_); }

private:
    void update(const SiteBlock& block, std::int64_t words, std::uint64_t sweep, std::int64_t group, std::int64_t first,
                std::int64_t last) override {
        PottsJob job{};
        place(job, block, words, sweep, group);
        job.coupling = coupling_.data() + block.first_slot;
        job.scale = scale_.data();
        job.states = static_cast<std::uint32_t>(states_);
        job.key.stream = metropolis_ ? PottsMetropolis::stream : PottsHeatBath::stream;
        kernel_(job, first, last);
    }

    void measure_words(std::int64_t words, Totals* totals, std::int64_t stride) const override {
        const std::uint32_t* spins = block_spins(words);
        const std::int64_t first = words * packed_lanes;
        const std::int64_t count = std::min(width_, packing_.replicas - first);
        double energy[packed_lanes] = {};
        for (std::size_t b = 0; b < first_.size(); ++b) {
            const double weight = weight_[weight_.size() == 1 ? 0 : b];
            const std::uint32_t* one = spins + static_cast<std::int64_t>(first_[b]) * width_;
            const std::uint32_t* other = spins + static_cast<std::int64_t>(second_[b]) * width_;
            for (std::int64_t l = 0; l < count; ++l) energy[l] -= one[l] == other[l] ? weight : 0.0;
        }
        std::vector<std::int64_t> sites(static_cast<std::size_t>(packed_lanes * states_), 0);
        for (const std::uint32_t position : sites_.position) {
            const std::uint32_t* own = spins + static_cast<std::int64_t>(position) * width_;
            for (std::int64_t l = 0; l < count; ++l) ++sites[static_cast<std::size_t>(l * states_ + own[l])];
        }
        for (std::int64_t l = 0; l < count; ++l) {
            const auto begin = sites.begin() + l * states_;
            const auto most = static_cast<double>(*std::max_element(begin, begin + states_));
            // The order parameter (q max n / N - 1) / (q - 1), times N.
            const double order = (states_ * most - static_cast<double>(packing_.sites)) / (states_ - 1);
            totals[(first + l) * stride] = {energy[l], order};
        }
    }

    Isa isa_;
    bool metropolis_;
    PottsKernel kernel_;
    int states_;
    std::vector<double> weight_;                 ///< of each bond, or of all
    std::vector<std::uint32_t> first_, second_;  ///< positions of each bond
    std::vector<std::uint32_t> coupling_;        ///< bits of floats, like SiteBlocks::neighbour
    std::vector<std::uint32_t> scale_;           ///< bits of floats
};

}  // namespace

std::unique_ptr<Engine> make_potts_engine(const EngineRequest& request) {
    return std::make_unique<PottsEngine>(request, std::get<Potts>(request.model));
}

}  // namespace kadanoff
