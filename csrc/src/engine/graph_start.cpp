#include "engine/graph_start.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>

#include "kadanoff/error.hpp"
#include "kadanoff/lattice/colouring.hpp"
#include "kadanoff/rng/stream.hpp"

namespace kadanoff {

namespace {

constexpr std::uint64_t low_bits = 0x0101010101010101u;

int states_of(const Model& model) {
    const auto* potts = std::get_if<Potts>(&model);
    return potts == nullptr ? 0 : potts->states;
}

/// A number below `count` from 32 random bits; off by less than count / 2^32, in a start state.
std::uint32_t below(std::uint32_t bits, int count) {
    return static_cast<std::uint32_t>(static_cast<std::uint64_t>(bits) * static_cast<std::uint64_t>(count) >> 32);
}

/// A transposed 8 x 8 tile: byte i of the result holds the bits of 8 replicas at site i.
std::uint64_t pack_tile(const std::int8_t* spins, std::int64_t stride, std::int64_t replicas, std::int64_t sites) {
    std::uint64_t tile = 0;
    for (std::int64_t r = 0; r < replicas; ++r) {
        std::uint64_t eight = ~std::uint64_t{0};  // sites that are missing count as down
        std::memcpy(&eight, spins + r * stride, static_cast<std::size_t>(sites));
        tile |= (~eight >> 7 & low_bits) << r;
    }
    return tile;
}

void unpack_tile(std::uint64_t tile, std::int8_t* spins, std::int64_t stride, std::int64_t replicas,
                 std::int64_t sites) {
    for (std::int64_t r = 0; r < replicas; ++r) {
        const std::uint64_t eight = ~((tile >> r & low_bits) * 0xFE);  // 1 -> 0x01, 0 -> 0xFF
        std::memcpy(spins + r * stride, &eight, static_cast<std::size_t>(sites));
    }
}

/// Calls visit(site, sites, replica, replicas) for every tile of up to 8 x 8 spins.
template <class Visit>
void for_tiles(std::int64_t sites, std::int64_t replicas, Visit visit) {
    for (std::int64_t site = 0; site < sites; site += 8) {
        for (std::int64_t replica = 0; replica < replicas; replica += 8) {
            visit(site, std::min<std::int64_t>(8, sites - site), replica,
                  std::min<std::int64_t>(8, replicas - replica));
        }
    }
}

/// The states of one replica in which the sites of either colour are the same.
struct Pattern {
    bool known = false;
    bool by_colour = false;
    int up = 0;  ///< +1 or -1 where a field decides, 0 where the replicas draw
};

int sign_of_all(const Values& values) {
    const auto [low, high] = std::minmax_element(values.all().begin(), values.all().end());
    return *low >= 0.0 ? (*high > 0.0 ? 1 : 0) : *high <= 0.0 ? -1 : 2;
}

bool is_periodic(const Lattice& lattice) {
    const std::vector<bool>& axes = lattice.periodic();
    return !axes.empty() && std::find(axes.begin(), axes.end(), false) == axes.end();
}

/// What is known of the ground states of a model with couplings of one sign.
Pattern ground_states(const Lattice& lattice, const Ising& model) {
    const int coupling = lattice.bond_count() == 0 ? 0 : sign_of_all(model.coupling);
    const int field = sign_of_all(model.field);
    if (coupling == 2 || field == 2 || model.plaquette < 0.0) return {};
    if (coupling >= 0) return {true, false, field};
    if (colour(lattice).colours != 2) return {};
    if (field == 0) return {true, true, 0};
    // In a field the two sublattices compete with it; on a lattice of equal sites the better one is known.
    if (model.plaquette != 0.0 || !model.field.uniform() || !model.coupling.uniform() || !is_periodic(lattice))
        return {};
    const double most = lattice.coordination() * std::fabs(model.coupling[0]);
    return std::fabs(model.field[0]) <= most ? Pattern{true, true, 0} : Pattern{true, false, field};
}

Pattern ground_states(const Lattice& lattice, const Potts& model) {
    const int coupling = lattice.bond_count() == 0 ? 0 : sign_of_all(model.coupling);
    if (coupling == 2) return {};
    if (coupling >= 0) return {true, false, 0};
    return {colour(lattice).colours == 2, true, 0};
}

DrawKey start_key(const EngineRequest& request, Stream stream, std::int64_t replica) {
    return {request.options.seed, 0, static_cast<std::uint32_t>(replica), stream, 0};
}

/// Bits of 128 replicas are one block; so are states of 4.
void fill_random(const EngineRequest& request, const GraphPacking& packing, std::vector<std::uint32_t>& words) {
    const std::int64_t row = packing.row_words();
    const int states = packing.states;
    const std::int64_t per_block = states == 0 ? 4 : 1;  // words
    for (std::int64_t word = 0; word < row; word += per_block) {
        const DrawKey key = start_key(request, Stream::initial_spins, word / per_block);
        for (std::int64_t site = 0; site < packing.sites; ++site) {
            const Block<WordOps> block = draw<WordOps>(key, static_cast<std::uint32_t>(site), 0);
            std::uint32_t* out = words.data() + site * row + word;
            if (states == 0) {
                std::copy_n(block.word, std::min<std::int64_t>(4, row - word), out);
            } else {
                for (int k = 0; k < 4; ++k) *out |= below(block.word[k], states) << 8 * k;
            }
        }
    }
}

/// The row of words of a site of colour 0 or 1.
std::vector<std::uint32_t> pattern_row(const EngineRequest& request, const GraphPacking& packing,
                                       const Pattern& pattern, bool second) {
    std::vector<std::uint32_t> row(static_cast<std::size_t>(packing.row_words()), 0);
    for (std::int64_t r = 0; r < packing.replicas; ++r) {
        const Block<WordOps> block = draw<WordOps>(start_key(request, Stream::initial_sign, r), 0, 0);
        const auto at = static_cast<std::size_t>(r);
        if (packing.states == 0) {
            const bool up = pattern.up == 0 ? (block.word[0] & 1) != 0 : pattern.up > 0;
            row[at / 32] |= static_cast<std::uint32_t>(up != second) << at % 32;
        } else {
            std::uint32_t state = below(block.word[0], packing.states);
            if (second) state = (state + 1 + below(block.word[1], packing.states - 1)) % packing.states;
            row[at / 4] |= state << at % 4 * 8;
        }
    }
    return row;
}

void fill_pattern(const EngineRequest& request, const GraphPacking& packing, const Pattern& pattern,
                  std::vector<std::uint32_t>& words) {
    const std::array rows{pattern_row(request, packing, pattern, false),
                          pattern_row(request, packing, pattern, pattern.by_colour)};
    const Colouring colouring = pattern.by_colour ? colour(request.lattice) : Colouring{};
    for (std::int64_t site = 0; site < packing.sites; ++site) {
        const auto& row = rows[pattern.by_colour ? colouring.colour[static_cast<std::size_t>(site)] : 0];
        std::copy(row.begin(), row.end(), words.begin() + site * packing.row_words());
    }
}

/// The bits of a row's last word that belong to replicas.
std::uint32_t last_word_mask(const GraphPacking& packing) {
    const std::int64_t per_word = packing.states == 0 ? 32 : 4;
    const std::int64_t used = (packing.replicas - 1) % per_word + 1;
    return ~std::uint32_t{0} >> (32 - used * (32 / per_word));
}

void clear_padding(const GraphPacking& packing, std::vector<std::uint32_t>& words) {
    const std::uint32_t mask = last_word_mask(packing);
    const std::int64_t row = packing.row_words();
    for (std::int64_t i = row - 1; i < packing.size(); i += row) words[static_cast<std::size_t>(i)] &= mask;
}

}  // namespace

GraphPacking::GraphPacking(const EngineRequest& request)
    : GraphPacking(request.lattice.sites(), request.options.replicas, states_of(request.model)) {}

void GraphPacking::check(const std::uint32_t* words) const {
    const std::int64_t row = row_words();
    const std::uint32_t mask = last_word_mask(*this);
    for (std::int64_t i = row - 1; i < size(); i += row) {
        if (words[i] & ~mask) throw InvalidArgument("[spins] expected padding bits of 0 in packed spins, got 1");
    }
    const std::int64_t bytes = states == 0 || states == 256 ? 0 : size() * 4;
    for (std::int64_t i = 0; i < bytes; ++i) {
        const std::uint32_t state = words[i / 4] >> i % 4 * 8 & 0xFF;
        if (state >= static_cast<std::uint32_t>(states)) {
            throw InvalidArgument("[spins] expected packed states from 0 to " + std::to_string(states - 1) + ", got " +
                                  std::to_string(state));
        }
    }
}

void GraphPacking::pack(const std::int8_t* spins, std::uint32_t* words) const {
    std::fill(words, words + size(), 0);
    auto* bytes = reinterpret_cast<unsigned char*>(words);  // little-endian: byte k of a word is its bits 8k to 8k + 7
    const std::int64_t row = 4 * row_words();
    if (states != 0) {
        for (std::int64_t site = 0; site < sites; ++site) {
            for (std::int64_t r = 0; r < replicas; ++r) {
                bytes[site * row + r] = static_cast<unsigned char>(spins[r * sites + site]);
            }
        }
        return;
    }
    for_tiles(sites, replicas, [&](std::int64_t site, std::int64_t width, std::int64_t replica, std::int64_t height) {
        const std::uint64_t tile = pack_tile(spins + replica * sites + site, sites, height, width);
        for (std::int64_t i = 0; i < width; ++i) {
            bytes[(site + i) * row + replica / 8] = static_cast<unsigned char>(tile >> 8 * i);
        }
    });
}

void GraphPacking::unpack(const std::uint32_t* words, std::int8_t* spins) const {
    const auto* bytes = reinterpret_cast<const unsigned char*>(words);
    const std::int64_t row = 4 * row_words();
    if (states != 0) {
        for (std::int64_t r = 0; r < replicas; ++r) {
            for (std::int64_t site = 0; site < sites; ++site) {
                spins[r * sites + site] = static_cast<std::int8_t>(bytes[site * row + r]);
            }
        }
        return;
    }
    for_tiles(sites, replicas, [&](std::int64_t site, std::int64_t width, std::int64_t replica, std::int64_t height) {
        std::uint64_t tile = 0;
        for (std::int64_t i = 0; i < width; ++i) {
            tile |= static_cast<std::uint64_t>(bytes[(site + i) * row + replica / 8]) << 8 * i;
        }
        unpack_tile(tile, spins + replica * sites + site, sites, height, width);
    });
}

std::vector<std::uint32_t> graph_start(const EngineRequest& request) {
    const GraphPacking packing(request);
    std::vector<std::uint32_t> words(static_cast<std::size_t>(packing.size()), 0);
    const Start start = request.options.start;
    if (start == Start::down) return words;
    const Pattern pattern =
        start == Start::random
            ? Pattern{}
            : std::visit([&](const auto& model) { return ground_states(request.lattice, model); }, request.model);
    if (pattern.known) {
        fill_pattern(request, packing, pattern, words);
    } else {
        fill_random(request, packing, words);
        clear_padding(packing, words);
    }
    return words;
}

}  // namespace kadanoff
