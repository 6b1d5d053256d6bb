#include "kadanoff/sampler.hpp"

#include <algorithm>
#include <utility>

#include "checks.hpp"
#include "engine/engine.hpp"
#include "kadanoff/error.hpp"
#include "pace.hpp"

namespace kadanoff {

namespace {

/// Measurements kept between two looks at the clock.
constexpr std::int64_t max_pending_totals = 1 << 16;

}  // namespace

Sampler::Sampler(const Lattice& lattice, const Model& model, const SamplerOptions& options)
    : lattice_(lattice), model_(model), options_(options) {
    check_request(lattice, model, options);
    engine_ = make_engine({lattice_, model_, options_});
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
                             const Poll& poll, double* extra) {
    if (every < 1) throw InvalidArgument("[sample] expected every >= 1, got " + std::to_string(every));
    if (draws < 0 || draws > (static_cast<std::int64_t>(max_sweeps) - sweep_) / every) {
        throw InvalidArgument("[sample] expected 0 to 2^40 sweeps in all, got draws=" + std::to_string(draws) +
                              ", every=" + std::to_string(every));
    }
    Pace pace;
    std::vector<Totals> totals;
    std::int64_t done = 0;
    bool go_on = true;
    const Poll ask = [&] {  // a poll says stop once: remember it
        go_on = go_on && poll();
        return go_on;
    };
    while (go_on && done < draws) {
        const std::int64_t fitting = poll ? pace.budget() / every : draws;
        const std::int64_t pending = std::max<std::int64_t>(1, max_pending_totals / options_.replicas);
        const std::int64_t now = std::min({draws - done, pending, std::max<std::int64_t>(1, fitting)});
        totals.resize(static_cast<std::size_t>(options_.replicas * now));
        bool finished = true;
        pace.timed(now * every, [&] {
            if (fitting == 0) {  // one draw outlasts a poll
                finished = run(every - 1, ask);
                if (finished) {  // the last sweep is measured too
                    engine_->advance(static_cast<std::uint64_t>(sweep_), 1, 1, totals.data());
                    ++sweep_;
                }
            } else {
                engine_->advance(static_cast<std::uint64_t>(sweep_), now, every, totals.data());
                sweep_ += now * every;
            }
        });
        if (!finished) break;
        store(totals, now, energy, magnetization, done, draws);
        if (extra != nullptr) store_extra(totals, now, extra, done, draws);
        done += now;
        if (poll) ask();
    }
    return done;
}

void Sampler::measure(double* energy, double* magnetization) {
    std::vector<Totals> totals(static_cast<std::size_t>(options_.replicas));
    engine_->measure(totals.data());
    store(totals, 1, energy, magnetization, 0, 1);
}

void Sampler::total_energy(double* energy) {
    std::vector<Totals> totals(static_cast<std::size_t>(options_.replicas));
    engine_->measure(totals.data());
    std::transform(totals.begin(), totals.end(), energy, [](const Totals& total) { return total.energy; });
}

/// Writes the draws [first, first + count) of (replica, draws) arrays.
void Sampler::store(const std::vector<Totals>& totals, std::int64_t count, double* energy, double* magnetization,
                    std::int64_t first, std::int64_t draws) const {
    const auto sites = static_cast<double>(lattice_.sites());
    for (std::int64_t r = 0; r < options_.replicas; ++r) {
        for (std::int64_t d = 0; d < count; ++d) {
            const Totals& total = totals[static_cast<std::size_t>(r * count + d)];
            energy[r * draws + first + d] = total.energy / sites;
            magnetization[r * draws + first + d] = total.spin / sites;
        }
    }
}

void Sampler::store_extra(const std::vector<Totals>& totals, std::int64_t count, double* extra, std::int64_t first,
                          std::int64_t draws) const {
    const std::size_t series = extra_series().size();
    for (std::size_t k = 0; k < series; ++k) {
        for (std::int64_t r = 0; r < options_.replicas; ++r) {
            double* row = extra + (static_cast<std::int64_t>(k) * options_.replicas + r) * draws + first;
            for (std::int64_t d = 0; d < count; ++d) row[d] = totals[static_cast<std::size_t>(r * count + d)].extra[k];
        }
    }
}

std::vector<std::string> Sampler::extra_series() const { return engine_->extras(); }

void Sampler::set_beta(const std::vector<double>& beta) {
    check_beta(beta, options_.replicas);
    engine_->set_beta(beta);
    options_.beta = beta;
}

void Sampler::spins(std::int8_t* out) const { engine_->unpack(out); }

void Sampler::set_spins(const std::int8_t* spins) {
    const std::int64_t count = lattice_.sites() * options_.replicas;
    const auto* potts = std::get_if<Potts>(&model_);
    for (std::int64_t i = 0; i < count; ++i) {
        if (potts == nullptr && spins[i] != 1 && spins[i] != -1) {
            throw InvalidArgument("[spins] expected values -1 and 1, got " + std::to_string(spins[i]));
        }
        if (potts != nullptr && static_cast<std::uint8_t>(spins[i]) >= potts->states) {
            throw InvalidArgument("[spins] expected values from 0 to " + std::to_string(potts->states - 1) + ", got " +
                                  std::to_string(static_cast<std::uint8_t>(spins[i])));
        }
    }
    engine_->pack(spins);
}

std::int64_t Sampler::packed_size() const { return engine_->packed_size(); }

void Sampler::packed(std::uint32_t* out) const { engine_->read(out); }

void Sampler::set_packed(const std::uint32_t* words) { engine_->write(words); }

std::string Sampler::kernel() const { return engine_->kernel(); }

}  // namespace kadanoff
