#include "tensor/network/worker.hpp"

#include <algorithm>
#include <cmath>

#include "tensor/network/scaled_tensors.hpp"
#include "tensor/network/tree.hpp"

namespace kadanoff::networks {

namespace {

/// Whether all workers do a part of the step.
bool is_shared(const Step& step) {
    return (step.kind == Kind::stream || step.kind == Kind::multiply) && step.work > 1e6;
}

}  // namespace

Worker::Worker(const Program& program, const Program::Call& call, SharedRun& shared, int number, int team,
               Memory memory, const std::vector<const void*>& tensors)
    : program_(program),
      call_(call),
      shared_(shared),
      number_(number),
      team_(team),
      leads_(team == 1 || number == 0),
      scratch_(memory.scratch),
      tensors_(tensors),
      bytes_(size_of(program.dtype)),
      offsets_(at(program.inputs), 0),
      values_(program.sliced.size(), 0) {
    at_.resize(program.values.size());
    for (std::size_t v = 0; v < program.values.size(); ++v) {
        const Value& value = program.values[v];
        if (value.place == Place::arena) at_[v] = memory.arena + value.offset;
        if (value.place == Place::output) at_[v] = static_cast<char*>(call.output);
        if (value.place == Place::gradient && call.gradients != nullptr) {
            at_[v] = static_cast<char*>((*call.gradients)[at(value.input)]);
        }
    }
    if (call.gradients != nullptr && call.exponent != nullptr) factors_.assign(program.steps.size(), 1.0);
}

bool Worker::run(std::int64_t slice) {
    place_inputs(slice);
    exponent_ = 0;
    const std::size_t count = call_.gradients != nullptr ? program_.steps.size() : at(program_.forward_steps);
    for (std::size_t s = 0; s < count; ++s) {
        const Step& step = program_.steps[s];
        if (step.rescaled >= 0 && !factors_.empty() && leads_) rescale_gradient(step);
        if (team_ > 1 && is_shared(step)) {
            shared_.barrier.wait([this] { shared_.piece.store(0); });
            if (shared_.stopped()) return false;
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
    return !shared_.stopped();
}

void Worker::place_inputs(std::int64_t slice) {
    std::fill(offsets_.begin(), offsets_.end(), 0);
    std::int64_t output_offset = 0;
    for (std::size_t s = program_.sliced.size(); s-- > 0;) {
        const SlicedLabel& label = program_.sliced[s];
        const std::int64_t value = slice % label.size;
        slice /= label.size;
        values_[s] = value;
        for (std::size_t k = 0; k < offsets_.size(); ++k) offsets_[k] += value * label.input_strides[k];
        output_offset += value * label.output_stride;
    }
    for (std::size_t v = 0; v < program_.values.size(); ++v) {
        const Value& value = program_.values[v];
        if (value.place == Place::input) at_[v] = offset(tensors_[at(value.input)], offsets_[at(value.input)]);
        if (value.place == Place::cotangent) at_[v] = offset(call_.cotangent, output_offset);
    }
}

void Worker::execute(const Step& step) {
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

void Worker::stream_rows(const Step& step, std::int64_t first, std::int64_t last) {
    const auto run = step.kind == Kind::stream ? program_.kernel.stream : program_.kernel.multiply;
    run(program_.jobs[at(step.index)].job, at_[at(step.left)], at_[at(step.right)], at_[at(step.result)], scratch_,
        first, last);
}

/// Pieces of about a millisecond, so that a run can be stopped between them.
void Worker::stream_pieces(const Step& step, std::atomic<std::int64_t>& piece) {
    const double pieces = std::ceil(step.work / 4e6);
    const std::int64_t size =
        std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(step.rows) / pieces));
    for (std::int64_t first; (first = piece.fetch_add(1) * size) < step.rows;) {
        stream_rows(step, first, std::min(first + size, step.rows));
        if (stopped(step.work / pieces)) return;
    }
}

/// Looks at the clock after some milliseconds of work, on the thread that may.
bool Worker::stopped(double work) {
    work_ += work + 1000;
    if (work_ < 2e6) return false;
    work_ = 0;
    return shared_.asks(number_);
}

/// Meets the others once more, who then see that the run was stopped.
void Worker::leave_team(std::size_t step, std::size_t count) {
    for (std::size_t s = step + 1; s < count; ++s) {
        const Step& next = program_.steps[s];
        if (is_shared(next)) {
            shared_.barrier.wait();
            return;
        }
    }
}

void Worker::rescale(std::size_t s) {
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

void Worker::rescale_gradient(const Step& step) {
    const double factor = factors_[at(step.rescaled_by)];
    if (factor != 1) {
        program_.kernel.scale(at_[at(step.rescaled)], program_.values[at(step.rescaled)].size, factor);
    }
}

Summand Worker::summand(const Addition& addition, std::int64_t offset) const {
    return {&addition, at_[at(addition.value)], program_.values[at(addition.value)].size, offset};
}

void Worker::add_to(Sums& block, const SliceRange& range) {
    summands_.clear();
    const std::vector<BlockSum>& sums = program_.blocks.sums();
    for (std::size_t t = 0; t < block.targets().size(); ++t) {
        summands_.push_back(summand(sums[t].from_slice, program_.blocks.offset(sums[t], values_, range)));
    }
    block.add(summands_, exponent_);
}

void Worker::add_to_gradients(Sums& gradients) {
    summands_.clear();
    for (const Addition& gradient : program_.gradients) {
        if (!gradient.in_place) summands_.push_back(summand(gradient, 0));
    }
    gradients.add(summands_, exponent_);
}

}  // namespace kadanoff::networks
