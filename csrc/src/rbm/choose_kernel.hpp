#pragma once

#include "kadanoff/isa.hpp"
#include "kernels/rbm.hpp"

namespace kadanoff {

RbmKernel choose_rbm_kernel(Isa isa, bool fixed16) noexcept;

}  // namespace kadanoff
