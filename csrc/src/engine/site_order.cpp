#include "engine/site_order.hpp"

#include "kadanoff/rng/stream.hpp"

namespace kadanoff {

std::vector<std::uint32_t> site_order(std::uint64_t seed, std::uint64_t sweep, std::int64_t sites) {
    std::vector<std::uint32_t> order(static_cast<std::size_t>(sites));
    const DrawKey key{seed, sweep, 0, Stream::site_order, 0};
    for (std::size_t k = 0; k < order.size(); k += 2) {
        const auto block = draw<WordOps>(key, static_cast<std::uint32_t>(k / 2), 0);
        for (std::size_t i = 0; i < 2 && k + i < order.size(); ++i) {
            const std::uint64_t uniform = (static_cast<std::uint64_t>(block.word[2 * i + 1]) << 32) | block.word[2 * i];
            // The high half of uniform * sites, sites < 2^31: each site has probability 1 / sites to within 2^-64.
            const std::uint64_t n = static_cast<std::uint64_t>(sites);
            const std::uint64_t low = (uniform & 0xFFFFFFFFu) * n;
            order[k + i] = static_cast<std::uint32_t>(((uniform >> 32) * n + (low >> 32)) >> 32);
        }
    }
    return order;
}

}  // namespace kadanoff
