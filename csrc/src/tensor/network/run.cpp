#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <functional>
#include <string>

#include "kadanoff/error.hpp"
#include "parallel.hpp"
#include "poll_timer.hpp"
#include "tensor/network/additions.hpp"
#include "tensor/network/memory.hpp"
#include "tensor/network/program.hpp"
#include "tensor/network/tree.hpp"

namespace kadanoff::networks {

namespace {

std::size_t rounded(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

/// What all workers of a run share.
struct Shared {
    Shared(int workers, const NetworkContraction::Poll& asked) : barrier(workers) {
        if (asked) poll = [this, &asked] { return asked(turn.load()); };
    }

    std::atomic<bool> stopped{false};
    std::atomic<std::int64_t> next{0};  ///< slice to be taken
    std::atomic<std::int64_t> turn{0};  ///< slice to be added
    std::atomic<std::int64_t> piece{0};
    SpinBarrier barrier;
    std::function<bool()> poll;
    PollTimer timer{poll};

    void stop() {
        stopped.store(true);
        turn.fetch_add(std::int64_t{1} << 62);
        turn.notify_all();
    }
};

/// Exponents between which products of two numbers and their sums are far from overflow.
int exponent_limit(DType dtype) { return dtype == DType::float32 || dtype == DType::complex64 ? 24 : 200; }

/// One worker of a run: its tensors, and the powers of 2 that its slice was divided by.
class Worker {
public:
    Worker(const Program& program, const Program::Call& call, Shared& shared, int number, int team, char* arena,
           char* scratch, const std::vector<const void*>& tensors)
        : program_(program),
          call_(call),
          shared_(shared),
          number_(number),
          team_(team),
          leads_(team == 1 || number == 0),
          scratch_(scratch),
          tensors_(tensors),
          bytes_(size_of(program.dtype)) {
        at_.resize(program.values.size());
        for (std::size_t v = 0; v < program.values.size(); ++v) {
            const Value& value = program.values[v];
            if (value.place == Place::arena) at_[v] = arena + value.offset;
            if (value.place == Place::output) at_[v] = static_cast<char*>(call.output);
        }
        if (call.gradients != nullptr && call.exponent != nullptr) factors_.assign(program.steps.size(), 1.0);
    }

    /// All steps of one slice; false if the run was stopped.
    bool run(std::int64_t slice) {
        place_inputs(slice);
        exponent_ = 0;
        const std::size_t count = call_.gradients != nullptr ? program_.steps.size() : at(program_.forward_steps);
        for (std::size_t s = 0; s < count; ++s) {
            const Step& step = program_.steps[s];
            if (step.rescaled >= 0 && !factors_.empty() && leads_) rescale_gradient(step);
            if (team_ > 1 && is_shared(step)) {
                shared_.barrier.wait([this] { shared_.piece.store(0); });
                if (shared_.stopped.load()) return false;
                stream_pieces(step, shared_.piece);
                shared_.barrier.wait();
            } else if (leads_) {
                execute(step);
            }
            if (!leads_) continue;
            if (step.rescales && call_.exponent != nullptr) rescale(s);
            if (stopped(step.work)) {
                if (team_ > 1) leave_team(s, count);
                return false;
            }
        }
        return !shared_.stopped.load();
    }

    std::int64_t exponent() const { return exponent_; }
    const char* at_value(int value) const { return at_[at(value)]; }
    std::int64_t output_offset() const { return output_offset_; }
    std::int64_t input_offset(int input) const { return offsets_[at(input)]; }

private:
    void place_inputs(std::int64_t slice) {
        offsets_.assign(at(program_.inputs), 0);
        output_offset_ = 0;
        for (auto x = program_.sliced.rbegin(); x != program_.sliced.rend(); ++x) {
            const std::int64_t value = slice % x->size;
            slice /= x->size;
            for (std::size_t k = 0; k < offsets_.size(); ++k) offsets_[k] += value * x->input_strides[k];
            output_offset_ += value * x->output_stride;
        }
        for (std::size_t v = 0; v < program_.values.size(); ++v) {
            const Value& value = program_.values[v];
            if (value.place == Place::input) at_[v] = offset(tensors_[at(value.input)], offsets_[at(value.input)]);
            if (value.place == Place::cotangent) at_[v] = offset(call_.cotangent, output_offset_);
        }
    }

    /// Operands are only read, results written: one table of pointers serves both.
    char* offset(const void* from, std::int64_t elements) const {
        return const_cast<char*>(static_cast<const char*>(from)) + elements * static_cast<std::int64_t>(bytes_);
    }

    void execute(const Step& step) {
        char* const left = at_[at(step.left)];
        char* const result = at_[at(step.result)];
        switch (step.kind) {
            case Kind::sum: return program_.sums[at(step.index)].run(left, result, 1);
            case Kind::relayout: return program_.relayouts[at(step.index)].run(left, result);
            case Kind::pair: return program_.pairs[at(step.index)].run(left, at_[at(step.right)], result, scratch_, 1);
            case Kind::reduce:
                return program_.kernel.reduce(program_.jobs[at(step.index)].job, left, at_[at(step.right)], result,
                                              scratch_);
            case Kind::stream:
            case Kind::multiply:
                if (step.work < 1e7) return stream_rows(step, 0, step.rows);
                std::atomic<std::int64_t> piece{0};
                stream_pieces(step, piece);
        }
    }

    /// Whether all workers do a part of the step.
    static bool is_shared(const Step& step) {
        return (step.kind == Kind::stream || step.kind == Kind::multiply) && step.work > 1e6;
    }

    void stream_rows(const Step& step, std::int64_t first, std::int64_t last) {
        const auto run = step.kind == Kind::stream ? program_.kernel.stream : program_.kernel.multiply;
        run(program_.jobs[at(step.index)].job, at_[at(step.left)], at_[at(step.right)], at_[at(step.result)], scratch_,
            first, last);
    }

    /// Pieces of about a millisecond, so that a run can be stopped between them.
    void stream_pieces(const Step& step, std::atomic<std::int64_t>& piece) {
        const double pieces = std::ceil(step.work / 4e6);
        const std::int64_t size =
            std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(step.rows) / pieces));
        for (std::int64_t first; (first = piece.fetch_add(1) * size) < step.rows;) {
            stream_rows(step, first, std::min(first + size, step.rows));
            if (stopped(step.work / pieces)) return;
        }
    }

