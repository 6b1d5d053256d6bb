#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "aligned_words.hpp"
#include "kadanoff/isa.hpp"
#include "kadanoff/lattice/checkerboard.hpp"
#include "kernels/checkerboard.hpp"
#include "reference.hpp"

/// Extents of a test lattice; no planes: a square one.
struct Shape {
    std::int64_t planes, rows, columns;

    int dimension() const { return planes == 0 ? 2 : 3; }
    std::int64_t layers() const { return planes == 0 ? 1 : planes; }
    std::int64_t sites() const { return layers() * rows * columns; }
    std::string text() const;
};

/// Small, large, narrow, wide; rows that fill words, vectors and stripes, and rows that do not.
const std::vector<Shape>& shapes();

/// +-1 spins that depend on `seed` alone.
std::vector<std::int8_t> random_spins(std::int64_t count, std::uint64_t seed);

/// Both colours of one replica in the kernels' layout.
class Colours {
public:
    explicit Colours(const Shape& shape);

    const kadanoff::CheckerboardLayout& layout() const { return layout_; }
    /// First row of plane 0.
    std::uint32_t* first_row(std::uint32_t colour) {
        return words_.data() + colour * layout_.storage_words() + layout_.margin;
    }
    const std::uint32_t* first_row(std::uint32_t colour) const {
        return words_.data() + colour * layout_.storage_words() + layout_.margin;
    }

    void write(const std::vector<std::int8_t>& spins);
    std::vector<std::int8_t> read() const;

    kadanoff::HalfSweep job(const kadanoff::AcceptTable& table, const kadanoff::DrawKey& key);

    /// What is wrong with ghost rows and padding bits; empty if nothing is.
    std::string broken_invariant() const;

private:
    std::int64_t dimension_;
    std::vector<std::uint32_t> masks_;
    kadanoff::CheckerboardLayout layout_;
    kadanoff::AlignedWords words_;
};

/// The kernels of every instruction set that this machine has.
struct NamedKernel {
    std::string isa;
    kadanoff::CheckerboardKernel kernel;
};
std::vector<NamedKernel> kernels(kadanoff::KernelChoice choice);
