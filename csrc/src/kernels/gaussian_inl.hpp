// Included once by each gaussian_ISA.cpp, after its Ops. The ODR contract of checkerboard_inl.hpp holds here too.

#include "kernels/gaussian.hpp"

namespace kadanoff {
namespace {

template <class Ops, int Chains>
__attribute__((noinline)) void sum_panel(const GaussianJob& job, std::int64_t panel, std::int64_t chain,
                                         std::uint32_t* sums) noexcept {
    constexpr int vectors = Ops::lanes == 16 ? 4 : 2;  // as many as registers hold
    sum_gaussian_panel<Ops, Chains, vectors>(job, panel, chain, sums);
}

/// Panels in the outer loop, so that their weights stay in the cache.
template <class Ops, bool Visible>
void draw_chains(const GaussianJob& job, std::int64_t first, std::int64_t last) noexcept {
    alignas(64) std::uint32_t sums[gaussian_chains * gaussian_panel];
    for (std::int64_t panel = 0; panel < job.panels; ++panel) {
        for (std::int64_t chain = first; chain < last;) {
            const int together = last - chain < gaussian_chains ? 1 : gaussian_chains;
            if (together == 1) {
                sum_panel<Ops, 1>(job, panel, chain, sums);
            } else {
                sum_panel<Ops, gaussian_chains>(job, panel, chain, sums);
            }
            for (int c = 0; c < together; ++c, ++chain) {
                const std::uint32_t* own = sums + c * gaussian_panel;
                if constexpr (Visible) {
                    draw_gaussian_visible<Ops>(job, panel, chain, own);
                } else {
                    draw_gaussian_hidden<Ops>(job, panel, chain, own);
                }
            }
        }
    }
}

template <class Ops>
GaussianKernel select_gaussian() noexcept {
    return {draw_chains<Ops, true>, draw_chains<Ops, false>};
}

}  // namespace
}  // namespace kadanoff
