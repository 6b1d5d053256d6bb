#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "checks.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/rbm_partition.hpp"
#include "parallel.hpp"
#include "rbm/machine.hpp"
#include "rbm/one_plus_exp.hpp"
#include "rbm/summed_machine.hpp"

namespace kadanoff {

namespace {

/// Samples that look at a row of weights together.
constexpr std::int64_t together = 16;

/// Flips every unit of a state in turn: e^x of the new state is that of the old one times e^W or e^-W.
class Flips {
public:
    explicit Flips(const SummedMachine& machine) : machine_(machine), product_(machine.largest) {
        for (const double sign : {1.0, -1.0}) {
            std::vector<double>& table = sign > 0.0 ? up_ : down_;
            table.resize(static_cast<std::size_t>(machine.units * machine.moderate));
            for (std::int64_t i = 0; i < machine.units; ++i) {
                for (std::int64_t j = 0; j < machine.moderate; ++j) {
                    table[static_cast<std::size_t>(i * machine.moderate + j)] = std::exp(sign * machine.row(i)[j]);
                }
            }
        }
    }

    /// Of one thread, for `together` samples.
    struct Scratch {
        std::vector<double> sums, exponentials;
        double log_weight[together];
    };
    Scratch scratch() const {
        return {std::vector<double>(static_cast<std::size_t>(together * machine_.columns)),
                std::vector<double>(static_cast<std::size_t>(together * machine_.moderate)),
                {}};
    }

    void add_up(const std::uint8_t* bits, std::int64_t samples, Scratch& scratch, double* out) const {
        for (std::int64_t s = 0; s < samples; ++s) {
            double* sums = scratch.sums.data() + s * machine_.columns;
            double* e = scratch.exponentials.data() + s * machine_.moderate;
            std::copy(machine_.bias.begin(), machine_.bias.end(), sums);
            for (std::int64_t i = 0; i < machine_.units; ++i) {
                if (bits[s * machine_.units + i] == 0) continue;
                for (std::int64_t j = 0; j < machine_.columns; ++j) sums[j] += machine_.row(i)[j];
            }
            for (std::int64_t j = 0; j < machine_.moderate; ++j) e[j] = std::exp(sums[j]);
            scratch.log_weight[s] = log_weight(e, ones_.data(), sums, nullptr, 0.0);
            out[s] = 0.0;
        }
        for (std::int64_t i = 0; i < machine_.units; ++i) {
            for (std::int64_t s = 0; s < samples; ++s) {
                const bool on = bits[s * machine_.units + i] != 0;
                const double sign = on ? -1.0 : 1.0;
                const double* table = (on ? down_ : up_).data() + i * machine_.moderate;
                const double flipped = sign * machine_.drive[static_cast<std::size_t>(i)] +
                                       log_weight(scratch.exponentials.data() + s * machine_.moderate, table,
                                                  scratch.sums.data() + s * machine_.columns, machine_.row(i), sign);
                out[s] -= log_one_plus_exp(flipped - scratch.log_weight[s]);
            }
        }
    }

private:
    /// Sum of ln(1 + e^x): e^x is a * b in moderate columns, x is sums + sign * row in the others.
    double log_weight(const double* a, const double* b, const double* sums, const double* row, double sign) const {
        double result = product_.log_of(a, b, static_cast<std::size_t>(machine_.moderate));
        for (std::int64_t j = machine_.moderate; j < machine_.columns; ++j) {
            result += log_one_plus_exp(row == nullptr ? sums[j] : sums[j] + sign * row[j]);
        }
        return result;
    }

    const SummedMachine& machine_;
    OnePlusExpProduct product_;
    std::vector<double> up_, down_;
    std::vector<double> ones_ = std::vector<double>(static_cast<std::size_t>(machine_.moderate), 1.0);
};

}  // namespace

void pseudo_likelihood(const Rbm& rbm, const std::uint8_t* bits, std::int64_t samples, int threads, double* out) {
    check_rbm(rbm);
    if (threads < 0 || threads > 4096) {
        throw InvalidArgument("[pseudo_likelihood] expected 1 to 4096 threads, got " + std::to_string(threads));
    }
    const SummedMachine machine(rbm, 1.0, true);
    const Flips flips(machine);
    const std::int64_t pieces = (samples + together - 1) / together;
    const auto workers = static_cast<int>(std::clamp<std::int64_t>(pieces, 1, resolve_threads(threads)));
    std::vector<Flips::Scratch> scratch(static_cast<std::size_t>(workers), flips.scratch());
    PhasedWork work(workers);
    run_parallel(workers, [&](int worker) {
        work.phase(pieces, [&](std::int64_t piece) {
            const std::int64_t begin = piece * together, count = std::min(together, samples - begin);
            flips.add_up(bits + begin * rbm.visible, count, scratch[static_cast<std::size_t>(worker)], out + begin);
        });
    });
}

}  // namespace kadanoff
