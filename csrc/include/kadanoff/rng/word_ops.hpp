#pragma once

#include <cstdint>

#include "kadanoff/config.hpp"

namespace kadanoff {

/// The vector operations of the bit-sliced kernels on one 32-bit word.
///
/// Every instruction set has a struct with these members (csrc/src/kernels/simd_*.hpp); this one serves the
/// scalar build and a CUDA thread. A lane is always 32 bits wide.
struct WordOps {
    using Vector = std::uint32_t;
    static constexpr int lanes = 1;

    KADANOFF_LEAF static Vector load(const std::uint32_t* p) { return *p; }
    /// The first `count` lanes from memory, zero in the others, which are not touched.
    KADANOFF_LEAF static Vector load_first(const std::uint32_t* p, std::int64_t count) { return count > 0 ? *p : 0; }
    KADANOFF_LEAF static void store(std::uint32_t* p, Vector a) { *p = a; }
    /// p[lane] with byte `byte` lowest; what comes above it is anything. The word after the last one must be readable.
    KADANOFF_LEAF static Vector load_from_byte(const std::uint32_t* p, int byte) { return *p >> (8 * byte); }
    /// p[lane >> shift] in every lane; all of p[0 ... lanes - 1] must be readable.
    KADANOFF_LEAF static Vector load_repeated(const std::uint32_t* p, int /*shift*/) { return *p; }
    /// p[index] in every lane, index < 2^31.
    KADANOFF_LEAF static Vector gather(const std::uint32_t* p, Vector index) { return p[index]; }
    KADANOFF_LEAF static Vector broadcast(std::uint32_t a) { return a; }
    /// first, first + 1, ... in successive lanes.
    KADANOFF_LEAF static Vector iota(std::uint32_t first) { return first; }
    KADANOFF_LEAF static Vector zero() { return 0; }
    /// All ones in the first `count` lanes, in all of them if count >= lanes.
    KADANOFF_LEAF static Vector below(std::int64_t count) { return count > 0 ? ~Vector{0} : Vector{0}; }
    KADANOFF_LEAF static bool any(Vector a) { return a != 0; }

    KADANOFF_LEAF static Vector add(Vector a, Vector b) { return a + b; }
    KADANOFF_LEAF static Vector bit_and(Vector a, Vector b) { return a & b; }
    KADANOFF_LEAF static Vector bit_or(Vector a, Vector b) { return a | b; }
    KADANOFF_LEAF static Vector bit_xor(Vector a, Vector b) { return a ^ b; }
    KADANOFF_LEAF static Vector bit_not(Vector a) { return ~a; }
    /// a & ~b
    KADANOFF_LEAF static Vector and_not(Vector a, Vector b) { return a & ~b; }
    KADANOFF_LEAF static Vector xor3(Vector a, Vector b, Vector c) { return a ^ b ^ c; }
    KADANOFF_LEAF static Vector majority(Vector a, Vector b, Vector c) { return (a & b) | (c & (a ^ b)); }
    /// Bitwise mask ? a : b.
    KADANOFF_LEAF static Vector select(Vector mask, Vector a, Vector b) { return b ^ (mask & (a ^ b)); }
    /// mask & ~(a ^ b)
    KADANOFF_LEAF static Vector and_equal(Vector mask, Vector a, Vector b) { return mask & ~(a ^ b); }

    template <int K>
    KADANOFF_LEAF static Vector rotate_left(Vector a) {
        return (a << K) | (a >> (32 - K));
    }
    template <int K>
    KADANOFF_LEAF static Vector shift_left(Vector a) {
        return a << K;
    }
    template <int K>
    KADANOFF_LEAF static Vector shift_right(Vector a) {
        return a >> K;
    }
    /// Every lane shifted left by its own count, 0 to 31.
    KADANOFF_LEAF static Vector shift_left_by(Vector a, Vector count) { return a << count; }

    /// 32 x 32 -> 64 bit products with a constant, split into high and low halves.
    KADANOFF_LEAF static void multiply_wide(Vector a, std::uint32_t b, Vector& high, Vector& low) {
        const std::uint64_t product = static_cast<std::uint64_t>(a) * b;
        high = static_cast<std::uint32_t>(product >> 32);
        low = static_cast<std::uint32_t>(product);
    }

