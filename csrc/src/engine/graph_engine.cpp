#include "engine/graph_engine.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "engine/graph_layout.hpp"
#include "engine/site_order.hpp"
#include "parallel.hpp"

namespace kadanoff {

namespace {

/// Below this many stripes of a phase a worker waits for its neighbours longer than it works.
constexpr std::int64_t min_stripes_per_worker = 4;
/// Pieces of a phase for each worker: enough that one slowed down by the machine can take fewer.
constexpr std::int64_t pieces_per_worker = 8;
/// Vector updates that take longer than it takes to start a thread.
constexpr double min_parallel_vectors = 20000;

}  // namespace

GraphEngine::GraphEngine(const EngineRequest& request, std::int64_t words,
                         SiteBlocks (*sort)(const EngineRequest& request, std::int64_t alignment))
    : GraphSpins(request),
      options_(request.options),
      words_(padded_words(words)),
      width_(std::min(words_, packed_lanes)),
      shift_(log2_words(words_)),
      sites_(sort(request, packed_lanes >> shift_)),
      source_(buffer_words(sites_.positions, words_)),
      threads_(resolve_threads(request.options.threads)),
      at_once_(request.options.order == "parallel"),
      target_(at_once_ ? buffer_words(sites_.positions, words_) : 0) {}

void GraphEngine::advance(std::uint64_t sweep, std::int64_t draws, std::int64_t every, Totals* totals) {
    const double vectors =
        static_cast<double>(sites_.positions * words_) / packed_lanes * static_cast<double>(draws * every);
    const std::int64_t threads = vectors < min_parallel_vectors ? 1 : threads_;
    std::int64_t stripes = 0;
    for (const SiteBlock& block : sites_.blocks) stripes += (block.sites + stripe_sites - 1) / stripe_sites;
    const std::int64_t sharing =
        std::clamp<std::int64_t>(stripes * word_blocks() / sites_.phases() / min_stripes_per_worker, 1, threads);
    // Blocks of words share source_ and target_, which may be exchanged only when all of them are done.
    if (!at_once_ && (word_blocks() >= threads || sharing <= word_blocks())) {
        advance_by_words(sweep, draws, every, totals, std::min(threads, word_blocks()));
    } else {
        advance_by_stripe(sweep, draws, every, totals, sharing);
    }
}

void GraphEngine::measure(Totals* totals) {
    for (std::int64_t w = 0; w < word_blocks(); ++w) measure_words(w, totals, 1);
}

std::vector<std::uint32_t> GraphEngine::scales(const std::vector<double>& beta, double factor) const {
    std::vector<std::uint32_t> result(static_cast<std::size_t>(std::max(words_, packed_lanes)));
    for (std::size_t w = 0; w < result.size(); ++w) {
        const auto replica = std::min(static_cast<std::int64_t>(w) % words_, packing_.replicas - 1);
        const double own = beta[beta.size() == 1 ? 0 : static_cast<std::size_t>(replica)];
        result[w] = float_bits(factor * own);
    }
    return result;
}

void GraphEngine::place(GraphJob& job, const SiteBlock& block, std::int64_t words, std::uint64_t sweep,
                        std::int64_t group) {
    const std::int64_t begin = words * sites_.positions * width_;
    job.source = source_.data() + begin;
    job.target = (at_once_ ? target_.data() : source_.data()) + begin;
    job.neighbour = sites_.neighbour.data() + block.first_slot;
    job.stride = block.stride;
    job.first = block.first;
    job.sites = block.sites;
    job.degree = block.degree;
    job.shift = shift_;
    job.words = width_;
    job.first_word = static_cast<std::uint32_t>(words * packed_lanes);
    job.first_group = static_cast<std::uint32_t>(group);
    job.key.seed = options_.seed;
    job.key.sweep = sweep;
}

void GraphEngine::update_piece(const Piece& piece, std::uint64_t sweep) {
    const SiteBlock& block = sites_.blocks[static_cast<std::size_t>(piece.block)];
    update(block, piece.words, sweep, block.group, piece.first, piece.last);
}

/// All stripes of a block.
GraphEngine::Piece GraphEngine::whole(std::int64_t block, std::int64_t words) const {
    const std::int64_t sites = sites_.blocks[static_cast<std::size_t>(block)].sites;
    return {block, words, 0, (sites + stripe_sites - 1) / stripe_sites};
}

/// One sweep of one block of words on one thread.
void GraphEngine::sweep_words(std::uint64_t sweep, std::int64_t words) {
    if (options_.order == "random") {
        const std::vector<std::uint32_t> order = site_order(options_.seed, sweep, packing_.sites);
        for (std::size_t k = 0; k < order.size(); ++k) {
            const SiteBlock& block = sites_.blocks[order[k]];  // one per site, by number
            const auto group = static_cast<std::int64_t>(k) * group_unit;
            update(block, words, sweep, group, 0, 1);
        }
        return;
    }
    for (std::int64_t b = 0; b < static_cast<std::int64_t>(sites_.blocks.size()); ++b) {
        update_piece(whole(b, words), sweep);
    }
}

/// Workers take whole blocks of words and never wait for each other.
void GraphEngine::advance_by_words(std::uint64_t sweep, std::int64_t draws, std::int64_t every, Totals* totals,
                                   std::int64_t workers) {
    std::atomic<std::int64_t> next{0};
    run_parallel(static_cast<int>(workers), [&](int) {
        for (std::int64_t w = next++; w < word_blocks(); w = next++) {
            for (std::int64_t draw = 0; draw < draws; ++draw) {
                const std::uint64_t first = sweep + static_cast<std::uint64_t>(draw * every);
                for (std::int64_t s = 0; s < every; ++s) sweep_words(first + static_cast<std::uint64_t>(s), w);
                if (totals != nullptr) measure_words(w, totals + draw, draws);
            }
        }
    });
}

/// Workers share the stripes of every phase, and meet after it.
void GraphEngine::advance_by_stripe(std::uint64_t sweep, std::int64_t draws, std::int64_t every, Totals* totals,
                                    std::int64_t workers) {
    const std::vector<std::vector<Piece>> phases = pieces(workers);
    PhasedWork work(static_cast<int>(workers));
    run_parallel(static_cast<int>(workers), [&](int worker) {
        for (std::int64_t s = 0; s < draws * every; ++s) {
            for (const std::vector<Piece>& phase : phases) {
                work.phase(static_cast<std::int64_t>(phase.size()), [&](std::int64_t piece) {
                    update_piece(phase[static_cast<std::size_t>(piece)], sweep + static_cast<std::uint64_t>(s));
                });
            }
            if (at_once_) {
                if (worker == 0) std::swap(source_, target_);
                work.phase(0, [](std::int64_t) {});
            }
            if (totals == nullptr || (s + 1) % every != 0) continue;
            work.phase(word_blocks(), [&](std::int64_t w) { measure_words(w, totals + s / every, draws); });
        }
    });
}

std::vector<std::vector<GraphEngine::Piece>> GraphEngine::pieces(std::int64_t workers) const {
    std::vector<std::vector<Piece>> phases;
    for (std::int64_t p = 0; p < sites_.phases(); ++p) {
        const auto phase = static_cast<std::size_t>(p);
        std::vector<Piece> wholes;
        std::int64_t stripes = 0;
        for (std::int64_t b = sites_.phase_begin[phase]; b < sites_.phase_begin[phase + 1]; ++b) {
            for (std::int64_t w = 0; w < word_blocks(); ++w) {
                wholes.push_back(whole(b, w));
                stripes += wholes.back().last;
            }
        }
        const std::int64_t step = std::max<std::int64_t>(1, stripes / (workers * pieces_per_worker));
        phases.emplace_back();
        for (const Piece& all : wholes) {
            for (std::int64_t s = 0; s < all.last; s += step) {
                phases.back().push_back({all.block, all.words, s, std::min(all.last, s + step)});
            }
        }
    }
    return phases;
}

}  // namespace kadanoff
