#pragma once

#include "tensor/network/program.hpp"

namespace kadanoff::networks {

/// to[offset + ...] += factor * from[...]
void add_to(DType dtype, const Addition& addition, const void* from, void* to, std::int64_t offset, double factor);

}  // namespace kadanoff::networks
