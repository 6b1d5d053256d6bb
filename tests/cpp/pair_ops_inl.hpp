// Included once by each pair_ops_ISA.cpp, after its Ops; the ODR contract of csrc/src/kernels/checkerboard_inl.hpp
// holds here too: nothing below may be shared with another object.

#include "kadanoff/rng/word_pair_ops.hpp"
#include "pair_ops.hpp"

namespace {

using kadanoff::WordPairOps;
using Word = std::uint32_t;

template <class Ops>
bool same_lanes(typename Ops::Vector result, const Word* expected) {
    alignas(64) Word lane[Ops::lanes];
    Ops::store(lane, result);
    for (int i = 0; i < Ops::lanes; ++i) {
        if (lane[i] != expected[i]) return false;
    }
    return true;
}

/// Whether member(a, b) of Ops is that of WordPairOps in every lane.
#define COMPARE_PAIRS(member)                                                           \
    for (int i = 0; i < Ops::lanes; ++i) expected[i] = WordPairOps::member(a[i], b[i]); \
    if (!same_lanes<Ops>(Ops::member(x, y), expected)) return #member

template <class Ops>
const char* wrong_pair_arithmetic(const Word* a, const Word* b) {
    const auto x = Ops::load(a), y = Ops::load(b);
    Word expected[Ops::lanes];
    COMPARE_PAIRS(add_pairs);
    COMPARE_PAIRS(subtract_pairs);
    COMPARE_PAIRS(subtract_pairs_to_zero);
    COMPARE_PAIRS(least_pairs);
    COMPARE_PAIRS(times_pairs);
    COMPARE_PAIRS(times_pairs_high);
    COMPARE_PAIRS(times_pairs_high_signed);
    for (int i = 0; i < Ops::lanes; ++i) expected[i] = WordPairOps::size_pairs(a[i]);
    if (!same_lanes<Ops>(Ops::size_pairs(x), expected)) return "size_pairs";
    for (int i = 0; i < Ops::lanes; ++i) expected[i] = WordPairOps::shift_pairs_left<6>(a[i]);
    if (!same_lanes<Ops>(Ops::template shift_pairs_left<6>(x), expected)) return "shift_pairs_left";
    for (int i = 0; i < Ops::lanes; ++i) expected[i] = WordPairOps::shift_pairs_right<10>(a[i]);
    if (!same_lanes<Ops>(Ops::template shift_pairs_right<10>(x), expected)) return "shift_pairs_right";
    return nullptr;
}

#undef COMPARE_PAIRS

/// Bits of the sets that WordPairOps makes of each lane.
template <class Ops, class Set>
Word expected_bits(const Word* a, const Word* b, Set set) {
    Word bits = 0;
    for (int i = 0; i < Ops::lanes; ++i) bits |= WordPairOps::set_bits(set(a[i], b[i])) << (2 * i);
    return bits;
}

template <class Ops>
const char* wrong_pair_sets(const Word* a, const Word* b) {
    const auto x = Ops::load(a), y = Ops::load(b);
    const Word negative = expected_bits<Ops>(a, b, [](Word p, Word) { return WordPairOps::negative_pairs(p); });
    const Word below = expected_bits<Ops>(a, b, [](Word p, Word q) { return WordPairOps::below_pairs(p, q); });
    const Word at_most = expected_bits<Ops>(a, a, [](Word p, Word q) { return WordPairOps::at_most_pairs(p, q); });
    Word second = 0;
    if (Ops::set_bits(Ops::negative_pairs(x)) != negative) return "negative_pairs";
    if (Ops::set_bits(Ops::below_pairs(x, y), Ops::negative_pairs(x), second) != below) return "below_pairs";
    if (second != negative) return "set_bits";
    if (Ops::set_bits(Ops::at_most_pairs(x, x)) != at_most) return "at_most_pairs";
    if (Ops::set_bits(Ops::differing(Ops::below_pairs(x, y), Ops::negative_pairs(x))) != (below ^ negative)) {
        return "differing";
    }
    Word expected[Ops::lanes];
    for (int i = 0; i < Ops::lanes; ++i) {
        expected[i] = WordPairOps::complement_where(WordPairOps::negative_pairs(a[i]), b[i]);
    }
    if (!same_lanes<Ops>(Ops::complement_where(Ops::negative_pairs(x), y), expected)) return "complement_where";
    for (int part = 0; part < 16 / Ops::lanes; ++part) {
        for (int i = 0; i < Ops::lanes; ++i) {
            expected[i] = WordPairOps::add_where(a[i], b[0], part * Ops::lanes + i, 0x4321u);
        }
        if (!same_lanes<Ops>(Ops::add_where(x, b[0], part, 0x4321u), expected)) return "add_where";
    }
    return nullptr;
}

template <class Ops>
const char* wrong_pair_member(const Word* words) {
    if (const char* member = wrong_pair_arithmetic<Ops>(words, words + 16)) return member;
    if (const char* member = wrong_pair_arithmetic<Ops>(words, words)) return member;
    return wrong_pair_sets<Ops>(words, words + 16);
}

}  // namespace
