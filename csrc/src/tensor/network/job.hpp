#pragma once

#include <vector>

#include "tensor/network/program.hpp"

namespace kadanoff::networks {

/// A label of a pair: its extent, and its stride in each of the three tensors, 0 where it is none of theirs.
struct PairLabel {
    int label;
    std::int64_t extent;
    bool in_a, in_b, in_c;
    std::int64_t a, b, c;
};

/// The labels of a pair by where they are.
struct PairGroups {
    std::vector<PairLabel> batch, rows, columns, summed;
    std::int64_t batch_size = 1, rows_size = 1, columns_size = 1, summed_size = 1;
};

/// The groups of a * b = c; labels of extent 1 are left out.
PairGroups group(const Value& a, const Value& b, const Value& c, const std::vector<std::int64_t>& sizes);

/// Elements that are contiguous in a and c through rows (stream), or in a and b through summed labels (reduce).
std::int64_t stream_length(const PairGroups& groups);
std::int64_t reduce_length(const PairGroups& groups);
/// Those that are contiguous in all three, through labels of all three.
std::int64_t multiply_length(const PairGroups& groups);

/// Through rows, or through labels of all three tensors.
PlannedJob stream_job(const PairGroups& groups);
PlannedJob multiply_job(const PairGroups& groups);
PlannedJob reduce_job(const PairGroups& groups);

}  // namespace kadanoff::networks
