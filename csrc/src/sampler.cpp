#include "kadanoff/sampler.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>

#include "backend/backend.hpp"
#include "kadanoff/error.hpp"
#include "packed_spins.hpp"
#include "parallel.hpp"

namespace kadanoff {

namespace {

/// Inverse temperatures and energies are far below this in any unit; beyond it their products lose meaning.
constexpr double largest_parameter = 1e12;
/// Measurements kept between two looks at the clock.
constexpr std::int64_t max_pending_sums = 1 << 16;

/// The shortest text that reads back as the number, as Python prints it.
std::string text(double value) {
    char buffer[32];
    return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

void check_number(const char* what, double value) {
    if (!std::isfinite(value) || std::fabs(value) > largest_parameter) {
        throw InvalidArgument(std::string("[Ising] expected a finite ") + what + " of at most 1e12 in size, got " +
                              text(value));
    }
}

void check_beta(const SamplerOptions& options) {
    const auto count = static_cast<std::int64_t>(options.beta.size());
    if (count != 1 && count != options.replicas) {
        throw InvalidArgument("[Sampler] expected one beta or one per replica (" + std::to_string(options.replicas) +
                              "), got " + std::to_string(count));
    }
    for (const double beta : options.beta) {
        if (!(beta >= 0.0 && beta <= largest_parameter)) {
            throw InvalidArgument("[Sampler] expected beta in [0, 1e12], got " + text(beta));
        }
    }
}

void check_lattice(const Lattice& lattice) {
    if (lattice.checkerboard_kind() >= 0) return;
    throw InvalidArgument("[Sampler] expected a periodic square or cubic lattice of even extents, got " +
                          std::string(lattice.name()) + " of " + extents_text(lattice.extents()));
}

int find_rule(const std::string& update) {
    std::string known;
    for (int rule = 0; rule < Rules::size; ++rule) {
        const char* candidate = "";
        visit_type(Rules{}, rule, [&](auto tag) { candidate = decltype(tag)::type::name; });
        if (update == candidate) return rule;
        known += (known.empty() ? "'" : ", '") + std::string(candidate) + "'";
    }
    throw InvalidArgument("[Sampler] expected update to be one of " + known + ", got '" + update + "'");
}

void check_memory(const EnginePlan& plan, std::int64_t replicas) {
    const CheckerboardLayout layout = measure_checkerboard(plan.planes, plan.rows, plan.columns);
    if (layout.vectors() > (std::int64_t{1} << 32) / vector_words) {
        throw InvalidArgument("[Sampler] expected at most 2^32 words of 32 spins in a sublattice, got " +
                              std::to_string(layout.vectors() * vector_words));
    }
    const double per_replica = 8.0 * static_cast<double>(layout.storage_words()) + sizeof(AcceptTable);
    const double packed = 8.0 * static_cast<double>(layout.planes * layout.row_block());  // the initial state
    const double masks = 20.0 * static_cast<double>(layout.mask_stride);
    const double needed = (per_replica + packed) * static_cast<double>(replicas) + masks;
    const double present = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGE_SIZE));
    if (needed > present) {
        throw InvalidArgument("[Sampler] expected spins that fit into memory, got " +
                              std::to_string(static_cast<std::int64_t>(needed / 1e9)) + " GB on a machine with " +
                              std::to_string(static_cast<std::int64_t>(present / 1e9)) + " GB");
    }
}

EnginePlan make_plan(const Lattice& lattice, const Ising& model, const SamplerOptions& options) {
    check_number("coupling", model.coupling);
    check_number("field", model.field);
    if (options.replicas < 1 || options.replicas > (std::int64_t{1} << 31)) {
        throw InvalidArgument("[Sampler] expected 1 to 2^31 replicas, got " + std::to_string(options.replicas));
    }
    if (options.threads < 0 || options.threads > 4096) {
        throw InvalidArgument("[Sampler] expected 1 to 4096 threads, got " + std::to_string(options.threads));
    }
    check_beta(options);
    check_lattice(lattice);
    const auto& extents = lattice.extents();
    const std::size_t axes = extents.size();
    EnginePlan plan{};
    plan.planes = axes == 3 ? extents[0] : 1;
    plan.rows = extents[axes - 2];
    plan.columns = extents[axes - 1];
    plan.seed = options.seed;
    plan.threads = resolve_threads(options.threads);
    const double hottest = *std::min_element(options.beta.begin(), options.beta.end());
    plan.choice = {lattice.checkerboard_kind(), find_rule(options.update),
                   model.field == 0.0 && hottest * model.coupling != 0.0};
    check_memory(plan, options.replicas);
    plan.tables.resize(static_cast<std::size_t>(options.replicas));
    visit_type(Lattices{}, plan.choice.lattice, [&](auto lattice_tag) {
        visit_type(Rules{}, plan.choice.rule, [&](auto rule_tag) {
            using Kind = typename decltype(lattice_tag)::type;
            using Rule = typename decltype(rule_tag)::type;
            plan.stream = Rule::stream;
            double previous = -1.0;  // replicas often share a beta with the one before
            for (std::size_t r = 0; r < plan.tables.size(); ++r) {
                const double beta = options.beta.size() == 1 ? options.beta[0] : options.beta[r];
                if (beta == previous) {
                    plan.tables[r] = plan.tables[r - 1];
                } else {
                    plan.tables[r] = plan.choice.symmetric ? make_symmetric_table<Kind, Rule>(model.coupling, beta)
                                                           : make_field_table<Kind, Rule>(model, beta);
                }
                previous = beta;
            }
        });
    });
    return plan;
}

/// How many sweeps fit between two polls.
class Pace {
public:
    std::int64_t budget() const { return budget_; }

