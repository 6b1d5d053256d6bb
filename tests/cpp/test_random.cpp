#include <array>
#include <cstdint>

#include "check.hpp"
#include "kadanoff/rng/stream.hpp"
#include "kadanoff/rng/xoshiro.hpp"

using kadanoff::Block;
using kadanoff::DrawKey;
using kadanoff::Stream;
using kadanoff::WordOps;

namespace {

using Words = std::array<std::uint32_t, 4>;

void check_block(const Block<WordOps>& block, const Words& expected) {
    for (std::size_t i = 0; i < 4; ++i) CHECK_EQUAL(block.word[i], expected[i]);
}

struct PhiloxAnswer {
    Words counter;
    std::uint32_t key[2];
    Words result;
};

// Random123's file kat_vectors, the lines "philox4x32 10".
constexpr PhiloxAnswer philox_answers[] = {
    {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
    {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
     {0xffffffff, 0xffffffff},
     {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
    {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
     {0xa4093822, 0x299f31d0},
     {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
};

}  // namespace

TEST_CASE(philox_gives_the_published_vectors) {
    for (const PhiloxAnswer& answer : philox_answers) {
        const Words& c = answer.counter;
        check_block(kadanoff::philox4x32<WordOps>({{c[0], c[1], c[2], c[3]}}, answer.key[0], answer.key[1]),
                    answer.result);
    }
}

TEST_CASE(xoshiro_gives_the_words_of_the_reference_implementation) {
    // The authors' xoshiro128plusplus.c from state 1, 2, 3, 4.
    constexpr std::uint32_t expected[] = {641,        1573767,    3222811527, 3517856514, 836907274,
                                          4247214768, 3867114732, 1355841295, 495546011,  621204420};
    kadanoff::Xoshiro128pp<WordOps> stream(Block<WordOps>{{1, 2, 3, 4}});
    for (const std::uint32_t word : expected) CHECK_EQUAL(stream.next(), word);
}

TEST_CASE(a_key_packs_every_coordinate_into_its_own_bits) {
    const DrawKey key{0x1122334455667788u, 0xA9BBCCDDEEu, 0xCAFEF00D, Stream::metropolis_tail, 0x5B};
    const Words counter{0x01234567, 0xBBCCDDEE, 0xA95B3C04, 0xCAFEF00D};
    const Block<WordOps> expected =
        kadanoff::philox4x32<WordOps>({{counter[0], counter[1], counter[2], counter[3]}}, 0x55667788, 0x11223344);
    check_block(kadanoff::draw<WordOps>(key, 0x01234567, 0x3C),
                {expected.word[0], expected.word[1], expected.word[2], expected.word[3]});
}

TEST_CASE(stream_ids_are_fixed) {
    CHECK_EQUAL(static_cast<int>(Stream::heat_bath), 1);
    CHECK_EQUAL(static_cast<int>(Stream::heat_bath_tail), 2);
    CHECK_EQUAL(static_cast<int>(Stream::metropolis), 3);
    CHECK_EQUAL(static_cast<int>(Stream::metropolis_tail), 4);
    CHECK_EQUAL(static_cast<int>(Stream::initial_spins), 5);
    CHECK_EQUAL(static_cast<int>(Stream::initial_sign), 6);
}

TEST_CASE(the_largest_sweep_number_fits_beside_the_other_coordinates) {
    const DrawKey last{0, kadanoff::max_sweeps - 1, 0, Stream::heat_bath, 0xFF};
    const Block<WordOps> expected = kadanoff::philox4x32<WordOps>({{0, 0xFFFFFFFF, 0xFFFFFF01, 0}}, 0, 0);
    check_block(kadanoff::draw<WordOps>(last, 0, 0xFF),
                {expected.word[0], expected.word[1], expected.word[2], expected.word[3]});
}
