#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "checks.hpp"
#include "kadanoff/error.hpp"
#include "kadanoff/rbm_partition.hpp"
#include "pace.hpp"
#include "parallel.hpp"
#include "rbm/machine.hpp"
#include "rbm/one_plus_exp.hpp"
#include "rbm/summed_machine.hpp"

namespace kadanoff {

namespace {

constexpr double minus_infinity = -std::numeric_limits<double>::infinity();

/// ln of a sum of exponentials, added one by one.
struct LogSum {
    double largest = minus_infinity, sum = 0.0;

    void add(double log_weight) {
        if (log_weight <= largest) {
            sum += std::exp(log_weight - largest);
        } else {
            sum = sum * std::exp(largest - log_weight) + 1.0;
            largest = log_weight;
        }
    }
    void add(const LogSum& other) {
        if (other.largest <= largest) {
            sum += other.sum * std::exp(other.largest - largest);
        } else {
            sum = sum * std::exp(largest - other.largest) + other.sum;
            largest = other.largest;
        }
    }
    double value() const { return largest + std::log(sum); }
};

/// The states of a layer: those of its first units, the low ones, are tabulated, those of the others are walked through
/// in the order of a Gray code, in pieces that begin with fresh sums. e^x of a column is a product of two numbers then.
class Enumeration {
public:
    explicit Enumeration(const SummedMachine& machine)
        : machine_(machine),
          low_(std::min<std::int64_t>(machine.units, machine.columns > (1 << 15) ? 0 : 5)),
          walked_(std::min<std::int64_t>(machine.units - low_, 6)),
          product_(machine.largest) {
        const std::int64_t states = std::int64_t{1} << low_;
        exponentials_.resize(static_cast<std::size_t>(states * machine.moderate));
        fields_.resize(static_cast<std::size_t>(states * (machine.columns - machine.moderate)));
        drives_.resize(static_cast<std::size_t>(states));
        std::vector<double> sums(static_cast<std::size_t>(machine.columns));
        for (std::int64_t low = 0; low < states; ++low) {
            std::fill(sums.begin(), sums.end(), 0.0);
            drives_[static_cast<std::size_t>(low)] = add_up(low, 0, sums);
            double* e = exponentials_.data() + low * machine.moderate;
            for (std::int64_t j = 0; j < machine.moderate; ++j) e[j] = std::exp(sums[static_cast<std::size_t>(j)]);
            std::copy(sums.begin() + machine.moderate, sums.end(),
                      fields_.data() + low * (machine.columns - machine.moderate));
        }
    }

    /// Of one thread.
    struct Scratch {
        std::vector<double> sums, high;
    };
    Scratch scratch() const {
        return {machine_.bias, std::vector<double>(static_cast<std::size_t>(machine_.moderate))};
    }

    std::int64_t pieces() const { return std::int64_t{1} << (machine_.units - low_ - walked_); }

    /// The weight of all states of a piece.
    LogSum piece(std::int64_t index, Scratch& scratch) const {
        auto& [sums, high] = scratch;
        sums = machine_.bias;
        double drive = machine_.constant + add_up(index, low_ + walked_, sums);
        LogSum total;
        std::int64_t code = 0;
        for (std::int64_t step = 0;;) {
            for (std::size_t j = 0; j < high.size(); ++j) high[j] = std::exp(sums[j]);
            add_low_states(drive, high.data(), sums.data() + machine_.moderate, total);
            if (++step == std::int64_t{1} << walked_) return total;
            const int bit = std::countr_zero(static_cast<std::uint64_t>(step));
            code ^= std::int64_t{1} << bit;
            const double sign = (code >> bit & 1) != 0 ? 1.0 : -1.0;
            const double* row = machine_.row(low_ + bit);
            for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += sign * row[j];
            drive += sign * machine_.drive[static_cast<std::size_t>(low_ + bit)];
        }
    }

private:
    /// Adds the rows of the units from `first` on that are set in `state` to the sums; returns their drive.
    double add_up(std::int64_t state, std::int64_t first, std::vector<double>& sums) const {
        double drive = 0.0;
        for (std::int64_t unit = first; state != 0; ++unit, state >>= 1) {
            if ((state & 1) == 0) continue;
            const double* row = machine_.row(unit);
            for (std::size_t j = 0; j < sums.size(); ++j) sums[j] += row[j];
            drive += machine_.drive[static_cast<std::size_t>(unit)];
        }
        return drive;
    }

    void add_low_states(double drive, const double* high, const double* extreme, LogSum& total) const {
        const std::int64_t others = machine_.columns - machine_.moderate;
        for (std::size_t low = 0; low < drives_.size(); ++low) {
            const auto at = static_cast<std::int64_t>(low);
            double log_weight = drive + drives_[low] +
                                product_.log_of(high, exponentials_.data() + at * machine_.moderate,
                                                static_cast<std::size_t>(machine_.moderate));
            const double* field = fields_.data() + at * others;
            for (std::int64_t j = 0; j < others; ++j) log_weight += log_one_plus_exp(extreme[j] + field[j]);
            total.add(log_weight);
        }
    }

    const SummedMachine& machine_;
    std::int64_t low_, walked_;
    OnePlusExpProduct product_;
    std::vector<double> exponentials_, fields_, drives_;
};

void check_request(const Rbm& rbm, double beta, int threads) {
    check_rbm(rbm);
    const std::int64_t units = std::min(rbm.visible, rbm.hidden);
    if (units > max_enumerated_units) {
        throw InvalidArgument("[log_partition] expected a layer of at most " + std::to_string(max_enumerated_units) +
                              " units for an exact sum, got " + std::to_string(units) +
                              " units in the smaller one: method \"ais\" estimates it");
    }
    if (!(beta >= 0.0 && beta <= largest_parameter)) {
        throw InvalidArgument("[log_partition] expected beta in [0, 1e12], got " + text(beta));
    }
    if (threads < 0 || threads > 4096) {
        throw InvalidArgument("[log_partition] expected 1 to 4096 threads, got " + std::to_string(threads));
    }
}

}  // namespace

std::optional<double> log_partition(const Rbm& rbm, double beta, int threads, const std::function<bool()>& poll) {
    check_request(rbm, beta, threads);
    check_memory(8.0 * static_cast<double>(rbm.visible + 64) * static_cast<double>(rbm.hidden + 64));
    const SummedMachine machine(rbm, beta, rbm.visible <= rbm.hidden);
    const Enumeration enumeration(machine);
    const auto most = static_cast<int>(std::min<std::int64_t>(resolve_threads(threads), enumeration.pieces()));
    std::vector<Enumeration::Scratch> scratch(static_cast<std::size_t>(most), enumeration.scratch());
    std::vector<LogSum> parts(static_cast<std::size_t>(enumeration.pieces()));
    Pace pace;
    for (std::int64_t begin = 0; begin < enumeration.pieces();) {
        const std::int64_t count = std::min(enumeration.pieces() - begin, pace.budget());
        pace.timed(count, [&] {
            const int workers = static_cast<int>(std::min<std::int64_t>(most, count));
            PhasedWork work(workers);
            run_parallel(workers, [&](int worker) {
                Enumeration::Scratch& own = scratch[static_cast<std::size_t>(worker)];
                work.phase(count, [&](std::int64_t k) {
                    parts[static_cast<std::size_t>(begin + k)] = enumeration.piece(begin + k, own);
                });
            });
        });
        begin += count;
        if (poll && !poll()) return std::nullopt;
    }
    LogSum total;
    for (const LogSum& part : parts) total.add(part);
    return total.value();
}

}  // namespace kadanoff
