#pragma once

#include <cstdint>

#include "kadanoff/model/ising.hpp"
#include "kadanoff/update/probability.hpp"

namespace kadanoff {

/// Bit planes of the uniform number that every site gets. A site still undecided after them, one in
/// 2^uniform_planes, continues with its own 64-bit draw.
inline constexpr int uniform_planes = 14;
/// (spin, number of up neighbours) on the cubic lattice.
inline constexpr int max_classes = 14;

/// What a rule does with a spin whose situation is known: new = base XOR (U <= T), P(U <= T) = probability.
struct Decision {
    bool base;
    DoubleDouble probability;
};

/// The decisions of an update rule at one temperature, as integers. Host and device.
struct AcceptTable {
    std::uint64_t threshold[max_classes];
    std::uint32_t plane[uniform_planes][max_classes];  ///< threshold bits from the top, 0 or all ones
    std::uint32_t base[max_classes];                   ///< 0 or all ones
    std::uint32_t antiferro;                           ///< all ones where the coupling is negative
};

inline void set_class(AcceptTable& table, int index, Decision decision) {
    constexpr std::uint32_t ones = ~std::uint32_t{0};
    const std::uint64_t t = threshold(decision.probability);
    table.threshold[index] = t;
    table.base[index] = decision.base ? ones : 0;
    for (int k = 0; k < uniform_planes; ++k) table.plane[k][index] = (t >> (63 - k)) & 1 ? ones : 0;
}

/// Classes as FieldLookup orders them: any coupling, any field.
template <class Lattice, class Rule>
AcceptTable make_field_table(const UniformIsing& model, double beta) {
    constexpr int counts = Lattice::coordination + 1;
    AcceptTable table{};
    for (int spin = 0; spin <= (Rule::uses_spin ? 1 : 0); ++spin) {
        for (int up = 0; up < counts; ++up) {
            const double drive = 2.0 * beta * model.local_field(up, Lattice::coordination);
            set_class(table, spin * counts + up, Rule::decide(spin == 1, drive));
        }
    }
    return table;
}

/// Classes as SymmetricLookup orders them: no field, where only the size of the local field counts.
/// Gives the same decisions as make_field_table at field zero.
template <class Lattice, class Rule>
AcceptTable make_symmetric_table(double coupling, double beta) {
    AcceptTable table{};
    table.antiferro = coupling < 0 ? ~std::uint32_t{0} : 0;
    const double strength = coupling < 0 ? -coupling : coupling;
    for (int k = 0; k < Lattice::coordination / 2; ++k) {
        set_class(table, k, Rule::decide(true, 2.0 * beta * (strength * Lattice::class_field[k])));
    }
    return table;
}

}  // namespace kadanoff