    /// Looks at the clock after some milliseconds of work, on the thread that may.
    bool stopped(double work) {
        work_ += work + 1000;
        if (work_ < 2e6) return false;
        work_ = 0;
        if (number_ == 0 && shared_.timer.stopped() && !shared_.stopped.load()) shared_.stop();
        return shared_.stopped.load();
    }

    /// Meets the others once more, who then see that the run was stopped.
    void leave_team(std::size_t step, std::size_t count) {
        for (std::size_t s = step + 1; s < count; ++s) {
            const Step& next = program_.steps[s];
            if (is_shared(next)) {
                shared_.barrier.wait();
                return;
            }
        }
    }

    void rescale(std::size_t s) {
        const Step& step = program_.steps[s];
        const std::int64_t size = program_.values[at(step.result)].size;
        const double largest = program_.kernel.largest(at_[at(step.result)], size);
        if (!factors_.empty()) factors_[s] = 1;
        if (largest == 0 || !std::isfinite(largest)) return;
        const int exponent = std::ilogb(largest);
        if (std::abs(exponent) <= exponent_limit(program_.dtype)) return;
        const double factor = std::ldexp(1.0, -exponent);
        program_.kernel.scale(at_[at(step.result)], size, factor);
        exponent_ += exponent;
        if (!factors_.empty()) factors_[s] = factor;
    }

