#pragma once

#include <cstdint>

#include "aligned_words.hpp"

namespace kadanoff {

/// The units of a layer in many chains: bit c % 32 of word (c / 32, unit) is the unit in chain c.
class RbmLayer {
public:
    RbmLayer(std::int64_t units, std::int64_t chains);

    std::int64_t units() const { return units_; }
    std::int64_t chains() const { return chains_; }
    std::int64_t stride() const { return stride_; }
    std::int64_t words() const { return words_; }
    std::uint32_t* data() { return data_.data(); }
    const std::uint32_t* data() const { return data_.data(); }

    /// Random bits; `layer` is the sublattice of the draw.
    void start(std::uint64_t seed, std::uint32_t layer);
    /// Bytes (chain, unit) of 0 and 1.
    void unpack(std::uint8_t* out) const;
    /// Throws InvalidArgument, and changes nothing, if a byte is neither.
    void pack(const char* what, const std::uint8_t* bits);

private:
    /// Chains that are packed as bytes at first, and units of a row that are worked on together.
    static constexpr std::int64_t octet = 8, octet_units = 256;

    std::int64_t chains_of(std::int64_t word) const;
    void unpack_octets(const std::uint32_t* in, std::int64_t shift, std::int64_t units, std::uint8_t* rows,
                       std::int64_t count) const;
    void pack_octets(const std::uint8_t* rows, std::int64_t count, std::int64_t units, std::uint32_t* out,
                     std::int64_t shift) const;

    std::int64_t units_, chains_, words_, stride_;
    AlignedWords data_;
};

}  // namespace kadanoff