    KADANOFF_LEAF static Vector subtract(Vector a, Vector b) { return a - b; }

    /// All ones in the lanes where a = b.
    KADANOFF_LEAF static Vector equal(Vector a, Vector b) { return a == b ? ~Vector{0} : Vector{0}; }

    /// The same for each of the four bytes of a lane, and where a < b, as unsigned numbers.
    KADANOFF_LEAF static Vector equal_bytes(Vector a, Vector b) {
        Vector result = 0;
        for (int k = 0; k < 32; k += 8) result |= (((a ^ b) >> k) & 0xFFu) == 0 ? 0xFFu << k : 0u;
        return result;
    }
    KADANOFF_LEAF static Vector below_bytes(Vector a, Vector b) {
        Vector result = 0;
        for (int k = 0; k < 32; k += 8) result |= ((a >> k) & 0xFFu) < ((b >> k) & 0xFFu) ? 0xFFu << k : 0u;
        return result;
    }

    /// 16 bytes to look up.
    using Row = const std::uint32_t*;
    KADANOFF_LEAF static Row row(const std::uint32_t* p) { return p; }
    /// row[index] for every byte, index < 16.
    KADANOFF_LEAF static Vector look_up(Row row, Vector index) {
        Vector result = 0;
        for (int k = 0; k < 32; k += 8) {
            const Vector byte = (index >> k) & 15u;
            result |= ((row[byte / 4] >> (8 * (byte % 4))) & 0xFFu) << k;
        }
        return result;
    }

    /// A float in every lane, each operation rounded by itself.
    using Real = float;
    /// 16 floats to look up by the low four bits of every lane.
    using RealRow = const float*;
    KADANOFF_LEAF static RealRow real_row(const float* p) { return p; }
    KADANOFF_LEAF static Real look_up_real(RealRow row, Vector index) { return row[index & 15u]; }
    KADANOFF_LEAF static Real real(float a) { return a; }
    KADANOFF_LEAF static Real as_real(Vector bits) { return __builtin_bit_cast(float, bits); }
    KADANOFF_LEAF static Vector bits(Real a) { return __builtin_bit_cast(std::uint32_t, a); }
    /// The nearest float to an unsigned integer.
    KADANOFF_LEAF static Real from_word(Vector a) { return static_cast<float>(a); }
#if defined(__CUDA_ARCH__)
    KADANOFF_LEAF static Real plus(Real a, Real b) { return __fadd_rn(a, b); }
    KADANOFF_LEAF static Real minus(Real a, Real b) { return __fsub_rn(a, b); }
    KADANOFF_LEAF static Real times(Real a, Real b) { return __fmul_rn(a, b); }
    KADANOFF_LEAF static Real square_root(Real a) { return __fsqrt_rn(a); }
#else
    KADANOFF_LEAF static Real plus(Real a, Real b) { return a + b; }
    KADANOFF_LEAF static Real minus(Real a, Real b) { return a - b; }
    KADANOFF_LEAF static Real times(Real a, Real b) { return a * b; }
    KADANOFF_LEAF static Real square_root(Real a) { return __builtin_sqrtf(a); }
#endif
    KADANOFF_LEAF static Real over(Real a, Real b) { return a / b; }
    KADANOFF_LEAF static Real least(Real a, Real b) { return a < b ? a : b; }
    KADANOFF_LEAF static Real size(Real a) { return as_real(bits(a) & 0x7FFFFFFFu); }
    /// All ones where a < b.
    KADANOFF_LEAF static Vector less(Real a, Real b) { return a < b ? ~Vector{0} : Vector{0}; }

