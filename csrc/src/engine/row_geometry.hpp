#pragma once

#include <cstdint>
#include <vector>

#include "engine/cluster_model.hpp"
#include "kernels/clusters.hpp"

namespace kadanoff {

/// A lattice with one site in its cell as rows of bits, for the kernels of kernels/clusters.hpp.
class RowGeometry {
public:
    /// Whether the lattice has such rows and the model one size of coupling and one field.
    static bool serves(const Lattice& lattice, const ClusterModel& model);

    RowGeometry(const Lattice& lattice, const ClusterModel& model);

    std::int64_t row_words() const { return rows_ * words_; }  ///< 64-bit words of a plane
    std::int64_t bond_words() const { return row_words() * families_; }
    std::int64_t spin_words() const { return row_words() * planes_; }
    std::int64_t sites() const { return rows_ * columns_; }
    int planes() const { return planes_; }
    double bytes() const;

    /// What kernels need to know of the lattice; the pointers to spins and clusters are null.
    RowClusters view() const;

    /// Between bytes in the order of the sites, 0 and 1 or Potts states, and rows of bits.
    void pack(const std::uint8_t* sites, std::uint64_t* words) const;
    void unpack(const std::uint64_t* words, std::uint8_t* sites) const;

    std::uint8_t spin(const std::uint64_t* words, std::int64_t site) const {
        const std::int64_t column = site % columns_, word = site / columns_ * words_ + column / 64;
        std::uint64_t result = 0;
        for (int p = 0; p < planes_; ++p) result |= (words[p * row_words() + word] >> column % 64 & 1) << p;
        return static_cast<std::uint8_t>(result);
    }

    /// Energy and order parameter of the spins.
    Totals measure(const ClusterKernel& kernel, const ClusterModel& model, std::uint64_t* spins) const;

private:
    void list_targets(const Lattice& lattice);
    void list_bonds(const Lattice& lattice, const ClusterModel& model);
    std::vector<std::int64_t> sites_in_state(const std::uint64_t* spins, int states) const;

    std::int64_t rows_, columns_, words_, families_;
    int planes_;
    int along_ = 0;
    std::int64_t bonds_ = 0;  ///< that exist and are not zero
    std::vector<std::int32_t> target_;
    std::vector<std::uint8_t> step_;
    std::vector<std::uint64_t> present_, negative_;
};

}  // namespace kadanoff