    template <class Work>
    void timed(std::int64_t sweeps, Work work) {
        const auto begin = std::chrono::steady_clock::now();
        work();
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        constexpr double target = 0.05;
        const double growth = std::min(4.0, target / std::max(seconds, 1e-9));
        budget_ = std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(sweeps) * growth));
    }

private:
    std::int64_t budget_ = 1;
};

}  // namespace

Sampler::Sampler(const Lattice& lattice, const Ising& model, const SamplerOptions& options)
    : lattice_(lattice), model_(model), options_(options) {
    const EnginePlan plan = make_plan(lattice, model, options);
    engine_ = options.device == Device::cuda ? make_cuda_engine(plan) : make_cpu_engine(plan);
    // An engine begins with all spins down.
    if (options.start != Start::down) engine_->write(initial_spins(lattice, model, options).data());
}

Sampler::~Sampler() = default;
Sampler::Sampler(Sampler&&) noexcept = default;
Sampler& Sampler::operator=(Sampler&&) noexcept = default;

void Sampler::set_sweep(std::int64_t sweep) {
    if (sweep < 0 || sweep > static_cast<std::int64_t>(max_sweeps)) {
        throw InvalidArgument("[Sampler] expected a sweep number in [0, 2^40], got " + std::to_string(sweep));
    }
    sweep_ = sweep;
}

bool Sampler::run(std::int64_t sweeps, const Poll& poll) {
    if (sweeps < 0 || sweeps > static_cast<std::int64_t>(max_sweeps) - sweep_) {
        throw InvalidArgument("[run] expected 0 to 2^40 sweeps in all, got " + std::to_string(sweeps));
    }
    Pace pace;
    for (std::int64_t left = sweeps; left > 0;) {
        const std::int64_t now = poll ? std::min(left, pace.budget()) : left;
        pace.timed(now, [&] { engine_->advance(static_cast<std::uint64_t>(sweep_), 1, now, nullptr); });
        sweep_ += now;
        left -= now;
        if (poll && !poll()) return left == 0;
    }
    return true;
}

