// Included once by each primitives_ISA.cpp, after its Ops; the ODR contract of csrc/src/kernels/checkerboard_inl.hpp
// holds here too.

#include "kadanoff/rng/xoshiro.hpp"
#include "primitives.hpp"

namespace {

using kadanoff::Block;

template <class Ops>
std::uint32_t combine(typename Ops::Vector words) {
    alignas(64) std::uint32_t lane[Ops::lanes];
    Ops::store(lane, words);
    std::uint32_t result = 0;
    for (const std::uint32_t word : lane) result ^= word;
    return result;
}

template <class Ops>
Block<Ops> block_at(std::uint32_t first, std::uint32_t second) {
    const Block<Ops> counter{{Ops::iota(first), Ops::broadcast(second), Ops::zero(), Ops::zero()}};
    return kadanoff::philox4x32<Ops>(counter, 1, 2);
}

template <class Ops>
std::uint32_t philox(std::int64_t blocks) noexcept {
    typename Ops::Vector sum = Ops::zero();
    for (std::int64_t i = 0; i < blocks; ++i) {
        const Block<Ops> block = block_at<Ops>(static_cast<std::uint32_t>(i), 0);
        sum = Ops::xor3(sum, Ops::xor3(block.word[0], block.word[1], block.word[2]), block.word[3]);
    }
    return combine<Ops>(sum);
}

template <class Ops>
std::uint32_t xoshiro(std::int64_t words) noexcept {
    kadanoff::Xoshiro128pp<Ops> a(block_at<Ops>(0, 0)), b(block_at<Ops>(0, 1));
    typename Ops::Vector sum = Ops::zero();
    for (std::int64_t i = 0; i < words; ++i) sum = Ops::xor3(sum, a.next(), b.next());
    return combine<Ops>(sum);
}

/// Enough to hide the latency of an operation, few enough to stay in registers.
template <class Ops>
constexpr int chains = Ops::lanes == 1 ? 9 : 12;

/// Keeps the compiler from turning several chains of single words into one of vectors.
template <class Ops>
KADANOFF_LEAF void keep_apart(typename Ops::Vector& chain) {
    if constexpr (Ops::lanes == 1) asm volatile("" : "+r"(chain));
}

template <class Ops>
std::uint32_t logic(std::int64_t rounds) noexcept {
    typename Ops::Vector chain[chains<Ops>];
    KADANOFF_UNROLL
    for (int i = 0; i < chains<Ops>; ++i) chain[i] = Ops::iota(static_cast<std::uint32_t>(i));
    const typename Ops::Vector step = Ops::broadcast(0x9E3779B9u), mask = Ops::broadcast(0x7FEDCBA9u);
    for (std::int64_t round = 0; round < rounds; ++round) {
        KADANOFF_UNROLL
        for (int i = 0; i < chains<Ops>; ++i) {
            chain[i] = Ops::bit_and(Ops::add(chain[i], step), mask);
            keep_apart<Ops>(chain[i]);
        }
    }
    typename Ops::Vector sum = Ops::zero();
    KADANOFF_UNROLL
    for (int i = 0; i < chains<Ops>; ++i) sum = Ops::bit_xor(sum, chain[i]);
    return combine<Ops>(sum);
}

template <class Ops>
constexpr bench::Primitives all_primitives{Ops::lanes, philox<Ops>, xoshiro<Ops>, logic<Ops>, 2 * chains<Ops>};

}  // namespace
