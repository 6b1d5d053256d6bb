#pragma once

#include "kadanoff/update/graph_sweep.hpp"

namespace kadanoff {

/// Calls update(unit, vector, stream, number) for the registers of the stripes [first, last) of a block: two at once
/// (number: TwoTag) where they have streams of their own, which follow each other, and single ones (OneTag).
struct OneTag {
    static constexpr int count = 1;
};
struct TwoTag {
    static constexpr int count = 2;
};

template <class Ops, int Streams, class Update>
KADANOFF_LEAF void for_each_register(const GraphJob& job, std::int64_t first, std::int64_t last, Update update) {
    using Words = SiteStream<Ops, Streams>;
    const std::int64_t sets = Words::sets(job);
    Words stream[Streams];
    for (std::int64_t stripe = first; stripe < last; ++stripe) {
        const std::int64_t vectors = job.vectors(stripe);
        for (std::int64_t lane = 0; lane < packed_lanes; lane += Ops::lanes) {
            const SweepUnit unit{stripe, lane};
            for (std::int64_t set = 0; set < sets && set < vectors; ++set) stream[set] = Words(job, unit, set);
            std::int64_t v = 0;
            for (; sets > 1 && v + 1 < vectors; v += 2) update(unit, v, stream + (v & (sets - 1)), TwoTag{});
            for (; v < vectors; ++v) update(unit, v, stream + (v & (sets - 1)), OneTag{});
        }
    }
}

}  // namespace kadanoff
