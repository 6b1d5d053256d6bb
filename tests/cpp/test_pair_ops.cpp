#include <algorithm>
#include <cstdlib>
#include <string>

#include "check.hpp"
#include "kadanoff/isa.hpp"
#include "kadanoff/rng/philox.hpp"
#include "kadanoff/rng/word_pair_ops.hpp"
#include "pair_ops.hpp"

using kadanoff::WordPairOps;

namespace {

/// Random words, some of whose halves are extreme.
void fill(std::uint32_t* words, int count, std::uint32_t round) {
    constexpr std::uint32_t special[] = {0x0000FFFFu, 0x80007FFFu, 0x00018000u, 0xFFFF0001u};
    for (int i = 0; i < count; ++i) {
        const auto block =
            kadanoff::philox4x32<kadanoff::WordOps>({{static_cast<std::uint32_t>(i), round, 0, 0}}, 1, 2);
        words[i] = block.word[1] % 4 == 0 ? special[block.word[2] % 4] : block.word[0];
    }
}

#if defined(KADANOFF_X86_KERNELS)
void compare_on_random_words(kadanoff::Isa isa, const char* (*wrong_member)(const std::uint32_t*) noexcept) {
    const auto isas = kadanoff::available_isas();
    if (std::find(isas.begin(), isas.end(), isa) == isas.end()) {
        std::printf("       (this machine has no %s)\n", kadanoff::name(isa));
        return;
    }
    for (std::uint32_t round = 0; round < 500; ++round) {
        std::uint32_t words[pair_ops_words];
        fill(words, pair_ops_words, round);
        const char* wrong = wrong_member(words);
        if (!CHECK_EQUAL(std::string(wrong == nullptr ? "" : wrong), std::string())) return;
    }
}
#endif

}  // namespace

#if defined(KADANOFF_X86_KERNELS)
TEST_CASE(avx2_pairs_equal_word_pairs) { compare_on_random_words(kadanoff::Isa::avx2, wrong_pair_member_avx2); }
TEST_CASE(avx512_pairs_equal_word_pairs) { compare_on_random_words(kadanoff::Isa::avx512, wrong_pair_member_avx512); }
#endif

TEST_CASE(word_pairs_are_what_their_comments_say) {
    for (std::uint32_t round = 0; round < 500; ++round) {
        std::uint32_t words[2];
        fill(words, 2, round);
        const std::uint32_t a = words[0], b = words[1];
        for (const int shift : {0, 16}) {
            const auto half = [&](std::uint32_t word) { return static_cast<int>(word >> shift & 0xFFFFu); };
            const auto is_signed = [](int x) { return x >= 0x8000 ? x - 0x10000 : x; };
            const int x = half(a), y = half(b);
            CHECK_EQUAL(half(WordPairOps::add_pairs(a, b)), (x + y) & 0xFFFF);
            CHECK_EQUAL(half(WordPairOps::subtract_pairs(a, b)), (x - y) & 0xFFFF);
            CHECK_EQUAL(half(WordPairOps::subtract_pairs_to_zero(a, b)), std::max(0, x - y));
            CHECK_EQUAL(half(WordPairOps::least_pairs(a, b)), std::min(x, y));
            CHECK_EQUAL(half(WordPairOps::size_pairs(a)), std::abs(is_signed(x)));
            const std::uint64_t product = static_cast<std::uint64_t>(x) * static_cast<std::uint64_t>(y);
            CHECK_EQUAL(static_cast<std::uint64_t>(half(WordPairOps::times_pairs(a, b))), product & 0xFFFFu);
            CHECK_EQUAL(static_cast<std::uint64_t>(half(WordPairOps::times_pairs_high(a, b))), product >> 16);
            CHECK_EQUAL(half(WordPairOps::times_pairs_high_signed(a, b)),
                        ((is_signed(x) * is_signed(y)) >> 16) & 0xFFFF);
            CHECK_EQUAL(half(WordPairOps::shift_pairs_left<6>(a)), (x << 6) & 0xFFFF);
            CHECK_EQUAL(half(WordPairOps::shift_pairs_right<10>(a)), x >> 10);
            CHECK_EQUAL(half(WordPairOps::negative_pairs(a)), x >= 0x8000 ? 0xFFFF : 0);
            CHECK_EQUAL(half(WordPairOps::below_pairs(a, b)), x < y ? 0xFFFF : 0);
            CHECK_EQUAL(half(WordPairOps::at_most_pairs(a, b)), x <= y ? 0xFFFF : 0);
        }
    }
    CHECK_EQUAL(WordPairOps::set_bits(0xFFFF0000u), 2u);
    CHECK_EQUAL(WordPairOps::add_where(5u, 0x30u, 2, 7u), 0x0007000Cu);
}
