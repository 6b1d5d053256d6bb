#pragma once

#include "kadanoff/lattice/cubic.hpp"
#include "kadanoff/lattice/square.hpp"
#include "kadanoff/update/heat_bath.hpp"
#include "kadanoff/update/metropolis.hpp"

namespace kadanoff {

template <class... Types>
struct TypeList {
    static constexpr int size = sizeof...(Types);
};

/// Every bipartite lattice that the checkerboard kernels serve: one line here, on all instruction sets and CUDA.
using Lattices = TypeList<Square, Cubic>;

/// Every update rule of the checkerboard kernels.
using Rules = TypeList<HeatBath, Metropolis>;

template <class Type>
struct TypeTag {
    using type = Type;
};

/// Calls visitor(TypeTag<T>{}) with the type at `index`; nothing if there is none.
template <class... Types, class Visitor>
inline __attribute__((always_inline)) void visit_type(TypeList<Types...>, int index, Visitor visitor) {
    int position = 0;
    ((position++ == index ? visitor(TypeTag<Types>{}) : void()), ...);
}

}  // namespace kadanoff
