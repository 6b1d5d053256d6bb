#include "kadanoff/rng/word_pair_ops.hpp"

#include "kernels/rbm_inl.hpp"

namespace kadanoff {

RbmKernel scalar_rbm(bool fixed16) noexcept {
    return select_rbm_rows<WordPairOps, QuadraticLogistic<WordPairOps>>(fixed16);
}

}  // namespace kadanoff
