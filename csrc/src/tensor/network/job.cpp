#include "tensor/network/job.hpp"

#include <algorithm>
#include <string>

#include "kadanoff/error.hpp"
#include "tensor/network/tree.hpp"

namespace kadanoff::networks {

namespace {

std::int64_t stride_of(const Value& value, int label, bool& found) {
    const auto place = std::find(value.labels.begin(), value.labels.end(), label);
    found = place != value.labels.end();
    return found ? value.strides[static_cast<std::size_t>(place - value.labels.begin())] : 0;
}

/// Takes the labels that make up a contiguous stretch out of the list: strides 1, then the length so far in both.
template <class First, class Second>
std::int64_t take_stretch(std::vector<PairLabel>& labels, First first, Second second) {
    std::int64_t length = 1;
    for (bool more = true; more;) {
        more = false;
        for (auto x = labels.begin(); x != labels.end(); ++x) {
            if (first(*x) == length && second(*x) == length) {
                length *= x->extent;
                labels.erase(x);
                more = true;
                break;
            }
        }
    }
    return length;
}

/// Loops over labels, those of `outer` around those of `inner`; neighbours that are one loop in all tensors are joined.
std::vector<NetworkLoop> make_loops(const std::vector<PairLabel>& outer, const std::vector<PairLabel>& inner) {
    std::vector<NetworkLoop> loops;
    for (const auto* list : {&outer, &inner}) {
        for (const PairLabel& x : *list) {
            if (!loops.empty()) {
                NetworkLoop& last = loops.back();
                if (last.a == x.extent * x.a && last.b == x.extent * x.b && last.c == x.extent * x.c) {
                    last = {last.count * x.extent, x.a, x.b, x.c};
                    continue;
                }
            }
            loops.push_back({x.extent, x.a, x.b, x.c});
        }
    }
    return loops;
}

/// Offsets of all values of the labels, the last one fastest, appended to `offsets`.
template <class Stride>
std::int64_t append_offsets(std::vector<std::int64_t>& offsets, const std::vector<PairLabel>& labels, Stride stride) {
    const std::size_t begin = offsets.size();
    offsets.push_back(0);
    for (auto x = labels.rbegin(); x != labels.rend(); ++x) {
        const std::size_t count = offsets.size() - begin;
        for (std::int64_t i = 1; i < x->extent; ++i) {
            for (std::size_t j = 0; j < count; ++j) offsets.push_back(offsets[begin + j] + i * stride(*x));
        }
    }
    return static_cast<std::int64_t>(offsets.size() - begin);
}

template <class Stride>
void sort_slowest_first(std::vector<PairLabel>& labels, Stride stride) {
    std::stable_sort(labels.begin(), labels.end(),
                     [&](const PairLabel& x, const PairLabel& y) { return stride(x) > stride(y); });
}

std::int64_t a_of(const PairLabel& x) { return x.a; }
std::int64_t b_of(const PairLabel& x) { return x.b; }
std::int64_t c_of(const PairLabel& x) { return x.c; }
/// Of a label that is in both alike; no stretch has a stride of -1.
std::int64_t b_and_c_of(const PairLabel& x) { return x.b == x.c ? x.c : -1; }

/// The innermost loop goes into `rows`; a stretch without one is cut, so that there is something to share out.
void set_loops(PlannedJob& planned, std::vector<NetworkLoop> loops, bool cut_c, bool cut_b) {
    NetworkJob& job = planned.job;
    constexpr std::int64_t longest = 4096;
    if (job.length > longest && job.length % longest == 0) {
        loops.push_back({job.length / longest, longest, cut_b ? longest : 0, cut_c ? longest : 0});
        job.length = longest;
    }
    if (!loops.empty()) {
        job.rows = loops.back();
        loops.pop_back();
    }
    if (loops.size() > network_loops) {
        throw InvalidArgument("[NetworkContraction] expected at most 64 loops in a pair, got " +
                              std::to_string(loops.size()));
    }
    planned.loops = std::move(loops);
    job.loops = planned.loops.data();
    job.depth = static_cast<int>(planned.loops.size());
}

}  // namespace

PairGroups group(const Value& a, const Value& b, const Value& c, const std::vector<std::int64_t>& sizes) {
    PairGroups groups;
    const auto sort = [&](int label) {
        PairLabel x{label, sizes[at(label)], false, false, false, 0, 0, 0};
        if (x.extent == 1) return;
        x.a = stride_of(a, label, x.in_a);
        x.b = stride_of(b, label, x.in_b);
        x.c = stride_of(c, label, x.in_c);
        const auto put = [&](std::vector<PairLabel>& list, std::int64_t& size) {
            list.push_back(x);
            size *= x.extent;
        };
        if (x.in_a && x.in_b && x.in_c) {
            put(groups.batch, groups.batch_size);
        } else if (x.in_a && x.in_c) {
            put(groups.rows, groups.rows_size);
        } else if (x.in_b && x.in_c) {
            put(groups.columns, groups.columns_size);
        } else {
            put(groups.summed, groups.summed_size);
        }
    };
    for (const int label : a.labels) sort(label);
    for (const int label : b.labels) {
        if (std::find(a.labels.begin(), a.labels.end(), label) == a.labels.end()) sort(label);
    }
    return groups;
}

std::int64_t stream_length(const PairGroups& groups) {
    std::vector<PairLabel> rows = groups.rows;
    return take_stretch(rows, a_of, c_of);
}

std::int64_t reduce_length(const PairGroups& groups) {
    std::vector<PairLabel> summed = groups.summed;
    return take_stretch(summed, a_of, b_of);
}

std::int64_t multiply_length(const PairGroups& groups) {
    std::vector<PairLabel> batch = groups.batch;
    return take_stretch(batch, a_of, b_and_c_of);
}

namespace {

PlannedJob make_stream(const PairGroups& groups, bool through_batch) {
    PlannedJob planned;
    std::vector<PairLabel> rows = groups.rows, batch = groups.batch, columns = groups.columns;
    NetworkJob& job = planned.job;
    job.length = through_batch ? take_stretch(batch, a_of, b_and_c_of) : take_stretch(rows, a_of, c_of);
    sort_slowest_first(batch, c_of);
    sort_slowest_first(rows, c_of);
    sort_slowest_first(columns, c_of);
    set_loops(planned, make_loops(batch, rows), true, through_batch);
    job.k = append_offsets(planned.offsets, groups.summed, a_of);
    append_offsets(planned.offsets, groups.summed, b_of);
    job.n = append_offsets(planned.offsets, columns, b_of);
    append_offsets(planned.offsets, columns, c_of);
    job.a_k = planned.offsets.data();
    job.b_k = job.a_k + job.k;
    job.b_n = job.b_k + job.k;
    job.c_n = job.b_n + job.n;
    return planned;
}

}  // namespace

PlannedJob stream_job(const PairGroups& groups) { return make_stream(groups, false); }
PlannedJob multiply_job(const PairGroups& groups) { return make_stream(groups, true); }

PlannedJob reduce_job(const PairGroups& groups) {
    PlannedJob planned;
    std::vector<PairLabel> summed = groups.summed;
    NetworkJob& job = planned.job;
    job.length = take_stretch(summed, a_of, b_of);
    sort_slowest_first(summed, a_of);
    std::vector<NetworkLoop> loops = make_loops({}, summed);
    set_loops(planned, loops, false, true);
    // The loops that move c are outermost, and never the rows.
    std::vector<NetworkLoop> all = make_loops(groups.batch, {});
    all.insert(all.end(), planned.loops.begin(), planned.loops.end());
    if (all.size() > network_loops) {
        throw InvalidArgument("[NetworkContraction] expected at most 64 loops in a pair, got " +
                              std::to_string(all.size()));
    }
    planned.loops = std::move(all);
    job.loops = planned.loops.data();
    job.depth = static_cast<int>(planned.loops.size());
    job.k = append_offsets(planned.offsets, groups.rows, a_of);
    append_offsets(planned.offsets, groups.rows, c_of);
    job.n = append_offsets(planned.offsets, groups.columns, b_of);
    append_offsets(planned.offsets, groups.columns, c_of);
    job.a_k = planned.offsets.data();
    job.c_k = job.a_k + job.k;
    job.b_n = job.c_k + job.k;
    job.c_n = job.b_n + job.n;
    return planned;
}

}  // namespace kadanoff::networks
