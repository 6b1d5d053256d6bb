#pragma once

#include <cstdint>

#include "kadanoff/config.hpp"

namespace kadanoff {

// Disjoint sets in an array: parent[i] <= i, and a root, the smallest of its set, is its own parent. In ascending order
// a parent is therefore settled before its children, and one pass resolves all of them.

/// Joins the sets of i and j; fastest if parent[i] is mostly the larger. Rem's algorithm with splicing, which never
/// looks for a root that it does not need (Patwary, Blair and Manne, SEA 2010, LNCS 6049, 411; path halving took 1.6
/// times as long on critical clusters).
KADANOFF_LEAF void unite(std::uint32_t* parent, std::uint32_t i, std::uint32_t j) {
    std::uint32_t a = parent[i], b = parent[j];
    while (a != b) {
        if (a < b) {
            const std::uint32_t node = i, up = a;
            i = j;
            a = b;
            j = node;
            b = up;
        }
        parent[i] = b;
        if (i == a) return;
        i = a;
        a = parent[i];
    }
}

}  // namespace kadanoff
