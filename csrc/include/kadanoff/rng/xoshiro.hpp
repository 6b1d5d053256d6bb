#pragma once

#include "kadanoff/rng/philox.hpp"

namespace kadanoff {

/// xoshiro128++: a 32-bit stream in every lane, 9 vector operations a word.
///
/// Blackman and Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47 (2021), 36.
/// A stream is short here (one stripe) and starts from one Philox block. The all-zero state, a fixed point,
/// is one of 2^128 blocks.
template <class Ops>
struct Xoshiro128pp {
    using Vector = typename Ops::Vector;
    Vector s0, s1, s2, s3;

    KADANOFF_LEAF Xoshiro128pp() {}
    KADANOFF_LEAF explicit Xoshiro128pp(const Block<Ops>& seed)
        : s0(seed.word[0]), s1(seed.word[1]), s2(seed.word[2]), s3(seed.word[3]) {}

    KADANOFF_LEAF Vector next() {
        const Vector result = Ops::add(Ops::template rotate_left<7>(Ops::add(s0, s3)), s0);
        const Vector shifted = Ops::template shift_left<9>(s1);
        const Vector t3 = Ops::bit_xor(s3, s1);
        const Vector t1 = Ops::xor3(s1, s2, s0);
        const Vector t0 = Ops::xor3(s0, s3, s1);
        s2 = Ops::xor3(s2, s0, shifted);
        s1 = t1;
        s0 = t0;
        s3 = Ops::template rotate_left<11>(t3);
        return result;
    }
};

}  // namespace kadanoff
