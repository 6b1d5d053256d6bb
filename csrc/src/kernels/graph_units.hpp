#pragma once

#include "kadanoff/update/graph_sweep.hpp"

namespace kadanoff {

/// Calls update(unit, vector, stream) for every register of the stripes [first, last) of a block.
template <class Ops, class Update>
KADANOFF_LEAF void for_each_register(const GraphJob& job, std::int64_t first, std::int64_t last, Update update) {
    const std::int64_t sets = std::int64_t{1} << job.shift;
    Xoshiro128pp<Ops> stream[site_streams];
    for (std::int64_t stripe = first; stripe < last; ++stripe) {
        const std::int64_t vectors = job.vectors(stripe);
        for (std::int64_t lane = 0; lane < packed_lanes; lane += Ops::lanes) {
            const SweepUnit unit{stripe, lane};
            for (std::int64_t set = 0; set < sets && set < vectors; ++set) {
                stream[set] = begin_stream<Ops>(job, unit, set);
            }
            for (std::int64_t v = 0; v < vectors; ++v) update(unit, v, stream[v & (sets - 1)]);
        }
    }
}

}  // namespace kadanoff