    void rescale_gradient(const Step& step) {
        const double factor = factors_[at(step.rescaled_by)];
        if (factor != 1) {
            program_.kernel.scale(at_[at(step.rescaled)], program_.values[at(step.rescaled)].size, factor);
        }
    }

    const Program& program_;
    const Program::Call& call_;
    Shared& shared_;
    const int number_, team_;
    const bool leads_;  ///< does the steps that are not shared
    char* const scratch_;
    const std::vector<const void*>& tensors_;
    const std::size_t bytes_;
    std::vector<char*> at_;
    std::vector<std::int64_t> offsets_;
    std::vector<double> factors_;
    std::int64_t exponent_ = 0, output_offset_ = 0;
    double work_ = 0;
};

/// What slices are added up in, one after the other in their order.
class Totals {
public:
    Totals(const Program& program, const Program::Call& call) : program_(program), call_(call) {
        if (program.slices != 1 || program.empty) fill(program.result, call.output);
        if (call.gradients == nullptr) return;
        for (std::size_t g = 0; g < program.gradients.size(); ++g) fill(program.gradients[g], (*call.gradients)[g]);
    }

    void add(const Worker& worker) {
        double factor = 1;
        if (call_.exponent != nullptr && program_.slices == 1) exponent_ = worker.exponent();
        if (call_.exponent != nullptr && program_.slices != 1) {
            const double largest = largest_of(worker);
            if (largest == 0) return;
            const std::int64_t own = worker.exponent() + std::ilogb(largest);
            if (!any_ || own > exponent_) {
                if (any_) rescale(power(exponent_ - own));
                exponent_ = own;
            }
            any_ = true;
            factor = power(worker.exponent() - exponent_);
        }
        if (program_.slices != 1) {
            add_to(program_.dtype, program_.result, worker.at_value(program_.result.value), call_.output,
                   worker.output_offset(), factor);
        }
        if (call_.gradients == nullptr) return;
        for (std::size_t g = 0; g < program_.gradients.size(); ++g) {
            const Addition& addition = program_.gradients[g];
            add_to(program_.dtype, addition, worker.at_value(addition.value), (*call_.gradients)[g],
                   worker.input_offset(addition.input), factor);
        }
    }

    std::int64_t exponent() const { return exponent_; }

private:
    void fill(const Addition& addition, void* to) const {
        std::memset(to, 0, static_cast<std::size_t>(addition.total) * size_of(program_.dtype));
    }

    static double power(std::int64_t exponent) {
        return std::ldexp(1.0, static_cast<int>(std::clamp<std::int64_t>(exponent, -4000, 4000)));
    }

    double largest_of(const Worker& worker) const {
        const auto one = [&](const Addition& addition) {
            return program_.kernel.largest(worker.at_value(addition.value), program_.values[at(addition.value)].size);
        };
        double most = one(program_.result);
        if (call_.gradients == nullptr) return most;
        for (const Addition& addition : program_.gradients) most = std::max(most, one(addition));
        return most;
    }

    void rescale(double factor) const {
        program_.kernel.scale(call_.output, program_.result.total, factor);
        if (call_.gradients == nullptr) return;
        for (std::size_t g = 0; g < program_.gradients.size(); ++g) {
            program_.kernel.scale((*call_.gradients)[g], program_.gradients[g].total, factor);
        }
    }

    const Program& program_;
    const Program::Call& call_;
    std::int64_t exponent_ = 0;
    bool any_ = false;
};

/// The tensors, and copies of those with numbers so large or small that products of two could overflow.
class ScaledTensors {
public:
    ScaledTensors(const Program& program, const Program::Call& call) : tensors(call.tensors) {
        if (call.exponent == nullptr) return;
        for (std::size_t k = 0; k < tensors.size(); ++k) {
            const std::int64_t size = program.input_sizes[k];
            const double largest = program.kernel.largest(tensors[k], size);
            if (largest == 0 || !std::isfinite(largest)) continue;
            const int power = std::ilogb(largest);
            if (std::abs(power) <= exponent_limit(program.dtype)) continue;
            const std::size_t bytes = static_cast<std::size_t>(size) * size_of(program.dtype);
            copies_.emplace_back(bytes);
            std::memcpy(copies_.back().data(), tensors[k], bytes);
            scale_exactly(program, copies_.back().data(), size, -power);
            tensors[k] = copies_.back().data();
            exponents.push_back({k, power});
            exponent += power;
        }
    }

