// Included once by each vector_ops_ISA.cpp, after its Ops; the ODR contract of csrc/src/kernels/checkerboard_inl.hpp
// holds here too: nothing below may be shared with another object.

#include "kadanoff/rng/word_ops.hpp"
#include "vector_ops.hpp"

namespace {

using kadanoff::WordOps;
using Word = std::uint32_t;

/// Three operands with different words in every lane.
template <class Ops>
struct Operands {
    const Word* words;
    typename Ops::Vector a, b, c;

    explicit Operands(const Word* from)
        : words(from), a(Ops::load(from)), b(Ops::load(from + 16)), c(Ops::load(from + 32)) {}
};

/// Whether lane i of `result` is expected(a_i, b_i, c_i) for every i.
template <class Ops, class Expected>
bool lanes_are(const Operands<Ops>& x, typename Ops::Vector result, Expected expected) {
    alignas(64) Word lane[Ops::lanes];
    Ops::store(lane, result);
    for (int i = 0; i < Ops::lanes; ++i) {
        if (lane[i] != expected(x.words[i], x.words[i + 16], x.words[i + 32])) return false;
    }
    return true;
}

#define COMPARE(member, result, expected)                                                                           \
    if (!lanes_are<Ops>(x, result, [&]([[maybe_unused]] Word a, [[maybe_unused]] Word b, [[maybe_unused]] Word c) { \
            return expected;                                                                                        \
        }))                                                                                                         \
    return member

template <class Ops>
const char* wrong_logic(const Operands<Ops>& x) {
    COMPARE("load", x.a, a);
    COMPARE("broadcast", Ops::broadcast(x.words[3]), WordOps::broadcast(x.words[3]));
    COMPARE("zero", Ops::zero(), WordOps::zero());
    COMPARE("add", Ops::add(x.a, x.b), WordOps::add(a, b));
    COMPARE("bit_and", Ops::bit_and(x.a, x.b), WordOps::bit_and(a, b));
    COMPARE("bit_or", Ops::bit_or(x.a, x.b), WordOps::bit_or(a, b));
    COMPARE("bit_xor", Ops::bit_xor(x.a, x.b), WordOps::bit_xor(a, b));
    COMPARE("bit_not", Ops::bit_not(x.a), WordOps::bit_not(a));
    COMPARE("and_not", Ops::and_not(x.a, x.b), WordOps::and_not(a, b));
    COMPARE("xor3", Ops::xor3(x.a, x.b, x.c), WordOps::xor3(a, b, c));
    COMPARE("majority", Ops::majority(x.a, x.b, x.c), WordOps::majority(a, b, c));
    COMPARE("select", Ops::select(x.a, x.b, x.c), WordOps::select(a, b, c));
    COMPARE("and_equal", Ops::and_equal(x.a, x.b, x.c), WordOps::and_equal(a, b, c));
    return nullptr;
}

template <class Ops>
const char* wrong_shift(const Operands<Ops>& x) {
    COMPARE("rotate_left<7>", Ops::template rotate_left<7>(x.a), WordOps::rotate_left<7>(a));
    COMPARE("rotate_left<11>", Ops::template rotate_left<11>(x.a), WordOps::rotate_left<11>(a));
    COMPARE("shift_left<1>", Ops::template shift_left<1>(x.a), WordOps::shift_left<1>(a));
    COMPARE("shift_left<9>", Ops::template shift_left<9>(x.a), WordOps::shift_left<9>(a));
    COMPARE("shift_right<1>", Ops::template shift_right<1>(x.a), WordOps::shift_right<1>(a));
    COMPARE("shift_right<31>", Ops::template shift_right<31>(x.a), WordOps::shift_right<31>(a));
    const auto counts = Ops::bit_and(x.b, Ops::broadcast(31));
    COMPARE("shift_left_by", Ops::shift_left_by(x.a, counts), WordOps::shift_left_by(a, b & 31));
    return nullptr;
}

template <class Ops>
const char* wrong_product(const Operands<Ops>& x) {
    constexpr Word factors[] = {0u, 1u, 0xD2511F53u, 0xCD9E8D57u, 0xFFFFFFFFu};
    for (const Word factor : factors) {
        typename Ops::Vector high, low;
        Ops::multiply_wide(x.a, factor, high, low);
        COMPARE("multiply_wide (high)", high, static_cast<Word>(static_cast<std::uint64_t>(a) * factor >> 32));
        COMPARE("multiply_wide (low)", low, a * factor);
    }
    return nullptr;
}

template <class Ops>
const char* wrong_lanes(const Operands<Ops>& x) {
    alignas(64) Word lane[Ops::lanes];
    Ops::store(lane, Ops::iota(x.words[0]));
    for (int i = 0; i < Ops::lanes; ++i) {
        if (lane[i] != x.words[0] + static_cast<Word>(i)) return "iota";
    }
    for (std::int64_t count = -40; count <= 40; ++count) {
        Ops::store(lane, Ops::below(count));
        for (int i = 0; i < Ops::lanes; ++i) {
            if (lane[i] != WordOps::below(count - i)) return "below";
        }
        Ops::store(lane, Ops::load_first(x.words, count));
        for (int i = 0; i < Ops::lanes; ++i) {
            if (lane[i] != WordOps::load_first(x.words + i, count - i)) return "load_first";
        }
    }
    if (Ops::any(Ops::zero())) return "any (of zero)";
    for (int i = 0; i < 32 * Ops::lanes; ++i) {
        for (int j = 0; j < Ops::lanes; ++j) lane[j] = j == i / 32 ? Word{1} << (i % 32) : 0;
        if (!Ops::any(Ops::load(lane))) return "any";
    }
    return nullptr;
}

template <class Ops>
const char* wrong_sum(const Operands<Ops>& x) {
    const typename Ops::Vector vectors[] = {x.a, x.b, x.c, Ops::broadcast(0xFFFFFFFFu)};
    auto sum = Ops::no_bits();
    auto expected = WordOps::no_bits();
    for (int repeat = 0; repeat < 300; ++repeat) {  // more than a byte holds
        for (const auto vector : vectors) {
            sum = Ops::add_bits(sum, vector);
            alignas(64) Word lane[Ops::lanes];
            Ops::store(lane, vector);
            for (const Word word : lane) expected = WordOps::add_bits(expected, word);
        }
    }
    return Ops::total(sum) == WordOps::total(expected) ? nullptr : "add_bits, total";
}

template <class Ops>
const char* wrong_member(const Word* words) {
    const Operands<Ops> x(words);
    if (const char* member = wrong_logic<Ops>(x)) return member;
    if (const char* member = wrong_shift<Ops>(x)) return member;
    if (const char* member = wrong_product<Ops>(x)) return member;
    if (const char* member = wrong_lanes<Ops>(x)) return member;
    return wrong_sum<Ops>(x);
}

#undef COMPARE

}  // namespace
