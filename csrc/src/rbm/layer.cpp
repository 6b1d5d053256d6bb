#include "rbm/layer.hpp"

#include <algorithm>
#include <string>

#include "kadanoff/error.hpp"
#include "kadanoff/update/rbm_job.hpp"
#include "rbm/machine.hpp"

namespace kadanoff {

RbmLayer::RbmLayer(std::int64_t units, std::int64_t chains)
    : units_(units),
      chains_(chains),
      words_((chains + rbm_chains - 1) / rbm_chains),
      stride_(padded_units(units)),
      data_(static_cast<std::size_t>(words_ * stride_)) {}

std::int64_t RbmLayer::chains_of(std::int64_t word) const {
    return std::min<std::int64_t>(rbm_chains, chains_ - word * rbm_chains);
}

void RbmLayer::start(std::uint64_t seed, std::uint32_t layer) {
    for (std::int64_t w = 0; w < words_; ++w) {
        const DrawKey key{seed, 0, static_cast<std::uint32_t>(w), Stream::rbm_start, layer};
        for (std::int64_t j = 0; j < units_; j += 4) {
            const Block<WordOps> block = draw<WordOps>(key, static_cast<std::uint32_t>(j / 4), 0);
            const std::int64_t count = std::min<std::int64_t>(4, units_ - j);
            std::copy_n(block.word, count, data_.data() + w * stride_ + j);
        }
    }
}

void RbmLayer::unpack(std::uint8_t* out) const {
    for (std::int64_t w = 0; w < words_; ++w) {
        for (std::int64_t c = 0; c < chains_of(w); c += octet) {
            const std::int64_t count = std::min(octet, chains_of(w) - c);
            std::uint8_t* rows = out + (w * rbm_chains + c) * units_;
            for (std::int64_t j = 0; j < units_; j += octet_units) {
                unpack_octets(data_.data() + w * stride_ + j, c, std::min(octet_units, units_ - j), rows + j, count);
            }
        }
    }
}

void RbmLayer::unpack_octets(const std::uint32_t* in, std::int64_t shift, std::int64_t units, std::uint8_t* rows,
                             std::int64_t count) const {
    std::uint8_t bits[octet_units];  // of eight chains
    for (std::int64_t j = 0; j < units; ++j) bits[j] = static_cast<std::uint8_t>(in[j] >> shift);
    for (std::int64_t c = 0; c < count; ++c, rows += units_) {
        for (std::int64_t j = 0; j < units; ++j) rows[j] = static_cast<std::uint8_t>(bits[j] >> c & 1u);
    }
}

void RbmLayer::pack(const char* what, const std::uint8_t* bits) {
    const std::uint8_t* end = bits + units_ * chains_;
    std::uint8_t all = 0;
    for (const std::uint8_t* bit = bits; bit != end; ++bit) all |= *bit;
    if (all > 1) {
        const std::uint8_t* wrong = std::find_if(bits, end, [](std::uint8_t bit) { return bit > 1; });
        throw InvalidArgument(std::string("[") + what + "] expected values 0 and 1, got " + std::to_string(*wrong));
    }
    for (std::int64_t w = 0; w < words_; ++w) {
        std::uint32_t* row = data_.data() + w * stride_;
        std::fill_n(row, units_, 0u);
        for (std::int64_t c = 0; c < chains_of(w); c += octet) {
            const std::int64_t count = std::min(octet, chains_of(w) - c);
            const std::uint8_t* rows = bits + (w * rbm_chains + c) * units_;
            for (std::int64_t j = 0; j < units_; j += octet_units) {
                pack_octets(rows + j, count, std::min(octet_units, units_ - j), row + j, c);
            }
        }
    }
}

void RbmLayer::pack_octets(const std::uint8_t* rows, std::int64_t count, std::int64_t units, std::uint32_t* out,
                           std::int64_t shift) const {
    std::uint8_t bits[octet_units] = {};  // of eight chains
    for (std::int64_t c = count - 1; c >= 0; --c) {
        const std::uint8_t* row = rows + c * units_;
        for (std::int64_t j = 0; j < units; ++j) bits[j] = static_cast<std::uint8_t>(bits[j] + bits[j] + row[j]);
    }
    for (std::int64_t j = 0; j < units; ++j) out[j] |= static_cast<std::uint32_t>(bits[j]) << shift;
}

}  // namespace kadanoff
