#include <algorithm>

#include "backend/cuda.hpp"
#include "engine/graph_engine.hpp"
#include "engine/packed_device_engine.hpp"
#include "engine/packed_model.hpp"
#include "kadanoff/isa.hpp"
#include "kadanoff/registry.hpp"
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

/// Bit k of a word is replica k: any graph, couplings of one size and either sign, one field, a beta per replica.
class PackedEngine final : public GraphEngine {
public:
    PackedEngine(const EngineRequest& request, const Ising& model, const std::vector<Bond>& bonds)
        : GraphEngine(request, (request.options.replicas + 31) / 32, sorted_sites),
          isa_(active_isa()),
          model_(request, model, sites_, words_),
          couplings_(packed_couplings(model.coupling, bonds, sites_)),
          count_(choose_count(isa_, direct())) {
        sites_.bond = {};
        for (const PackedTables& table : model_.tables()) {
            kernels_.push_back(choose_kernel(isa_, {model_.rule(), model_.symmetric(), table.degree(), direct()}));
        }
        write(graph_start(request).data());
    }

    void set_beta(const std::vector<double>& beta) override { model_.set_beta(beta); }

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
    void update(const SiteBlock& block, std::int64_t words, std::uint64_t sweep, std::int64_t group, std::int64_t first,
                std::int64_t last) override {
        const std::size_t table = model_.table_for(block.degree);
        PackedJob job{};
        place(job, block, words, sweep, group);
        job.negative = couplings_.negative.empty() ? nullptr : couplings_.negative.data() + block.first_slot;
        job.flip = couplings_.flip;
        job.table = model_.tables()[table].view();
        visit_type(Rules{}, model_.rule(), [&](auto tag) { job.key.stream = decltype(tag)::type::packed_stream; });
        kernels_[table].update(job, first, last);
    }

    /// Adds up 16 words of replicas and writes totals[replica * stride].
    void measure_words(std::int64_t words, Totals* totals, std::int64_t stride) const override {
        const std::uint32_t* spins = block_spins(words);
        alignas(64) std::uint32_t unequal[32 * packed_lanes], up[32 * packed_lanes];
        const PackedCouplings& all = couplings_;
        count_({spins, all.first.data(), all.second.data(),
                all.bond_negative.empty() ? nullptr : all.bond_negative.data(), all.bonds, width_, shift_},
               unequal);
        count_({spins, nullptr, nullptr, nullptr, sites_.positions, width_, shift_}, up);
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
                totals[replica * stride] = model_.totals(differ, ups);
            }
        }
    }

    Isa isa_;
    PackedModel model_;
    PackedCouplings couplings_;
    PackedCount count_;
    std::vector<PackedKernel> kernels_;  ///< for the model's tables
};

}  // namespace

std::unique_ptr<Engine> make_packed_engine(const EngineRequest& request) {
    if (request.options.device == Device::cuda) {
        require_cuda("Sampler");
        return make_packed_engine_on(request, make_cuda_packed);
    }
    return std::make_unique<PackedEngine>(request, std::get<Ising>(request.model), request.lattice.bonds());
}

}  // namespace kadanoff
