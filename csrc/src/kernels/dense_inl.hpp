// Included once by each dense_ISA.cpp, after its Ops. The ODR contract of checkerboard_inl.hpp holds here too.

#include "kadanoff/registry.hpp"
#include "kernels/dense.hpp"

namespace kadanoff {
namespace {

/// Registers of replicas in lockstep: they share the tables that they look up, and have four sums each.
template <class Ops>
constexpr int most_registers = Ops::lanes == 16  ? 4
                               : Ops::lanes == 8 ? 2
                                                 : 1;

template <class Ops, class Rule>
void sweep_replicas(const DenseJob& job) noexcept {
    sweep_dense<Ops, Rule, most_registers<Ops>>(job);
}

template <class Ops>
void measure_replicas(const DenseMeasure& in, std::int64_t replicas, DenseSums& out) noexcept {
    for (std::int64_t first = 0; first < replicas; first += Ops::lanes) measure_dense<Ops>(in, first, out);
}

template <class Ops>
DenseKernel select_dense(int rule) noexcept {
    DenseKernel kernel{};
    visit_type(Rules{}, rule, [&](auto tag) KADANOFF_INLINE_LAMBDA {
        kernel = {sweep_replicas<Ops, typename decltype(tag)::type>, measure_replicas<Ops>};
    });
    return kernel;
}

}  // namespace
}  // namespace kadanoff
