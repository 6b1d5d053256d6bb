#pragma once

#include <cstddef>

namespace kadanoff {

/// Types of the elements of tensors; complex ones are (real, imaginary) pairs, as std::complex and NumPy have them.
enum class DType { float32, float64, complex64, complex128 };

/// Bytes of one element.
[[nodiscard]] constexpr std::size_t size_of(DType dtype) noexcept {
    switch (dtype) {
        case DType::float32: return 4;
        case DType::complex128: return 16;
        default: return 8;
    }
}

}  // namespace kadanoff
