#pragma once

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "kadanoff/sampler.hpp"

/// FNV-1a over 64-bit items.
inline std::uint64_t hash_step(std::uint64_t hash, std::uint64_t item) { return (hash ^ item) * 1099511628211u; }
inline std::uint64_t hash_step(std::uint64_t hash, double item) {
    std::uint64_t bits = 0;
    std::memcpy(&bits, &item, sizeof bits);
    return hash_step(hash, bits);
}

/// Of the packed spins.
inline std::uint64_t hash_of(const kadanoff::Sampler& sampler) {
    std::vector<std::uint32_t> words(static_cast<std::size_t>(sampler.packed_size()));
    sampler.packed(words.data());
    std::uint64_t hash = 14695981039346656037u;
    for (const std::uint32_t word : words) hash = hash_step(hash, std::uint64_t{word});
    return hash;
}

/// KADANOFF_ISA for the life of this object.
class IsaSetting {
public:
    explicit IsaSetting(const char* isa) {
        const char* present = std::getenv("KADANOFF_ISA");
        if (present != nullptr) before_ = present;
        setenv("KADANOFF_ISA", isa, 1);
    }
    ~IsaSetting() {
        if (before_.empty()) {
            unsetenv("KADANOFF_ISA");
        } else {
            setenv("KADANOFF_ISA", before_.c_str(), 1);
        }
    }
    IsaSetting(const IsaSetting&) = delete;
    IsaSetting& operator=(const IsaSetting&) = delete;

private:
    std::string before_;
};
