#include <algorithm>
#include <string>

#include "check.hpp"
#include "kadanoff/isa.hpp"
#include "kadanoff/rng/philox.hpp"
#include "vector_ops.hpp"

using kadanoff::WordOps;

#if defined(KADANOFF_X86_KERNELS)
namespace {

using Comparison = const char* (*)(const std::uint32_t*) noexcept;

void compare_on_random_words(kadanoff::Isa isa, Comparison wrong_member) {
    const auto isas = kadanoff::available_isas();
    if (std::find(isas.begin(), isas.end(), isa) == isas.end()) {
        std::printf("       (this machine has no %s)\n", kadanoff::name(isa));
        return;
    }
    for (std::uint32_t round = 0; round < 200; ++round) {
        std::uint32_t words[vector_ops_words];
        for (std::uint32_t i = 0; i < vector_ops_words; ++i) {
            words[i] = kadanoff::philox4x32<WordOps>({{i, round, 0, 0}}, 1, 2).word[0];
        }
        const char* wrong = wrong_member(words);
        if (!CHECK_EQUAL(std::string(wrong == nullptr ? "" : wrong), std::string())) return;
    }
}

}  // namespace

TEST_CASE(avx2_ops_equal_word_ops) { compare_on_random_words(kadanoff::Isa::avx2, wrong_member_avx2); }
TEST_CASE(avx512_ops_equal_word_ops) { compare_on_random_words(kadanoff::Isa::avx512, wrong_member_avx512); }
#endif

TEST_CASE(word_ops_are_what_their_comments_say) {
    constexpr std::uint32_t a = 0xF0F0F0F0, b = 0xCCCCCCCC, c = 0xAAAAAAAA;  // all eight cases of three bits
    CHECK_EQUAL(WordOps::xor3(a, b, c), 0x96969696u);
    CHECK_EQUAL(WordOps::majority(a, b, c), 0xE8E8E8E8u);
    CHECK_EQUAL(WordOps::select(a, b, c), 0xCACACACAu);
    CHECK_EQUAL(WordOps::and_equal(a, b, c), 0x90909090u);
    CHECK_EQUAL(WordOps::and_not(a, b), 0x30303030u);
    CHECK_EQUAL(WordOps::rotate_left<7>(0x80000001u), 0x000000C0u);
    CHECK_EQUAL(WordOps::popcount(0xF00F0001u), 9u);
    CHECK_EQUAL(WordOps::below(1), ~0u);
    CHECK_EQUAL(WordOps::below(0), 0u);
    CHECK_EQUAL(WordOps::load_from_byte(&a, 3), 0xF0u);
    CHECK_EQUAL(WordOps::plus_where_lane(WordOps::set_lanes(~0u), 0, 1.0, 2.0), 3.0);
    CHECK_EQUAL(WordOps::plus_where_lane(WordOps::set_lanes(0u), 0, 1.0, 2.0), 1.0);
    CHECK_EQUAL(WordOps::load_first(&a, 1), a);
    CHECK_EQUAL(WordOps::load_first(nullptr, 0), 0u);
}