    /// In two steps: 2^power itself may be out of range.
    static void scale_exactly(const Program& program, void* values, std::int64_t size, int power) {
        program.kernel.scale(values, size, std::ldexp(1.0, power / 2));
        program.kernel.scale(values, size, std::ldexp(1.0, power - power / 2));
    }

    std::vector<const void*> tensors;
    std::vector<std::pair<std::size_t, int>> exponents;
    std::int64_t exponent = 0;

private:
    std::vector<std::vector<char>> copies_;
};

}  // namespace

/// Work that is done in the time in which a thread is started goes to one; so do slices that are done in the time in
/// which a thread learns that it may add its own.
int Program::workers(int threads) const {
    constexpr double worth_a_thread = 4e6, worth_a_turn = 1e6;
    if (slices > 1 && flops < worth_a_turn * static_cast<double>(slices)) return 1;
    const double most = std::min(flops / worth_a_thread, 4096.0);
    const int useful = slices > 1 ? static_cast<int>(std::min<std::int64_t>(slices, 4096)) : 4096;
    return std::max(1, std::min({resolve_threads(threads), useful, static_cast<int>(most)}));
}

std::size_t Program::bytes(int threads) const {
    const auto workers = at(this->workers(threads));
    const std::size_t arenas = slices > 1 ? workers : 1;
    return arenas * rounded(arena_bytes) + workers * rounded(scratch_bytes);
}

bool Program::run(const Call& call) const {
    if (call.tensors.size() != at(inputs)) {
        throw InvalidArgument("[NetworkContraction] expected " + std::to_string(inputs) + " tensors, got " +
                              std::to_string(call.tensors.size()));
    }
    Totals totals(*this, call);
    if (call.exponent != nullptr) *call.exponent = 0;
    if (empty) return true;
    const bool by_slice = slices > 1;
    const int workers = this->workers(call.threads);
    const std::size_t scratch = rounded(scratch_bytes), arena = rounded(arena_bytes);
    const Memory memory(bytes(call.threads));
    const ScaledTensors scaled(*this, call);
    Shared shared(workers, call.poll);
    run_parallel(workers, [&](int number) {
        char* const own = memory.data() + at(number) * (by_slice ? arena + scratch : scratch);
        char* const shared_arena = memory.data() + at(workers) * scratch;
        Worker worker(*this, call, shared, number, by_slice ? 1 : workers, by_slice ? own + scratch : shared_arena, own,
                      scaled.tensors);
        if (!by_slice) {
            if (worker.run(0) && number == 0) totals.add(worker);
            return;
        }
        for (std::int64_t slice; (slice = shared.next.fetch_add(1)) < slices;) {
            if (!worker.run(slice)) return;
            for (std::int64_t turn; (turn = shared.turn.load()) != slice;) {
                if (shared.stopped.load()) return;
                shared.turn.wait(turn);
            }
            totals.add(worker);
            shared.turn.fetch_add(1);
            shared.turn.notify_all();
        }
    });
    if (call.exponent != nullptr) *call.exponent = totals.exponent() + scaled.exponent;
    if (call.gradients != nullptr) {
        // d/dx of f(x 2^-p) is f' 2^-p.
        for (const auto& [k, power] : scaled.exponents) {
            for (std::size_t g = 0; g < gradients.size(); ++g) {
                if (gradients[g].input == static_cast<int>(k)) {
                    ScaledTensors::scale_exactly(*this, (*call.gradients)[g], gradients[g].total, -power);
                }
            }
        }
    }
    return !shared.stopped.load();
}

}  // namespace kadanoff::networks
