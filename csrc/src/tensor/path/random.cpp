#include "tensor/path/random.hpp"

namespace kadanoff::paths {

Random::Random(std::uint64_t seed, std::uint64_t trial, std::uint32_t part) {
    const DrawKey key{
        .seed = seed, .sweep = trial, .replica = part, .stream = Stream::contraction_path, .sublattice = 0};
    for (std::uint32_t half = 0; half < 2; ++half) {
        const Block<WordOps> block = draw<WordOps>(key, half, 0);
        s_[2 * half] = block.word[0] | (std::uint64_t{block.word[1]} << 32);
        s_[2 * half + 1] = block.word[2] | (std::uint64_t{block.word[3]} << 32);
    }
}

}  // namespace kadanoff::paths
