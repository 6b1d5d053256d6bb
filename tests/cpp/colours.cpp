#include "colours.hpp"

#include "kadanoff/rng/stream.hpp"

using kadanoff::WordOps;

std::string Shape::text() const {
    const std::string plane = std::to_string(rows) + " x " + std::to_string(columns);
    return planes == 0 ? plane : std::to_string(planes) + " x " + plane;
}

const std::vector<Shape>& shapes() {
    static const std::vector<Shape> all = {
        {0, 2, 2},     {0, 2, 64},    {0, 4, 6},    {0, 6, 130},   {0, 66, 62},   {0, 128, 128},
        {0, 10, 2050}, {0, 34, 1000}, {0, 302, 2},  {0, 258, 196}, {0, 2, 20000}, {2, 2, 2},
        {4, 6, 10},    {6, 4, 66},    {10, 34, 70}, {32, 32, 32},  {2, 96, 128},  {4, 2, 1030},
    };
    return all;
}

std::vector<std::int8_t> random_spins(std::int64_t count, std::uint64_t seed) {
    std::vector<std::int8_t> spins(static_cast<std::size_t>(count));
    const kadanoff::DrawKey key{seed, 0, 0, kadanoff::Stream::initial_spins, 0};
    for (std::size_t i = 0; i < spins.size(); ++i) {
        const auto word = kadanoff::draw<WordOps>(key, static_cast<std::uint32_t>(i), 0).word[0];
        spins[i] = word & 1 ? 1 : -1;
    }
    return spins;
}

Colours::Colours(const Shape& shape)
    : dimension_(shape.dimension()),
      layout_(kadanoff::make_checkerboard_layout(shape.layers(), shape.rows, shape.columns, masks_)),
      words_(static_cast<std::size_t>(2 * layout_.storage_words())) {}

void Colours::write(const std::vector<std::int8_t>& spins) {
    const std::int64_t columns = 2 * layout_.row_sites;
    for (std::int64_t z = 0; z < layout_.planes; ++z) {
        for (std::int64_t word = 0; word < layout_.row_block(); ++word) {
            const std::int64_t y = word / layout_.row_words;
            std::uint32_t bits[2] = {0, 0};
            const std::int64_t begin = word % layout_.row_words * 64;
            for (std::int64_t x = begin; x < begin + 64 && x < columns; ++x) {
                const bool up = spins[static_cast<std::size_t>((z * layout_.rows + y) * columns + x)] > 0;
                bits[(x + y + z) % 2] |= static_cast<std::uint32_t>(up) << (x / 2 % 32);
            }
            for (std::uint32_t colour = 0; colour < 2; ++colour) {
                std::uint32_t* plane = first_row(colour) + z * layout_.plane_stride;
                kadanoff::store_with_ghosts<WordOps>(layout_, plane, word, bits[colour]);
            }
        }
    }
}

std::vector<std::int8_t> Colours::read() const {
    const std::int64_t columns = 2 * layout_.row_sites;
    std::vector<std::int8_t> spins;
    for (std::int64_t z = 0; z < layout_.planes; ++z) {
        for (std::int64_t y = 0; y < layout_.rows; ++y) {
            for (std::int64_t x = 0; x < columns; ++x) {
                const std::uint32_t* plane = first_row((x + y + z) % 2 ? 1 : 0) + z * layout_.plane_stride;
                const std::uint32_t word = plane[y * layout_.row_words + x / 64];
                spins.push_back(word >> (x / 2 % 32) & 1 ? 1 : -1);
            }
        }
    }
    return spins;
}

kadanoff::HalfSweep Colours::job(const kadanoff::AcceptTable& table, const kadanoff::DrawKey& key) {
    return {layout_, first_row(key.sublattice), first_row(1 - key.sublattice), &table, key};
}

std::string Colours::broken_invariant() const {
    const std::int64_t row_words = layout_.row_words;
    const std::uint32_t padding = layout_.wrap_shift == 0 ? 0 : ~std::uint32_t{0} << (32 - layout_.wrap_shift);
    for (std::uint32_t colour = 0; colour < 2; ++colour) {
        for (std::int64_t z = 0; z < layout_.planes; ++z) {
            const std::uint32_t* plane = first_row(colour) + z * layout_.plane_stride;
            for (std::int64_t i = 0; i < row_words; ++i) {
                if (plane[i] != plane[layout_.row_block() + i]) return "the ghost of the first row differs";
                if (plane[i - row_words] != plane[layout_.row_block() - row_words + i]) {
                    return "the ghost of the last row differs";
                }
            }
            for (std::int64_t y = 0; y < layout_.rows; ++y) {
                if (plane[(y + 1) * row_words - 1] & padding) return "a padding bit is set";
            }
        }
    }
    return {};
}

std::vector<NamedKernel> kernels(kadanoff::KernelChoice choice) {
    std::vector<NamedKernel> result;
    for (const kadanoff::Isa isa : kadanoff::available_isas()) {
        kadanoff::CheckerboardKernel kernel = kadanoff::scalar_checkerboard(choice);
#if defined(KADANOFF_X86_KERNELS)
        if (isa == kadanoff::Isa::avx2) kernel = kadanoff::avx2_checkerboard(choice);
        if (isa == kadanoff::Isa::avx512) kernel = kadanoff::avx512_checkerboard(choice);
#endif
        result.push_back({kadanoff::name(isa), kernel});
    }
    return result;
}
