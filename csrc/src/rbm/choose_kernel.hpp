#pragma once

#include "kadanoff/isa.hpp"
#include "kernels/rbm.hpp"

namespace kadanoff {

/// The kernel of an instruction set that the build has.
inline RbmKernel choose_rbm_kernel(Isa isa, bool fixed16) {
#if defined(KADANOFF_X86_KERNELS)
    if (isa == Isa::avx512) return avx512_rbm(fixed16);
    if (isa == Isa::avx2) return avx2_rbm(fixed16);
#endif
    static_cast<void>(isa);
    return scalar_rbm(fixed16);
}

}  // namespace kadanoff
