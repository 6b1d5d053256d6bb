#pragma once

#include <cstddef>
#include <cstdint>

namespace kadanoff {

// Where the spins of the kernels for any graph lie: (block of words, position, word), up to 16 words to a block.

/// Words of a position that needs so many: a power of two below 16, or a multiple of 16.
std::int64_t padded_words(std::int64_t needed);

/// log2 of the words that lie together, which are 16 at most.
int log2_words(std::int64_t words);

/// Words of the spins, with slack for vector loads. Throws InvalidArgument beyond what an index can tell, and
/// std::bad_alloc beyond the memory of the machine.
std::size_t buffer_words(std::int64_t positions, std::int64_t words);

}  // namespace kadanoff
