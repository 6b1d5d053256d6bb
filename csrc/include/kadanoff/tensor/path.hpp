#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

namespace kadanoff {

/// What is contracted, without its numbers. An index is a number below extents.size(); it may stand in any number of
/// tensors, several times in one, and is summed unless it is one of the output's.
struct NetworkShape {
    std::vector<std::vector<std::int32_t>> tensors;
    std::vector<std::int32_t> output;
    std::vector<std::int64_t> extents;
};

/// Pairs in static single assignment form: tensor k is an input for k < n, else the result of pair k - n.
using SsaPath = std::vector<std::array<std::int32_t, 2>>;

/// What a path costs. An index that only one tensor has, and the output has not, is summed before the first pair and
/// counts nowhere; an extent of 0 counts as 1.
struct PathCost {
    double log10_flops = -std::numeric_limits<double>::infinity();  ///< multiplications: over all pairs and slices, the
                                                                    ///< product of the extents that either tensor has
    double log10_unsliced = log10_flops;                            ///< the same with no index sliced
    double log2_largest = log10_flops;  ///< elements of the largest result of a pair, in a slice
    double log2_peak = log10_flops;     ///< elements of all results of pairs that exist at once, in a slice
    double log2_slices = 0.0;
};

struct ContractionPath {
    SsaPath pairs;                     ///< in the order of execution
    std::vector<std::int32_t> sliced;  ///< indices fixed in each slice; results of slices are added, or where the
                                       ///< output has the index, put side by side
    PathCost cost;
};

enum class PathMethod {
    automatic,  ///< optimal, greedy or a search, with as much effort as the contraction is worth
    greedy,     ///< the best of three greedy paths, without noise; for slices, with small subtrees made optimal
    optimal,    ///< the best of all trees; at most 14 tensors
    search,     ///< many trials, annealed
};

enum class PathObjective {
    flops,  ///< multiplications
    size,   ///< elements of the largest result
    combo,  ///< multiplications + 64 x elements of all results: a machine on which memory is slow
};

struct PathOptions {
    PathMethod method = PathMethod::automatic;
    PathObjective minimize = PathObjective::flops;
    std::optional<double> seconds;       ///< the best path found in this time; not reproducible
    std::optional<std::int64_t> trials;  ///< otherwise: trees built and annealed
    double peak_limit = std::numeric_limits<double>::infinity();     ///< most elements of all results at once
    double largest_limit = std::numeric_limits<double>::infinity();  ///< most elements of one result
    std::uint64_t seed = 0;
    int threads = 0;  ///< 0: one per core
};

/// Asked about every 100 ms on the calling thread; false stops.
using PathPoll = std::function<bool()>;

/// Searches for a path. Without `seconds` it is a pure function of (shape, method, minimize, trials, limits, seed),
/// whatever the number of threads. The limits are obeyed. Throws InvalidArgument (also if no slicing obeys the limits;
/// then it says how many elements the best one needs). A poll that says stop ends the search with the best so far.
ContractionPath find_path(const NetworkShape& shape, const PathOptions& options, const PathPoll& poll = {});

/// Keeps `pairs` and slices indices until the limits of `options` are obeyed; only limits are read. Throws as
/// find_path.
ContractionPath slice_path(const NetworkShape& shape, const SsaPath& pairs, const PathOptions& options);

/// What `pairs` cost in this order with `sliced` indices. Throws InvalidArgument unless they contract all tensors.
PathCost path_cost(const NetworkShape& shape, const SsaPath& pairs, const std::vector<std::int32_t>& sliced);

}  // namespace kadanoff
