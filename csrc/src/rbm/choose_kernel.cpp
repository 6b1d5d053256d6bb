#include "rbm/choose_kernel.hpp"

namespace kadanoff {

RbmKernel choose_rbm_kernel(Isa isa, bool fixed16) noexcept {
#if defined(KADANOFF_X86_KERNELS)
    if (isa == Isa::avx512) return avx512_rbm(fixed16);
    if (isa == Isa::avx2) return avx2_rbm(fixed16);
#endif
    static_cast<void>(isa);
    return scalar_rbm(fixed16);
}

}  // namespace kadanoff
