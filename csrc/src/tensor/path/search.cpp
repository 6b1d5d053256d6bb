#include <cmath>
#include <string>

#include "kadanoff/error.hpp"
#include "tensor/path/greedy.hpp"
#include "tensor/path/slice.hpp"
#include "tensor/path/tree.hpp"

namespace kadanoff {

namespace {

using namespace paths;

void check_options(const PathOptions& options) {
    if (options.seconds && !(*options.seconds > 0.0 && *options.seconds <= 1e7)) {
        throw InvalidArgument("[find_path] expected seconds in (0, 1e7]");
    }
    if (options.trials && *options.trials < 1) throw InvalidArgument("[find_path] expected at least one trial");
    if (!(options.peak_limit >= 1.0) || !(options.largest_limit >= 1.0)) {
        throw InvalidArgument("[find_path] expected limits of at least one element");
    }
}

[[noreturn]] void refuse_limits(double over, const Limits& limits) {
    throw InvalidArgument("[find_path] expected limits that a slicing obeys, got at best 2^" + std::to_string(over) +
                          " times as many elements as the limit of 2^" +
                          std::to_string(std::min(limits.largest, limits.peak)));
}

}  // namespace

ContractionPath find_path(const NetworkShape& shape, const PathOptions& options, const PathPoll& /*poll*/) {
    check_options(options);
    const Network network = make_network(shape);
    ContractionPath result;
    if (network.size() >= 2) {
        Random random(options.seed, 0, 0);
        Contraction contraction(network);
        absorb_small_tensors(contraction);
        contract_greedily(contraction, {}, random);
        const BitLayout layout(network);
        Tree tree(network, layout, contraction.pairs());
        const Limits limits{std::log2(options.largest_limit), std::log2(options.peak_limit)};
        std::vector<std::size_t> sliced;
        if (limits.any()) slice_greedily(tree, limits, 0.0, random, {}, sliced);
        const double over = limits.any() ? excess(tree, limits) : 0.0;
        if (over > 0.0) refuse_limits(over, limits);
        result.pairs = tree.pairs();
        for (const std::size_t bit : sliced) result.sliced.push_back(layout.index(bit));
    }
    result.cost = path_cost(shape, result.pairs, result.sliced);
    return result;
}

}  // namespace kadanoff