    /// `doubles` float64 numbers, each operation rounded by itself.
    using Double = double;
    static constexpr int doubles = 1;
    KADANOFF_LEAF static Double double_of(double a) { return a; }
#if defined(__CUDA_ARCH__)
    KADANOFF_LEAF static Double plus(Double a, Double b) { return __dadd_rn(a, b); }
    KADANOFF_LEAF static Double minus(Double a, Double b) { return __dsub_rn(a, b); }
    KADANOFF_LEAF static Double times(Double a, Double b) { return __dmul_rn(a, b); }
#else
    KADANOFF_LEAF static Double plus(Double a, Double b) { return a + b; }
    KADANOFF_LEAF static Double minus(Double a, Double b) { return a - b; }
    KADANOFF_LEAF static Double times(Double a, Double b) { return a * b; }
#endif
    KADANOFF_LEAF static Double over(Double a, Double b) { return a / b; }
    KADANOFF_LEAF static Double least(Double a, Double b) { return a < b ? a : b; }
    KADANOFF_LEAF static Double size(Double a) { return a < 0.0 ? -a : a; }
    /// a < b ? c : d
    KADANOFF_LEAF static Double select_less(Double a, Double b, Double c, Double d) { return a < b ? c : d; }
    /// a < b ? c : 0
    KADANOFF_LEAF static Double if_less(Double a, Double b, Double c) { return a < b ? c : 0.0; }
    /// 2^-n a, where n is the integer in the last bits of `shifted`.
    KADANOFF_LEAF static Double lower_exponent(Double a, Double shifted) {
        const std::uint64_t n = __builtin_bit_cast(std::uint64_t, shifted);
        return __builtin_bit_cast(double, __builtin_bit_cast(std::uint64_t, a) - (n << 52));
    }
    KADANOFF_LEAF static void store_doubles(double* p, Double a) { *p = a; }
    KADANOFF_LEAF static Double load_doubles(const double* p) { return *p; }
    /// From the bits of as many floats.
    KADANOFF_LEAF static Double load_floats(const std::uint32_t* p) { return __builtin_bit_cast(float, *p); }
    /// From as many integers below 2^31.
    KADANOFF_LEAF static Double load_words(const std::uint32_t* p) { return *p; }
    /// Bytes of 0xFF, not 0, in a register. Those from i * doubles on belong to the numbers of a Double: adds `a`
    /// there.
    using ByteSet = Vector;
    KADANOFF_LEAF static ByteSet set_bytes(Vector a) { return a; }
    KADANOFF_LEAF static Vector select_where(ByteSet bytes, Vector a, Vector b) { return select(bytes, a, b); }
    KADANOFF_LEAF static Vector look_up_where(ByteSet bytes, Row row, Vector index, Vector old) {
        return select(bytes, look_up(row, index), old);
    }
    KADANOFF_LEAF static Double plus_where(ByteSet bytes, int i, Double sum, Double a) {
        return plus(sum, (bytes >> (8 * i)) & 1 ? a : 0.0);
    }
    /// The same for lanes of all ones, not 0.
    using LaneSet = Vector;
    KADANOFF_LEAF static LaneSet set_lanes(Vector a) { return a; }
    KADANOFF_LEAF static Double plus_where_lane(LaneSet lanes, int /*i*/, Double sum, Double a) {
        return plus(sum, (lanes & 1) != 0 ? a : 0.0);
    }
    static constexpr int log2_doubles = 0;
    /// a in the numbers i whose place has bit d set, d < log2_doubles, else -a.
    KADANOFF_LEAF static Double minus_unless_bit(int /*d*/, Double a) { return a; }
    /// Writes byte Shift / 8 of the bits of eight numbers to two words, the last one first if `reversed`.
    template <int Shift>
    KADANOFF_LEAF static void store_octet(std::uint32_t* p, const Double* a, int reversed) {
        p[0] = p[1] = 0;
        for (int k = 0; k < 8; ++k) {
            const auto byte = static_cast<std::uint32_t>(__builtin_bit_cast(std::uint64_t, a[k]) >> Shift) & 0xFFu;
            const int place = reversed != 0 ? 7 - k : k;
            p[place / 4] |= byte << (8 * (place % 4));
        }
    }

    /// Number of set bits of a word.
    KADANOFF_LEAF static std::uint32_t popcount(std::uint32_t a) {
#if defined(__CUDA_ARCH__)
        return static_cast<std::uint32_t>(__popc(a));
#else
        return static_cast<std::uint32_t>(__builtin_popcount(a));
#endif
    }

    /// Set bits over all lanes, summed up over many vectors.
    using BitSum = std::uint64_t;
    KADANOFF_LEAF static BitSum no_bits() { return 0; }
    KADANOFF_LEAF static BitSum add_bits(BitSum sum, Vector a) { return sum + popcount(a); }
    KADANOFF_LEAF static std::uint64_t total(BitSum sum) { return sum; }
};

}  // namespace kadanoff
