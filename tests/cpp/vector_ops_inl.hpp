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

/// Bytes side by side, also with `few` of their bits, so that many are equal.
template <class Ops>
const char* wrong_bytes(const Operands<Ops>& x) {
    COMPARE("equal_bytes", Ops::equal_bytes(x.a, x.b), WordOps::equal_bytes(a, b));
    COMPARE("below_bytes", Ops::below_bytes(x.a, x.b), WordOps::below_bytes(a, b));
    constexpr Word few = 0x83838383u;
    const auto some = Ops::bit_and(x.a, Ops::broadcast(few)), others = Ops::bit_and(x.b, Ops::broadcast(few));
    COMPARE("equal_bytes", Ops::equal_bytes(some, others), WordOps::equal_bytes(a & few, b & few));
    COMPARE("below_bytes", Ops::below_bytes(some, others), WordOps::below_bytes(a & few, b & few));
    constexpr Word in_row = 0x0F0F0F0Fu;
    const auto row = Ops::row(x.words + 5);
    COMPARE("row, look_up", Ops::look_up(row, Ops::bit_and(x.a, Ops::broadcast(in_row))),
            WordOps::look_up(x.words + 5, a & in_row));
    return nullptr;
}

/// What is looked up by the four bits of a nibble: words as floats, of which many are not numbers.
template <class Ops>
const char* wrong_nibbles(const Operands<Ops>& x) {
    for (int byte = 0; byte < 4; ++byte) {
        const auto low = Ops::bit_and(Ops::load_from_byte(x.words, byte), Ops::broadcast(0xFFu));
        COMPARE("load_from_byte", low, WordOps::load_from_byte(&a, byte) & 0xFFu);
    }
    const auto* p = reinterpret_cast<const float*>(x.words + 5);
    const auto row = Ops::real_row(p);
    COMPARE("real_row, look_up_real", Ops::bits(Ops::look_up_real(row, x.b)),
            WordOps::bits(WordOps::look_up_real(p, b)));
    const auto positive = Ops::bit_and(x.a, Ops::broadcast(0x7F7FFFFFu));
    COMPARE("square_root", Ops::bits(Ops::square_root(Ops::as_real(positive))),
            WordOps::bits(WordOps::square_root(WordOps::as_real(a & 0x7F7FFFFFu))));
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

// --- float64

constexpr int numbers = 16;

/// Three lists of numbers of two sizes, both signs and zero, some of them equal to those of the other lists.
struct Numbers {
    double a[numbers], b[numbers], c[numbers];

    explicit Numbers(const Word* words) {
        for (int i = 0; i < numbers; ++i) {
            a[i] = number(words[i]);
            b[i] = words[i + 16] % 4 == 0 ? a[i] : number(words[i + 16]);
            c[i] = number(words[i + 32]);
        }
    }

    static double number(Word word) {
        const auto size = static_cast<double>(static_cast<std::int32_t>(word) >> 4);
        return word % 8 == 0 ? 0.0 : word % 2 == 0 ? size : size * 0x1p-40;
    }
};

template <class Ops>
typename Ops::Double load_doubles(const double* p) {
    typename Ops::Double result;
    static_assert(sizeof result == Ops::doubles * sizeof(double));
    __builtin_memcpy(&result, p, sizeof result);
    return result;
}

/// Whether call(Ops, a, b, c) is call(WordOps, a_i, b_i, c_i) for every number.
template <class Ops, class Call>
bool numbers_are(const Numbers& x, Call call) {
    for (int begin = 0; begin < numbers; begin += Ops::doubles) {
        double result[Ops::doubles];
        Ops::store_doubles(result, call(Ops{}, load_doubles<Ops>(x.a + begin), load_doubles<Ops>(x.b + begin),
                                        load_doubles<Ops>(x.c + begin)));
        for (int i = 0; i < Ops::doubles; ++i) {
            if (result[i] != call(WordOps{}, x.a[begin + i], x.b[begin + i], x.c[begin + i])) return false;
        }
    }
    return true;
}

#define COMPARE_NUMBERS(member, result)                                                                              \
    if (!numbers_are<Ops>(x,                                                                                         \
                          [&](auto ops, [[maybe_unused]] auto a, [[maybe_unused]] auto b, [[maybe_unused]] auto c) { \
                              using O [[maybe_unused]] = decltype(ops);                                              \
                              return result;                                                                         \
                          }))                                                                                        \
    return member

template <class Ops>
const char* wrong_arithmetic(const Numbers& x) {
    COMPARE_NUMBERS("store_doubles", a);
    COMPARE_NUMBERS("double_of", O::double_of(0.1));
    COMPARE_NUMBERS("plus", O::plus(a, b));
    COMPARE_NUMBERS("minus", O::minus(a, b));
    COMPARE_NUMBERS("times", O::times(a, b));
    COMPARE_NUMBERS("over", O::over(a, O::plus(O::size(b), O::double_of(1.0))));
    COMPARE_NUMBERS("least", O::least(a, b));
    COMPARE_NUMBERS("size", O::size(a));
    COMPARE_NUMBERS("select_less", O::select_less(a, b, c, O::double_of(-1.0)));
    COMPARE_NUMBERS("if_less", O::if_less(a, b, c));
    // An exponent of 0 to 1000, added to 1.5 * 2^52.
    constexpr double exponents[] = {0.0, 1.0, 2.0, 63.0, 999.0, 1000.0};
    for (const double n : exponents) {
        COMPARE_NUMBERS("lower_exponent", O::lower_exponent(O::plus(O::size(a), O::double_of(0.7)),
                                                            O::double_of(6755399441055744.0 + n)));
    }
    return nullptr;
}

#undef COMPARE_NUMBERS

/// What tells the numbers of a Double apart by their place.
template <class Ops>
const char* wrong_places(const Numbers& x) {
    double result[Ops::doubles];
    for (int d = 0; d < Ops::log2_doubles; ++d) {
        Ops::store_doubles(result, Ops::minus_unless_bit(d, load_doubles<Ops>(x.a)));
        for (int i = 0; i < Ops::doubles; ++i) {
            if (result[i] != ((i >> d) & 1 ? x.a[i] : -x.a[i])) return "minus_unless_bit";
        }
    }
    return Ops::doubles == 1 << Ops::log2_doubles ? nullptr : "log2_doubles";
}

template <class Ops, int Shift>
bool stores_octets(const Numbers& x, int reversed) {
    constexpr int count = 8;
    typename Ops::Double list[count / Ops::doubles];
    for (int i = 0; i < count / Ops::doubles; ++i) list[i] = load_doubles<Ops>(x.a + i * Ops::doubles);
    Word bytes[count / 4];
    Ops::template store_octet<Shift>(bytes, list, reversed);
    for (int i = 0; i < count; ++i) {
        const std::uint64_t expected = __builtin_bit_cast(std::uint64_t, x.a[i]) >> Shift & 0xFFu;
        const int place = reversed != 0 ? count - 1 - i : i;
        if ((bytes[place / 4] >> (8 * (place % 4)) & 0xFFu) != expected) return false;
    }
    return true;
}

/// Sums over the replicas of a register, one byte each.
template <class Ops>
const char* wrong_byte_sum(const Operands<Ops>& x, const Numbers& y) {
    const auto chosen = Ops::equal_bytes(Ops::bit_and(x.a, Ops::broadcast(0x01010101u)), Ops::zero());
    const auto set = Ops::set_bytes(chosen);
    alignas(64) Word word[Ops::lanes];
    Ops::store(word, chosen);
    for (int i = 0; i < 4 * Ops::lanes / Ops::doubles; ++i) {
        double result[Ops::doubles];
        const auto sum = load_doubles<Ops>(y.b + i * Ops::doubles % numbers);
        Ops::store_doubles(result, Ops::plus_where(set, i, sum, Ops::double_of(y.a[i])));
        for (int k = 0; k < Ops::doubles; ++k) {
            const int replica = i * Ops::doubles + k;
            const bool mine = (word[replica / 4] >> (8 * (replica % 4)) & 1) != 0;
            if (result[k] != y.b[replica % numbers] + (mine ? y.a[i] : 0.0)) return "set_bytes, plus_where";
        }
    }
    return nullptr;
}

/// The same over those that have a lane each.
template <class Ops>
const char* wrong_lane_sum(const Operands<Ops>& x, const Numbers& y) {
    const auto chosen = Ops::equal(Ops::bit_and(x.a, Ops::broadcast(1u)), Ops::zero());
    const auto set = Ops::set_lanes(chosen);
    for (int i = 0; i < Ops::lanes / Ops::doubles; ++i) {
        double result[Ops::doubles];
        const auto sum = load_doubles<Ops>(y.b + i * Ops::doubles);
        Ops::store_doubles(result, Ops::plus_where_lane(set, i, sum, Ops::double_of(y.a[i])));
        for (int k = 0; k < Ops::doubles; ++k) {
            const int replica = i * Ops::doubles + k;
            const auto own = WordOps::set_lanes((x.words[replica] & 1u) == 0 ? ~Word{0} : Word{0});
            if (result[k] != WordOps::plus_where_lane(own, 0, y.b[replica], y.a[i]))
                return "set_lanes, plus_where_lane";
        }
    }
    return nullptr;
}

template <class Ops>
const char* wrong_member(const Word* words) {
    const Operands<Ops> x(words);
    const Numbers y(words);
    if (const char* member = wrong_bytes<Ops>(x)) return member;
    if (const char* member = wrong_arithmetic<Ops>(y)) return member;
    if (const char* member = wrong_places<Ops>(y)) return member;
    for (int reversed = 0; reversed <= 1; ++reversed) {
        if (!stores_octets<Ops, 0>(y, reversed) || !stores_octets<Ops, 8>(y, reversed)) return "store_octet";
    }
    if (const char* member = wrong_byte_sum<Ops>(x, y)) return member;
    if (const char* member = wrong_nibbles<Ops>(x)) return member;
    if (const char* member = wrong_lane_sum<Ops>(x, y)) return member;
    if (const char* member = wrong_logic<Ops>(x)) return member;
    if (const char* member = wrong_shift<Ops>(x)) return member;
    if (const char* member = wrong_product<Ops>(x)) return member;
    if (const char* member = wrong_lanes<Ops>(x)) return member;
    return wrong_sum<Ops>(x);
}

#undef COMPARE

}  // namespace