std::int64_t Sampler::sample(std::int64_t draws, std::int64_t every, double* energy, double* magnetization,
                             const Poll& poll) {
    if (every < 1) throw InvalidArgument("[sample] expected every >= 1, got " + std::to_string(every));
    if (draws < 0 || draws > (static_cast<std::int64_t>(max_sweeps) - sweep_) / every) {
        throw InvalidArgument("[sample] expected 0 to 2^40 sweeps in all, got draws=" + std::to_string(draws) +
                              ", every=" + std::to_string(every));
    }
    Pace pace;
    std::vector<SpinSums> sums;
    std::int64_t done = 0;
    bool go_on = true;
    const Poll ask = [&] {  // a poll says stop once: remember it
        go_on = go_on && poll();
        return go_on;
    };
    while (go_on && done < draws) {
        const std::int64_t fitting = poll ? pace.budget() / every : draws;
        const std::int64_t pending = std::max<std::int64_t>(1, max_pending_sums / options_.replicas);
        const std::int64_t now = std::min({draws - done, pending, std::max<std::int64_t>(1, fitting)});
        sums.resize(static_cast<std::size_t>(options_.replicas * now));
        bool finished = true;
        pace.timed(now * every, [&] {
            if (fitting == 0) {  // one draw outlasts a poll
                finished = run(every, ask);
                if (finished) engine_->measure(sums.data());
            } else {
                engine_->advance(static_cast<std::uint64_t>(sweep_), now, every, sums.data());
                sweep_ += now * every;
            }
        });
        if (!finished) break;
        store(sums, now, energy, magnetization, done, draws);
        done += now;
        if (poll) ask();
    }
    return done;
}

void Sampler::measure(double* energy, double* magnetization) {
    std::vector<SpinSums> sums(static_cast<std::size_t>(options_.replicas));
    engine_->measure(sums.data());
    store(sums, 1, energy, magnetization, 0, 1);
}

/// Writes the draws [first, first + count) of (replica, draws) arrays.
void Sampler::store(const std::vector<SpinSums>& sums, std::int64_t count, double* energy, double* magnetization,
                    std::int64_t first, std::int64_t draws) const {
    const auto sites = static_cast<double>(lattice_.sites());
    for (std::int64_t r = 0; r < options_.replicas; ++r) {
        for (std::int64_t d = 0; d < count; ++d) {
            const SpinSums& sum = sums[static_cast<std::size_t>(r * count + d)];
            const auto bonds =
                static_cast<double>(lattice_.bond_count() - 2 * static_cast<std::int64_t>(sum.unequal_bonds));
            const auto spin = static_cast<double>(2 * static_cast<std::int64_t>(sum.up_spins) - lattice_.sites());
            energy[r * draws + first + d] = (-model_.coupling * bonds - model_.field * spin) / sites;
            magnetization[r * draws + first + d] = spin / sites;
        }
    }
}

void Sampler::spins(std::int8_t* out) const { engine_->unpack(out); }

void Sampler::set_spins(const std::int8_t* spins) {
    const std::int64_t count = lattice_.sites() * options_.replicas;
    for (std::int64_t i = 0; i < count; ++i) {
        if (spins[i] != 1 && spins[i] != -1) {
            throw InvalidArgument("[spins] expected values -1 and 1, got " + std::to_string(spins[i]));
        }
    }
    engine_->write(pack(lattice_.extents(), options_.replicas, spins).data());
}

std::int64_t Sampler::packed_size() const { return kadanoff::packed_size(lattice_.extents(), options_.replicas); }

void Sampler::packed(std::uint32_t* out) const { engine_->read(out); }

void Sampler::set_packed(const std::uint32_t* words) {
    if (!padding_is_clear(lattice_.extents(), options_.replicas, words)) {
        throw InvalidArgument("[spins] expected padding bits of 0 in packed spins, got 1");
    }
    engine_->write(words);
}

std::string Sampler::kernel() const { return engine_->kernel(); }

}  // namespace kadanoff
