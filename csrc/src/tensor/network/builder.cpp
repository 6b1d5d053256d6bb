#include "tensor/network/builder.hpp"

#include <algorithm>
#include <climits>

namespace kadanoff::networks {

namespace {

/// Stretches shorter than this leave registers empty.
constexpr std::int64_t good_length = 16;
/// Smaller tensors are not worth a pass of their own.
constexpr std::int64_t worth_permuting = 1024;

bool has(const std::vector<int>& labels, int label) {
    return std::find(labels.begin(), labels.end(), label) != labels.end();
}

std::int64_t stride_at(const Value& value, std::vector<int>::const_iterator label) {
    return value.strides[static_cast<std::size_t>(label - value.labels.begin())];
}

double pair_work(const PairGroups& groups, DType dtype) {
    const double products = static_cast<double>(groups.batch_size) * static_cast<double>(groups.rows_size) *
                            static_cast<double>(groups.columns_size) * static_cast<double>(groups.summed_size);
    return products * (dtype == DType::complex64 || dtype == DType::complex128 ? 8 : 2);
}

/// Whether a blocked matrix product pays: all three sides are long.
bool suits_matrix_product(const PairGroups& groups) {
    return groups.columns_size >= 32 && groups.summed_size >= 32 && groups.rows_size >= 32;
}

bool suits_reduction(const PairGroups& groups) {
    return groups.rows_size * groups.columns_size <= 256 && groups.summed_size >= 64;
}

}  // namespace

Builder::Builder(Program& program, const NetworkEquation& equation, const Tree& tree)
    : program_(program),
      equation_(equation),
      tree_(tree),
      value_of_node_(tree.nodes.size(), -1),
      step_of_node_(tree.nodes.size(), -1) {}

std::int64_t Builder::volume(const std::vector<int>& labels) const {
    std::int64_t result = 1;
    for (const int label : labels) result *= tree_.size(label);
    return result;
}

int Builder::add_value(std::vector<int> labels, Place place) {
    Value made;
    made.strides.resize(labels.size());
    for (std::size_t i = labels.size(); i-- > 0;) {
        made.strides[i] = made.size;
        made.size *= tree_.size(labels[i]);
    }
    made.labels = std::move(labels);
    made.place = place;
    program_.largest = std::max(program_.largest, made.size);
    program_.values.push_back(std::move(made));
    return static_cast<int>(program_.values.size()) - 1;
}

/// A tensor that is given: a view of one slice, of the diagonal where a label stands twice.
int Builder::input_value(const NetworkEquation& equation, int number) {
    Value made;
    made.place = Place::input;
    made.input = number;
    const std::vector<int>& labels = equation.inputs[at(number)];
    std::int64_t stride = 1;
    for (std::size_t i = labels.size(); i-- > 0;) {
        const int label = labels[i];
        if (!tree_.is_sliced[at(label)]) {
            const auto place = std::find(made.labels.begin(), made.labels.end(), label);
            if (place == made.labels.end()) {
                made.labels.insert(made.labels.begin(), label);
                made.strides.insert(made.strides.begin(), stride);
                made.size *= tree_.size(label);
            } else {
                made.strides[static_cast<std::size_t>(place - made.labels.begin())] += stride;
            }
        }
        stride *= equation.sizes[at(label)];
    }
    program_.values.push_back(std::move(made));
    return static_cast<int>(program_.values.size()) - 1;
}

void Builder::add_step(const Step& step) {
    const int number = static_cast<int>(program_.steps.size());
    value(step.result).born = number;
    value(step.left).last_used = number;
    if (step.right >= 0) value(step.right).last_used = number;
    program_.flops += step.work;
    program_.steps.push_back(step);
}

int Builder::permute(int number, const std::vector<int>& labels) {
    const int result = add_value(labels);
    const Value &from = value(number), &to = value(result);
    const double work = static_cast<double>(from.size);
    if (from.labels.size() == to.labels.size()) {
        program_.relayouts.emplace_back(from, to, tree_.sizes, program_.dtype);
        const int index = static_cast<int>(program_.relayouts.size()) - 1;
        add_step({Kind::relayout, number, -1, result, index, 0, work});
        return result;
    }
    PermuteSpec spec;
    spec.dtype = program_.dtype;
    for (std::size_t i = 0; i < from.labels.size(); ++i) {
        spec.input.push_back(static_cast<int>(i));
        spec.extents.push_back(tree_.size(from.labels[i]));
        spec.input_strides.push_back(from.strides[i]);
    }
    for (std::size_t i = 0; i < to.labels.size(); ++i) {
        const auto place = std::find(from.labels.begin(), from.labels.end(), to.labels[i]);
        spec.output.push_back(static_cast<int>(place - from.labels.begin()));
        spec.output_strides.push_back(to.strides[i]);
    }
    program_.sums.emplace_back(spec);
    add_step({Kind::sum, number, -1, result, static_cast<int>(program_.sums.size()) - 1, 0, work});
    return result;
}

void Builder::add_job(Kind kind, int left, int right, int result, PlannedJob planned, double work) {
    std::int64_t rows = planned.job.rows.count;
    for (const NetworkLoop& loop : planned.loops) rows *= loop.count;
    const std::size_t vector = kind == Kind::reduce ? 128 : size_of(program_.dtype);
    const auto packed = static_cast<std::size_t>(planned.job.k * planned.job.n);
    program_.scratch_bytes = std::max(program_.scratch_bytes, packed * vector);
    program_.jobs.push_back(std::move(planned));
    add_step({kind, left, right, result, static_cast<int>(program_.jobs.size()) - 1, rows, work});
}

void Builder::add_pair(int left, int right, int result, double work) {
    PairSpec spec;
    spec.dtype = program_.dtype;
    std::vector<int> known;
    const auto number_of = [&](int label) {
        const auto place = std::find(known.begin(), known.end(), label);
        if (place != known.end()) return static_cast<int>(place - known.begin());
        known.push_back(label);
        spec.extents.push_back(tree_.size(label));
        return static_cast<int>(known.size()) - 1;
    };
    for (const int label : value(left).labels) spec.left.push_back(number_of(label));
    for (const int label : value(right).labels) spec.right.push_back(number_of(label));
    for (const int label : value(result).labels) spec.output.push_back(number_of(label));
    spec.left_strides = value(left).strides;
    spec.right_strides = value(right).strides;
    spec.output_strides = value(result).strides;
    program_.pairs.emplace_back(spec);
    program_.scratch_bytes = std::max(program_.scratch_bytes, program_.pairs.back().workspace_bytes(1));
    add_step({Kind::pair, left, right, result, static_cast<int>(program_.pairs.size()) - 1, 0, work});
}

int Builder::multiply(int left, int right, const std::vector<int>& labels) {
    const int result = add_value(labels);
    PairGroups groups = group(value(left), value(right), value(result), tree_.sizes);
    const double work = pair_work(groups, program_.dtype);
    if (suits_reduction(groups) && reduce_length(groups) >= 8) {
        add_job(Kind::reduce, left, right, result, reduce_job(groups), work);
        return result;
    }
    if (groups.columns_size > groups.rows_size ||
        (groups.columns_size == groups.rows_size &&
         stream_length(group(value(right), value(left), value(result), tree_.sizes)) > stream_length(groups))) {
        std::swap(left, right);
        groups = group(value(left), value(right), value(result), tree_.sizes);
    }
    constexpr std::int64_t most_packed = 4096;
    const std::int64_t together = multiply_length(groups);
    if (together >= 4 && together > stream_length(groups) && groups.columns_size * groups.summed_size <= most_packed) {
        add_job(Kind::multiply, left, right, result, multiply_job(groups), work);
        return result;
    }
    if (suits_matrix_product(groups) || groups.columns_size > most_packed || groups.summed_size > most_packed ||
        groups.columns_size * groups.summed_size > 4 * most_packed) {
        add_pair(left, right, result, work);
    } else {
        add_job(Kind::stream, left, right, result, stream_job(groups), work);
    }
    return result;
}

std::vector<int> Builder::sorted_labels(int number) const {
    std::vector<TreeLabel> labels = tree_.node(number);
    std::stable_sort(labels.begin(), labels.end(), [](const TreeLabel& x, const TreeLabel& y) {
        return x.touched != y.touched ? x.touched < y.touched : x.label < y.label;
    });
    std::vector<int> result;
    for (const TreeLabel& x : labels) result.push_back(x.label);
    return result;
}

/// The sorted labels, with the fastest ones as they are in the tensor that is streamed, as far as they are its own and
/// not `touched` (by label) next. Empty if these are too few for full registers.
std::vector<int> Builder::streamed_order(const Value& streamed, const Value& other, const std::vector<int>& sorted,
                                         const std::vector<char>& touched) const {
    std::vector<int> kept;
    std::int64_t length = 1;
    bool shared = false;
    for (std::size_t i = streamed.labels.size(); i-- > 0;) {
        const int label = streamed.labels[i];
        if (tree_.size(label) == 1) continue;
        if (streamed.strides[i] != length || touched[at(label)]) break;
        // Either all of them are the streamed tensor's alone, or all are contiguous in both tensors and kept.
        const auto place = std::find(other.labels.begin(), other.labels.end(), label);
        const bool is_shared = place != other.labels.end();
        if (kept.empty()) shared = is_shared;
        if (is_shared != shared || (shared && (!has(sorted, label) || stride_at(other, place) != length))) break;
        kept.insert(kept.begin(), label);
        length *= tree_.size(label);
    }
    if (length < good_length) return {};
    std::vector<int> result;
    for (const int label : sorted) {
        if (!has(kept, label)) result.push_back(label);
    }
    result.insert(result.end(), kept.begin(), kept.end());
    return result;
}

/// A tensor to be streamed, permuted first if its fastest labels are also the other's and it is large.
int Builder::for_streaming(int number, int other, const std::vector<int>& result_labels) {
    if (value(number).size < worth_permuting) return number;
    const std::vector<char> untouched(tree_.sizes.size(), 0);
    if (!streamed_order(value(number), value(other), result_labels, untouched).empty()) return number;
    std::vector<int> shared, own;
    std::int64_t length = 1;
    bool good = true;
    const Value& own_value = value(number);
    for (std::size_t i = own_value.labels.size(); i-- > 0;) {
        const int label = own_value.labels[i];
        if (has(value(other).labels, label) || !has(result_labels, label)) {
            shared.insert(shared.begin(), label);
            good = false;
        } else {
            own.insert(own.begin(), label);
            if (good && own_value.strides[i] == length) length *= tree_.size(label);
        }
    }
    if (length >= good_length || volume(own) < good_length) return number;
    // In the order of the result, so that what is contiguous here is contiguous there.
    std::vector<int> order = shared;
    for (const int label : result_labels) {
        if (has(own, label)) order.push_back(label);
    }
    return permute(number, order);
}

PairGroups Builder::groups_of(int left, int right, const std::vector<int>& labels) const {
    Value trial;
    trial.labels = labels;
    trial.strides.resize(labels.size());
    for (std::size_t i = labels.size(); i-- > 0;) {
        trial.strides[i] = trial.size;
        trial.size *= tree_.size(labels[i]);
    }
    return group(program_.values[at(left)], program_.values[at(right)], trial, tree_.sizes);
}

int Builder::multiply_node(int left, int right, int number) {
    const std::vector<int> sorted = sorted_labels(number);
    PairGroups groups = groups_of(left, right, sorted);
    const PairGroups turned = groups_of(right, left, sorted);
    if (groups.columns_size > groups.rows_size ||
        (groups.columns_size == groups.rows_size && stream_length(turned) > stream_length(groups))) {
        std::swap(left, right);
        groups = turned;
    }
    if (suits_matrix_product(groups) || suits_reduction(groups)) return multiply(left, right, sorted);
    const bool root = number + 1 == static_cast<int>(tree_.nodes.size());
    std::vector<char> touched(tree_.sizes.size(), 0);
    if (volume(sorted) < worth_permuting) {
        // Whatever order is easy to write; the next step reads few elements.
        const std::vector<int> order =
            root ? std::vector<int>{} : streamed_order(value(left), value(right), sorted, touched);
        return multiply(left, right, order.empty() ? sorted : order);
    }
    if (std::max(stream_length(groups), multiply_length(groups)) >= good_length) return multiply(left, right, sorted);
    left = for_streaming(left, right, sorted);
    int next = INT_MAX;
    for (const TreeLabel& x : tree_.node(number)) next = std::min(next, x.touched);
    for (const TreeLabel& x : tree_.node(number)) touched[at(x.label)] = root || x.touched == next;
    std::vector<int> order = streamed_order(value(left), value(right), sorted, touched);
    if (!order.empty()) return multiply(left, right, order);
    std::fill(touched.begin(), touched.end(), 0);
    order = streamed_order(value(left), value(right), sorted, touched);
    if (order.empty() || order == sorted) return multiply(left, right, sorted);
    return permute(multiply(left, right, order), sorted);
}

void Builder::forward() {
    for (int k = 0; k < tree_.inputs; ++k) {
        const int number = input_value(equation_, k);
        const std::vector<int> kept = sorted_labels(k);
        // Labels that no other tensor has are summed over first.
        value_of_node_[at(k)] = kept.size() < value(number).labels.size() ? permute(number, kept) : number;
    }
    for (int s = 0; s < tree_.steps; ++s) {
        const auto& [a, b] = tree_.pairs[at(s)];
        const int node = tree_.inputs + s;
        value_of_node_[at(node)] = multiply_node(value_of_node_[at(a)], value_of_node_[at(b)], node);
        step_of_node_[at(node)] = static_cast<int>(program_.steps.size()) - 1;
        program_.steps.back().rescales = s + 1 < tree_.steps;
    }
    int root = value_of_node_.back();
    if (value(root).labels != tree_.output || value(root).place == Place::input) root = permute(root, tree_.output);
    value_of_node_.back() = root;
    program_.forward_steps = static_cast<int>(program_.steps.size());
    value(root).last_used = INT_MAX;
    program_.result = addition(root, equation_.output);
}

/// The value is one slice of a dense tensor with these labels; where it has none of them it is the same for all.
Addition Builder::addition(int number, const std::vector<int>& labels) const {
    const Value& from = program_.values[at(number)];
    Addition result{number, -1, {}, {}, {}, 1};
    std::vector<int> known;
    for (std::size_t i = labels.size(); i-- > 0;) {
        const int label = labels[i];
        const std::int64_t stride = result.total;
        result.total *= equation_.sizes[at(label)];
        if (tree_.is_sliced[at(label)]) continue;
        const auto before = std::find(known.begin(), known.end(), label);
        if (before != known.end()) {
            result.to[static_cast<std::size_t>(before - known.begin())] += stride;
            continue;
        }
        const auto place = std::find(from.labels.begin(), from.labels.end(), label);
        known.insert(known.begin(), label);
        result.extents.insert(result.extents.begin(), tree_.size(label));
        result.to.insert(result.to.begin(), stride);
        result.from.insert(
            result.from.begin(),
            place == from.labels.end() ? 0 : from.strides[static_cast<std::size_t>(place - from.labels.begin())]);
    }
    return result;
}

/// The gradient of a tensor, in the order of the tensor itself, so that it can be streamed where the tensor was.
int Builder::gradient(int cotangent, int other, int own) {
    const std::vector<int> labels = value(own).labels;
    PairGroups groups = groups_of(cotangent, other, labels);
    if (suits_matrix_product(groups)) {
        // What is only added to the caller's array can have the order in which its operands are packed best.
        const bool free = value(own).place == Place::input;
        return multiply(cotangent, other, free ? packed_order(cotangent, other, labels) : labels);
    }
    if (value(own).size < worth_permuting || suits_reduction(groups)) return multiply(cotangent, other, labels);
    if (groups.columns_size > groups.rows_size) {
        std::swap(cotangent, other);
        groups = groups_of(cotangent, other, labels);
    }
    if (std::max(stream_length(groups), multiply_length(groups)) >= good_length) {
        return multiply(cotangent, other, labels);
    }
    const int streamed = for_streaming(cotangent, other, labels);
    const std::vector<char> untouched(tree_.sizes.size(), 0);
    const std::vector<int> order = streamed_order(value(streamed), value(other), labels, untouched);
    if (order.empty() || order == labels) return multiply(streamed, other, labels);
    return permute(multiply(streamed, other, order), labels);
}

/// Labels as they lie in one operand and then in the other, of which the fastest is the result's too.
std::vector<int> Builder::packed_order(int left, int right, const std::vector<int>& labels) const {
    const auto kept_last = [&](int number) {
        const std::vector<int>& own = program_.values[at(number)].labels;
        return !own.empty() && has(labels, own.back());
    };
    const bool left_is_larger = program_.values[at(left)].size > program_.values[at(right)].size;
    if (kept_last(left) && (!kept_last(right) || left_is_larger)) std::swap(left, right);
    std::vector<int> order;
    for (const int number : {left, right}) {
        for (const int label : program_.values[at(number)].labels) {
            if (has(labels, label) && !has(order, label)) order.push_back(label);
        }
    }
    return order;
}

void Builder::backward(const std::vector<int>& wanted) {
    std::vector<char> needed(tree_.nodes.size(), 0);
    for (const int k : wanted) needed[at(k)] = 1;
    for (int s = 0; s < tree_.steps; ++s) {
        const auto& [a, b] = tree_.pairs[at(s)];
        needed[at(tree_.inputs + s)] = needed[at(a)] || needed[at(b)];
    }
    std::vector<int> cotangent(tree_.nodes.size(), -1);
    Value seed = value(program_.result.value);
    seed.place = Place::cotangent;
    seed.born = -1;
    for (std::size_t i = 0; i < seed.labels.size(); ++i) {
        const auto place = std::find(tree_.output.begin(), tree_.output.end(), seed.labels[i]);
        seed.strides[i] = program_.result.to[static_cast<std::size_t>(place - tree_.output.begin())];
    }
    program_.values.push_back(seed);
    cotangent.back() = static_cast<int>(program_.values.size()) - 1;
    for (int s = tree_.steps - 1; s >= 0; --s) {
        const int node = tree_.inputs + s;
        bool first = true;
        for (int side = 0; side < 2; ++side) {
            const int own = tree_.pairs[at(s)][at(side)], other = tree_.pairs[at(s)][at(1 - side)];
            if (!needed[at(own)]) continue;
            const std::size_t before = program_.steps.size();
            cotangent[at(own)] = gradient(cotangent[at(node)], value_of_node_[at(other)], value_of_node_[at(own)]);
            if (first && s + 1 < tree_.steps) {
                program_.steps[before].rescaled_by = step_of_node_[at(node)];
                program_.steps[before].rescaled = cotangent[at(node)];
            }
            first = false;
        }
    }
    for (const int k : wanted) {
        const int number = placed(cotangent[at(k)], k);
        value(number).last_used = INT_MAX;
        program_.gradients.push_back(addition(number, equation_.inputs[at(k)]));
        program_.gradients.back().input = k;
        program_.gradients.back().in_place = value(number).place == Place::gradient;
    }
}

/// A gradient where the caller wants it, if it is of one slice and has each label of its tensor once; else as it is.
int Builder::placed(int number, int input) {
    const std::vector<int>& labels = equation_.inputs[at(input)];
    const std::vector<int> own = value(number).labels;
    const bool is_sliced = std::find(tree_.is_sliced.begin(), tree_.is_sliced.end(), 1) != tree_.is_sliced.end();
    if (is_sliced || value(number).place != Place::arena ||
        !std::is_permutation(own.begin(), own.end(), labels.begin(), labels.end())) {
        return number;
    }
    const int result = own == labels ? number : permute(number, labels);
    value(result).place = Place::gradient;
    value(result).input = static_cast<int>(program_.gradients.size());
    return result;
}

}  // namespace kadanoff::networks
