#include <algorithm>
#include <unordered_map>
#include <utility>

#include "backend/checkerboard.hpp"
#include "checks.hpp"
#include "engine/engine.hpp"
#include "engine/packed_tables.hpp"
#include "kadanoff/error.hpp"
#include "packed_spins.hpp"
#include "parallel.hpp"

namespace kadanoff {

namespace {

/// Temperatures whose tables are kept.
constexpr std::size_t max_known_tables = 1024;

void check_storage(const CheckerboardPlan& plan, std::int64_t replicas) {
    const CheckerboardLayout layout = measure_checkerboard(plan.planes, plan.rows, plan.columns);
    if (layout.vectors() > (std::int64_t{1} << 32) / vector_words) {
        throw InvalidArgument("[Sampler] expected at most 2^32 words of 32 spins in a sublattice, got " +
                              std::to_string(layout.vectors() * vector_words));
    }
    const double per_replica = 8.0 * static_cast<double>(layout.storage_words()) + sizeof(AcceptTable);
    const double packed = 8.0 * static_cast<double>(layout.planes * layout.row_block());  // the initial state
    const double masks = 20.0 * static_cast<double>(layout.mask_stride);
    check_memory((per_replica + packed) * static_cast<double>(replicas) + masks);
}

/// The decisions of every replica; replicas often share a beta.
std::vector<AcceptTable> make_tables(const KernelChoice& choice, const UniformIsing& model,
                                     const std::vector<double>& beta, std::int64_t replicas,
                                     std::unordered_map<double, AcceptTable>& known) {
    std::vector<AcceptTable> tables(static_cast<std::size_t>(replicas));
    visit_type(Lattices{}, choice.lattice, [&](auto lattice_tag) {
        visit_type(Rules{}, choice.rule, [&](auto rule_tag) {
            using Kind = typename decltype(lattice_tag)::type;
            using Rule = typename decltype(rule_tag)::type;
            for (std::size_t r = 0; r < tables.size(); ++r) {
                const double own = beta.size() == 1 ? beta[0] : beta[r];
                auto found = known.find(own);
                if (found == known.end()) {
                    if (known.size() >= max_known_tables) known.clear();
                    found = known
                                .emplace(own, choice.symmetric ? make_symmetric_table<Kind, Rule>(model.coupling, own)
                                                               : make_field_table<Kind, Rule>(model, own))
                                .first;
                }
                tables[r] = found->second;
            }
        });
    });
    return tables;
}

/// Whether the field-free classes serve the model at every beta.
bool is_symmetric(const UniformIsing& model, const std::vector<double>& beta) {
    return model.field == 0.0 && *std::min_element(beta.begin(), beta.end()) * model.coupling != 0.0;
}

CheckerboardPlan make_plan(const EngineRequest& request, const UniformIsing& model,
                           std::unordered_map<double, AcceptTable>& known) {
    const auto& extents = request.lattice.extents();
    const std::size_t axes = extents.size();
    CheckerboardPlan plan{};
    plan.planes = axes == 3 ? extents[0] : 1;
    plan.rows = extents[axes - 2];
    plan.columns = extents[axes - 1];
    plan.seed = request.options.seed;
    plan.threads = resolve_threads(request.options.threads);
    plan.choice = {request.lattice.checkerboard_kind(), find_rule(request.options.update),
                   is_symmetric(model, request.options.beta)};
    check_storage(plan, request.options.replicas);
    visit_type(Rules{}, plan.choice.rule, [&](auto tag) { plan.stream = decltype(tag)::type::stream; });
    plan.tables = make_tables(plan.choice, model, request.options.beta, request.options.replicas, known);
    return plan;
}

/// One uniform system per replica on a periodic square or cubic lattice, 512 sites in a register.
class CheckerboardEngine final : public Engine {
public:
    CheckerboardEngine(const EngineRequest& request, const UniformIsing& model)
        : model_(model),
          extents_(request.lattice.extents()),
          sites_(request.lattice.sites()),
          bonds_(request.lattice.bond_count()),
          replicas_(request.options.replicas) {
        CheckerboardPlan plan = make_plan(request, model, known_tables_);
        choice_ = plan.choice;
        backend_ = request.options.device == Device::cuda ? make_cuda_checkerboard(plan) : make_cpu_checkerboard(plan);
        // A backend begins with all spins down.
        if (request.options.start != Start::down) {
            backend_->write(initial_spins(request.lattice, model, request.options).data());
        }
    }

    void advance(std::uint64_t sweep, std::int64_t draws, std::int64_t every, Totals* totals) override {
        if (totals == nullptr) return backend_->advance(sweep, draws, every, nullptr);
        std::vector<SpinSums> sums(static_cast<std::size_t>(replicas_ * draws));
        backend_->advance(sweep, draws, every, sums.data());
        convert(sums, totals);
    }

    void measure(Totals* totals) override {
        std::vector<SpinSums> sums(static_cast<std::size_t>(replicas_));
        backend_->measure(sums.data());
        convert(sums, totals);
    }

    void set_beta(const std::vector<double>& beta) override {
        const bool symmetric = is_symmetric(model_, beta);
        if (symmetric != choice_.symmetric) known_tables_.clear();
        choice_.symmetric = symmetric;
        backend_->set_tables(choice_, make_tables(choice_, model_, beta, replicas_, known_tables_));
    }

    std::int64_t packed_size() const override { return kadanoff::packed_size(extents_, replicas_); }
    void read(std::uint32_t* words) const override { backend_->read(words); }

    void write(const std::uint32_t* words) override {
        if (!padding_is_clear(extents_, replicas_, words)) {
            throw InvalidArgument("[spins] expected padding bits of 0 in packed spins, got 1");
        }
        backend_->write(words);
    }

    void unpack(std::int8_t* spins) const override { backend_->unpack(spins); }
    void pack(const std::int8_t* spins) override { backend_->write(kadanoff::pack(extents_, replicas_, spins).data()); }
    std::string kernel() const override { return backend_->kernel(); }

private:
    void convert(const std::vector<SpinSums>& sums, Totals* totals) const {
        for (std::size_t i = 0; i < sums.size(); ++i) {
            const auto bonds = static_cast<double>(bonds_ - 2 * static_cast<std::int64_t>(sums[i].unequal_bonds));
            const auto spin = static_cast<double>(2 * static_cast<std::int64_t>(sums[i].up_spins) - sites_);
            totals[i] = {-model_.coupling * bonds - model_.field * spin, spin};
        }
    }

    UniformIsing model_;
    std::vector<std::int64_t> extents_;
    std::int64_t sites_, bonds_, replicas_;
    KernelChoice choice_{};
    std::unordered_map<double, AcceptTable> known_tables_;
    std::unique_ptr<CheckerboardBackend> backend_;
};

}  // namespace

std::unique_ptr<Engine> make_checkerboard_engine(const EngineRequest& request) {
    const auto& model = std::get<Ising>(request.model);
    return std::make_unique<CheckerboardEngine>(request, UniformIsing{model.coupling[0], model.field[0]});
}

}  // namespace kadanoff
