#pragma once

#include <cstdint>

#include "kadanoff/config.hpp"

namespace kadanoff {

/// Real arithmetic on one number.
template <class T>
struct ScalarReal {
    using Number = T;
    using Vector = T;
    static constexpr int lanes = 1;

    KADANOFF_LEAF static Vector zero() { return 0; }
    KADANOFF_LEAF static Vector load(const T* p) { return *p; }
    KADANOFF_LEAF static Vector load(const T* p, std::uint32_t) { return *p; }
    KADANOFF_LEAF static void store(T* p, Vector a) { *p = a; }
    KADANOFF_LEAF static void store(T* p, std::uint32_t, Vector a) { *p = a; }
    KADANOFF_LEAF static Vector broadcast(const T* p) { return *p; }
    KADANOFF_LEAF static Vector add(Vector a, Vector b) { return a + b; }
    KADANOFF_LEAF static Number total(Vector a) { return a; }
    KADANOFF_LEAF static Vector multiply_add(Vector a, Vector b, Vector c) { return a * b + c; }
};

/// Elements of Bytes bytes, moved one by one.
template <int Bytes>
struct ScalarMover {
    struct alignas(Bytes < 8 ? Bytes : 8) Element {
        unsigned char bytes[Bytes];
    };
    using Vector = Element;
    static constexpr int lanes = 1;

    KADANOFF_LEAF static Vector zero() { return {}; }
    KADANOFF_LEAF static Vector load(const Element* p) { return *p; }
    KADANOFF_LEAF static Vector load(const Element* p, std::int64_t) { return *p; }
    KADANOFF_LEAF static void store(Element* p, Vector a) { *p = a; }
    KADANOFF_LEAF static void stream(Element* p, Vector a) { *p = a; }
    KADANOFF_LEAF static void fence() {}
    KADANOFF_LEAF static void store(Element* p, std::int64_t, std::int64_t, Vector a) { *p = a; }
    KADANOFF_LEAF static void transpose(Vector*) {}
};

}  // namespace kadanoff
