#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "aligned_words.hpp"
#include "engine/graph_spins.hpp"
#include "kadanoff/update/graph_sweep.hpp"

namespace kadanoff {

/// What the engines for any graph share: where the spins lie, in which order sites are visited, and who does it. A
/// position has `words` words of spins; how many replicas are in one is the engine's affair.
class GraphEngine : public GraphSpins {
public:
    void advance(std::uint64_t sweep, std::int64_t draws, std::int64_t every, Totals* totals) final;
    void measure(Totals* totals) final;

protected:
    /// `words`: how many a position needs. The spins are all zero.
    GraphEngine(const EngineRequest& request, std::int64_t words,
                SiteBlocks (*sort)(const EngineRequest& request, std::int64_t alignment));

    /// Updates the stripes [first, last) of a block in 16 words, with the random streams of `group`.
    virtual void update(const SiteBlock& block, std::int64_t words, std::uint64_t sweep, std::int64_t group,
                        std::int64_t first, std::int64_t last) = 0;
    /// Writes totals[replica * stride] of the replicas in 16 words.
    virtual void measure_words(std::int64_t words, Totals* totals, std::int64_t stride) const = 0;

    /// Fills in what does not depend on the engine.
    void place(GraphJob& job, const SiteBlock& block, std::int64_t words, std::uint64_t sweep, std::int64_t group);

    /// factor * beta as the bits of a float, for kernels with a replica in each word: all words of a site, at least 16.
    std::vector<std::uint32_t> scales(const std::vector<double>& beta, double factor) const;

    std::int64_t word_blocks() const { return words_ / width_; }
    bool direct() const { return shift_ == 4; }
    /// Word 0 of position 0 in a block of 16 words.
    const std::uint32_t* block_spins(std::int64_t words) const {
        return source_.data() + words * sites_.positions * width_;
    }
    /// Word `word` of a site, and those that follow it in its block of 16.
    const std::uint32_t* spins_of(std::int64_t site, std::int64_t word) const {
        const auto position = static_cast<std::int64_t>(sites_.position[static_cast<std::size_t>(site)]);
        return block_spins(word / width_) + position * width_ + word % width_;
    }
    std::uint32_t* spins_of(std::int64_t site, std::int64_t word) {
        return const_cast<std::uint32_t*>(std::as_const(*this).spins_of(site, word));
    }

    SamplerOptions options_;
    std::int64_t words_;  ///< of a site: a power of two below 16 or a multiple of 16
    std::int64_t width_;  ///< of them that lie together, at most 16: the spins are (block of words, position, word)
    int shift_;           ///< log2(width)
    SiteBlocks sites_;
    AlignedWords source_;

private:
    /// Stripes [first, last) of a block, in 16 words.
    struct Piece {
        std::int64_t block, words, first, last;
    };

    void update_piece(const Piece& piece, std::uint64_t sweep);
    Piece whole(std::int64_t block, std::int64_t words) const;
    void sweep_words(std::uint64_t sweep, std::int64_t words);
    void advance_by_words(std::uint64_t sweep, std::int64_t draws, std::int64_t every, Totals* totals,
                          std::int64_t workers);
    void advance_by_stripe(std::uint64_t sweep, std::int64_t draws, std::int64_t every, Totals* totals,
                           std::int64_t workers);
    std::vector<std::vector<Piece>> pieces(std::int64_t workers) const;

    int threads_;
    bool at_once_;         ///< all sites see the spins before the sweep
    AlignedWords target_;  ///< the spins after it, if so
};

}  // namespace kadanoff
