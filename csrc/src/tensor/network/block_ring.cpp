#include "tensor/network/block_ring.hpp"

#include <utility>

#include "tensor/network/tree.hpp"

namespace kadanoff::networks {

BlockRing::BlockRing(const Program& program, Sums& whole, bool scaled, char* memory, std::int64_t held)
    : program_(program), whole_(whole) {
    for (std::int64_t i = 0; i < held; ++i, memory += program.blocks.bytes()) {
        std::vector<Sums::Target> targets;
        for (std::size_t t = 0; t < whole.targets().size(); ++t) {
            const BlockSum& sum = program.blocks.sums()[t];
            targets.push_back({memory + sum.offset, sum.from_slice.total});
        }
        slots_.emplace_back(Sums(program, scaled, std::move(targets)));
    }
}

bool BlockRing::finish(std::int64_t block) {
    slot(block).finished.store(block);
    if (finished_.fetch_add(1) != 0) return false;  // another worker adds, and looks again before it leaves
    const std::int64_t before = turn_.load();
    for (std::int64_t seen = 1; seen > 0;) {
        for (std::int64_t turn;
             (turn = turn_.load()) < program_.blocks.count() && slot(turn).finished.load() == turn;) {
            add(turn);
            turn_.store(turn + 1);
        }
        seen = finished_.fetch_sub(seen) - seen;
    }
    return turn_.load() != before;
}

void BlockRing::add(std::int64_t block) {
    const SliceRange range = program_.blocks.range(block);
    Sums& sums = slot(block).sums;
    std::vector<Summand> summands;
    std::vector<Addition> cut;
    cut.reserve(sums.targets().size());
    for (std::size_t t = 0; t < sums.targets().size(); ++t) {
        const BlockSum& layout = program_.blocks.sums()[t];
        cut.push_back(layout.to_whole);
        if (layout.is_cut) cut.back().extents.front() = range.values;
        const auto& [data, size] = sums.targets()[t];
        summands.push_back({&cut.back(), data, size, program_.offset_of(range.first, layout.to_whole.input)});
    }
    whole_.add(summands, sums.exponent());
}

}  // namespace kadanoff::networks
