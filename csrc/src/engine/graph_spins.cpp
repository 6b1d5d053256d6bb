#include "engine/graph_spins.hpp"

#include <bit>
#include <vector>

namespace kadanoff {

void GraphSpins::unpack(std::int8_t* spins) const {
    std::vector<std::uint32_t> words(static_cast<std::size_t>(packing_.size()));
    read(words.data());
    packing_.unpack(words.data(), spins);
}

void GraphSpins::pack(const std::int8_t* spins) {
    std::vector<std::uint32_t> words(static_cast<std::size_t>(packing_.size()));
    packing_.pack(spins, words.data());
    write(words.data());
}

SiteBlocks sorted_sites(const EngineRequest& request, std::int64_t alignment) {
    const auto phases = site_phases(request.lattice, request.options.order);
    return make_site_blocks(request.lattice, request.lattice.bonds(), phases, alignment);
}

std::uint32_t float_bits(double value) { return std::bit_cast<std::uint32_t>(static_cast<float>(value)); }

}  // namespace kadanoff
