#include "packed_spins.hpp"

#include <algorithm>
#include <cmath>

#include "kadanoff/rng/stream.hpp"

namespace kadanoff {

namespace {

/// Packed arrays have the rows of the kernels' layout.
CheckerboardLayout layout_of(const std::vector<std::int64_t>& extents) {
    return measure_checkerboard(extents.size() == 3 ? extents[0] : 1, extents[extents.size() - 2], extents.back());
}

std::int64_t colour_words(const CheckerboardLayout& layout) { return layout.planes * layout.row_block(); }

/// The bits of a row's last word that are sites.
std::uint32_t last_word_mask(const CheckerboardLayout& layout) { return ~std::uint32_t{0} >> layout.wrap_shift; }

/// +1 or -1 for each colour in a ground state of the model; `up` chooses between two that differ by a flip.
void ground_state(const UniformIsing& model, int coordination, bool up, bool (&colour_up)[2]) {
    const bool staggered = model.coupling < 0 && std::fabs(model.field) <= coordination * std::fabs(model.coupling);
    const bool first = model.field == 0.0 || staggered ? up : model.field > 0;
    colour_up[0] = first;
    colour_up[1] = staggered ? !first : first;
}

}  // namespace

std::int64_t packed_size(const std::vector<std::int64_t>& extents, std::int64_t replicas) {
    return 2 * replicas * colour_words(layout_of(extents));
}

bool padding_is_clear(const std::vector<std::int64_t>& extents, std::int64_t replicas, const std::uint32_t* words) {
    const CheckerboardLayout layout = layout_of(extents);
    for (std::int64_t i = layout.row_words - 1; i < packed_size(extents, replicas); i += layout.row_words) {
        if (words[i] & ~last_word_mask(layout)) return false;
    }
    return true;
}

std::vector<std::uint32_t> pack(const std::vector<std::int64_t>& extents, std::int64_t replicas,
                                const std::int8_t* spins) {
    const CheckerboardLayout shape = layout_of(extents);
    std::vector<std::uint32_t> words(static_cast<std::size_t>(packed_size(extents, replicas)), 0);
    for (std::int64_t r = 0; r < replicas; ++r) {
        for (std::int64_t row = 0; row < shape.planes * shape.rows; ++row) {
            const std::int64_t parity = (row % shape.rows + row / shape.rows) % 2;
            const std::int8_t* in = spins + (r * shape.planes * shape.rows + row) * extents.back();
            for (std::int64_t x = 0; x < extents.back(); ++x) {
                const std::int64_t colour = (x + parity) % 2;
                const std::int64_t word = (2 * r + colour) * colour_words(shape) + row * shape.row_words + x / 64;
                if (in[x] > 0) words[static_cast<std::size_t>(word)] |= std::uint32_t{1} << (x / 2 % 32);
            }
        }
    }
    return words;
}

std::vector<std::uint32_t> initial_spins(const Lattice& lattice, const UniformIsing& model,
                                         const SamplerOptions& options) {
    const CheckerboardLayout shape = layout_of(lattice.extents());
    std::vector<std::uint32_t> words(static_cast<std::size_t>(packed_size(lattice.extents(), options.replicas)));
    std::size_t next = 0;
    for (std::int64_t r = 0; r < options.replicas; ++r) {
        DrawKey key{options.seed, 0, static_cast<std::uint32_t>(r), Stream::initial_sign, 0};
        bool colour_up[2];
        ground_state(model, lattice.coordination(), draw<WordOps>(key, 0, 0).word[0] & 1, colour_up);
        key.stream = Stream::initial_spins;
        for (std::uint32_t colour = 0; colour < 2; ++colour) {
            key.sublattice = colour;
            for (std::int64_t word = 0; word < colour_words(shape); ++word) {
                const std::uint32_t mask =
                    word % shape.row_words == shape.row_words - 1 ? last_word_mask(shape) : ~std::uint32_t{0};
                const std::uint32_t bits = options.start == Start::random
                                               ? draw<WordOps>(key, static_cast<std::uint32_t>(word), 0).word[0]
                                               : (colour_up[colour] ? ~std::uint32_t{0} : 0);
                words[next++] = bits & mask;
            }
        }
    }
    return words;
}

}  // namespace kadanoff
