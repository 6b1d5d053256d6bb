#pragma once

#include <cstdint>

#include "rbm_block_bodies.hpp"

// What threads do to bring the weights and states of RBMs into the form in which blocks use them, and back: functors
// of a thread's index, host+device. Consecutive threads write, or read, consecutive words.

namespace kadanoff::cuda {

/// Weights in rows as RbmDirection has them.
struct RbmRows {
    const std::uint32_t* words;  ///< (input, unit)
    std::int64_t stride;         ///< words
    std::int64_t inputs;         ///< rows; beyond them weights are 0
};

/// (group of 4 inputs, unit, input of the group).
struct ArrangeFloat32 {
    RbmRows rows;
    std::int64_t units, chunks;
    std::uint32_t* out;

    std::int64_t threads() const { return chunks * DrawFloat32::groups * units * 4; }
    KADANOFF_LEAF void operator()(std::int64_t index) const {
        const std::int64_t input = index / 4 / units * 4 + index % 4;
        out[index] = input < rows.inputs ? rows.words[input * rows.stride + index / 4 % units] : 0u;
    }
};

/// Bytes of int16 weights as fragments of matrix products: (tile of 16 units, chunk of 64 inputs, half of the chunk,
/// lower or upper byte, lane, word). Lane 4 g + t has the units g and g + 8 in words 0 and 1, and again in 2 and 3,
/// which belong to the word 2 half and 2 half + 1 of the 16 inputs from 16 t on. The lower byte is signed: w = 256
/// upper + lower, modulo 2^16.
struct ArrangeFixed16 {
    RbmRows rows;
    std::int64_t units, chunks;
    std::uint32_t* out;

    std::int64_t threads() const { return units / 16 * chunks * 512; }
    KADANOFF_LEAF void operator()(std::int64_t index) const {
        const std::int64_t word = index % 4, lane = index / 4 % 32, half = index / 256 % 2;
        const std::int64_t chunk = index / 512 % chunks, tile = index / 512 / chunks;
        const bool upper = index / 128 % 2 != 0;
        const std::int64_t unit = tile * 16 + lane / 4 + word % 2 * 8;
        const std::int64_t first = chunk * DrawFixed16::inputs + lane % 4 * 16 + (2 * half + word / 2) * 4;
        std::uint32_t bytes = 0;
        for (int j = 0; j < 4; ++j) {
            const std::uint32_t weight = first + j < rows.inputs ? number(first + j, unit) : 0u;
            const std::uint32_t byte = upper ? (weight + 128u) >> 8 : weight;  // 128: what the lower byte lacks or owes
            bytes |= (byte & 0xFFu) << (8 * j);
        }
        out[index] = bytes;
    }
    KADANOFF_LEAF std::uint32_t number(std::int64_t input, std::int64_t unit) const {
        return rows.words[input * rows.stride + unit / 2] >> (16 * (unit % 2)) & 0xFFFFu;
    }
};

/// The states of a layer in the memory of a device, (chain, unit), four units of a chain in a word.
struct RbmPlaces {
    std::uint32_t* bytes;
    std::int64_t stride;         ///< words
    std::int64_t units, chains;  ///< without padding

    KADANOFF_HOST_DEVICE std::int64_t words() const { return (chains + rbm_chains - 1) / rbm_chains; }
    KADANOFF_HOST_DEVICE std::int64_t quads() const { return (units + 3) / 4; }
    KADANOFF_LEAF std::uint32_t& word(std::int64_t chain, std::int64_t unit) const {
        return bytes[chain * stride + unit / 4];
    }
};

/// Copies four units from the bits of 32 chains, (word of chains, unit), as RbmLayer has them.
struct SpreadRbmBits {
    RbmPlaces places;
    const std::uint32_t* bits;
    std::int64_t stride;

    std::int64_t threads() const { return places.words() * places.quads(); }
    KADANOFF_LEAF void operator()(std::int64_t index) const {
        const std::int64_t first = index % places.quads() * 4, word = index / places.quads();
        std::uint32_t unit[4];
        for (int i = 0; i < 4; ++i) unit[i] = first + i < places.units ? bits[word * stride + first + i] : 0u;
        for (int c = 0; c < rbm_chains; ++c) {
            std::uint32_t bytes = 0;
            for (int i = 0; i < 4; ++i) bytes |= (unit[i] >> c & 1u) << (8 * i);
            places.word(word * rbm_chains + c, first) = bytes;
        }
    }
};

/// And back: one unit.
struct GatherRbmBits {
    RbmPlaces places;
    std::uint32_t* bits;
    std::int64_t stride;

    std::int64_t threads() const { return places.words() * places.units; }
    KADANOFF_LEAF void operator()(std::int64_t index) const {
        const std::int64_t unit = index % places.units, word = index / places.units;
        std::uint32_t result = 0;
        for (int c = 0; c < rbm_chains; ++c) {
            const std::uint32_t bytes = places.word(word * rbm_chains + c, unit);
            result |= (bytes >> (8 * (unit % 4)) & 1u) << c;
        }
        bits[word * stride + unit] = result;
    }
};

/// Bytes (chain, unit) without padding.
struct UnpackRbm {
    RbmPlaces places;
    std::uint8_t* out;

    std::int64_t threads() const { return places.chains * places.units; }
    KADANOFF_LEAF void operator()(std::int64_t index) const {
        const std::int64_t unit = index % places.units;
        const std::uint32_t bytes = places.word(index / places.units, unit);
        out[index] = static_cast<std::uint8_t>(bytes >> (8 * (unit % 4)) & 1u);
    }
};

}  // namespace kadanoff::cuda
